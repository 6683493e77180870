/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of chunks between one who pushes and one who takes. */
#include "engine/core/dirty_ring.h"

#include <stdlib.h>

#include "base/alloc.h"

void dirty_ring_init(struct dirty_ring *r)
{
	*r = (struct dirty_ring){ 0 };
	rt_word_init(&r->pushed, 0);
	r->head = r->tail = xcalloc(1, sizeof(*r->head));
}

void dirty_ring_fini(struct dirty_ring *r)
{
	while (r->head) {
		struct dirty_chunk *next = r->head->next;

		free(r->head);
		r->head = next;
	}
	r->tail = NULL;
}

void dirty_ring_push(struct dirty_ring *r, const struct dirty_entry *e)
{
	uint64_t n = rt_peek(&r->pushed);

	if (n && n % DIRTY_CHUNK == 0) {
		r->tail->next = xcalloc(1, sizeof(*r->tail));
		r->tail = r->tail->next;
	}
	r->tail->v[n % DIRTY_CHUNK] = *e;
	rt_store(&r->pushed, n + 1);
}

bool dirty_ring_take(struct dirty_ring *r, struct dirty_entry *out)
{
	struct dirty_chunk *done = r->head;

	if (r->taken == rt_load(&r->pushed))
		return false;
	if (r->taken && r->taken % DIRTY_CHUNK == 0) {
		r->head = done->next;
		free(done);
	}
	*out = r->head->v[r->taken++ % DIRTY_CHUNK];
	return true;
}

bool dirty_ring_has(const struct dirty_ring *r, const struct dirty_entry *e)
{
	const struct dirty_chunk *c = r->head;
	uint64_t pushed = rt_peek(&r->pushed);

	for (uint64_t n = r->taken; n < pushed; n++) {
		const struct dirty_entry *at;

		if (n && n % DIRTY_CHUNK == 0)
			c = c->next;
		at = &c->v[n % DIRTY_CHUNK];
		if (at->page == e->page && at->id == e->id && at->as_id == e->as_id)
			return true;
	}
	return false;
}
