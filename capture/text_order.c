// SPDX-License-Identifier: GPL-2.0-or-later
/* A sorted ring: a new record nearly always belongs to its end. */
#include "capture/text_order.h"

#include <stdlib.h>

#include "base/alloc.h"

struct text_order {
	struct text_record *slots;
	uint32_t	*ring;		/* of slots, the earliest first; free ones behind the last */
	uint32_t	 size;		/* a power of two above the window: one slot may be out */
	uint32_t	 first, nr, window;
	uint64_t	 last_ns, late;
};

struct text_order *text_order_new(unsigned int window)
{
	struct text_order *o = xcalloc(1, sizeof(*o));

	o->window = window;
	for (o->size = 4; o->size < window + 3; o->size *= 2)
		;
	o->slots = xcalloc(o->size, sizeof(*o->slots));
	o->ring = xcalloc(o->size, sizeof(*o->ring));
	for (uint32_t i = 0; i < o->size; i++)
		o->ring[i] = i;
	return o;
}

void text_order_free(struct text_order *o)
{
	if (!o)
		return;
	for (uint32_t i = 0; i < o->size; i++)
		free(o->slots[i].text);
	free(o->slots);
	free(o->ring);
	free(o);
}

static uint32_t *place(const struct text_order *o, uint32_t i)
{
	return &o->ring[(o->first + i) & (o->size - 1)];
}

struct text_record *text_order_slot(struct text_order *o)
{
	return &o->slots[*place(o, o->nr)];
}

void text_order_put(struct text_order *o)
{
	uint32_t slot = *place(o, o->nr), i = o->nr++;
	uint64_t ts = o->slots[slot].rec.ts_ns;

	if (unlikely(ts < o->last_ns)) {
		o->late++;
		ts = o->slots[slot].rec.ts_ns = o->last_ns;
	}
	for (; i && o->slots[*place(o, i - 1)].rec.ts_ns > ts; i--)
		*place(o, i) = *place(o, i - 1);
	*place(o, i) = slot;
}

bool text_order_ready(const struct text_order *o, bool at_end)
{
	return o->nr > o->window || (at_end && o->nr);
}

const struct source_record *text_order_get(struct text_order *o)
{
	struct source_record *rec = &o->slots[*place(o, 0)].rec;

	o->first++;
	o->nr--;
	o->last_ns = rec->ts_ns;
	return rec;
}

uint64_t text_order_late(const struct text_order *o)
{
	return o->late;
}
