/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memslots as recorded: a short array, since a VM has tens of them. */
#include "replay/slots.h"

#include <stdlib.h>

#include "base/alloc.h"

void slots_fini(struct slots *s)
{
	free(s->v);
	*s = (struct slots){ 0 };
}

const struct ev_slot *slots_find(const struct slots *s, unsigned int id, unsigned int as_id)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->v[i].id == id && s->v[i].as_id == as_id)
			return &s->v[i];
	return NULL;
}

static struct ev_slot *append(struct slots *s)
{
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	return &s->v[s->nr++];
}

void slots_apply(struct slots *s, const struct ev_slot *change)
{
	struct ev_slot *slot = (struct ev_slot *)slots_find(s, change->id, change->as_id);

	if (change->change == EV_SLOT_DELETE) {
		if (slot)
			*slot = s->v[--s->nr];
		return;
	}
	if (!slot)
		slot = append(s);
	*slot = *change;
}

const struct ev_slot *slots_find_gfn(const struct slots *s, gfn_t gfn)
{
	for (size_t i = 0; i < s->nr; i++)
		if (s->v[i].as_id == 0 && gfn - s->v[i].gfn < s->v[i].npages)
			return &s->v[i];
	return NULL;
}

uint64_t slots_pages(const struct slots *s)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < s->nr; i++)
		pages += s->v[i].npages;
	return pages;
}

void slots_match(const struct slots *s, hva_t start, hva_t end, unsigned int page_shift,
		 void (*fn)(void *arg, gfn_t gfn, gfn_t end), void *arg)
{
	for (size_t i = 0; i < s->nr; i++) {
		const struct ev_slot *slot = &s->v[i];
		hva_t slot_end = slot->hva + ((uint64_t)slot->npages << page_shift);
		hva_t from = start > slot->hva ? start : slot->hva;
		hva_t to = end < slot_end ? end : slot_end;
		hva_t round = (1ULL << page_shift) - 1;

		if (from >= to)
			continue;
		fn(arg, slot->gfn + ((from - slot->hva) >> page_shift),
		   slot->gfn + ((to - slot->hva + round) >> page_shift));
	}
}
