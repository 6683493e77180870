/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slot look-up by gfn and by host address, and the preparation of the next set. */
#include "engine/core/memslots.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void memslots_init(struct memslots *ms, unsigned int page_shift, uint64_t generation)
{
	memset(ms->set, 0, sizeof(ms->set));
	ms->set[0].page_shift = ms->set[1].page_shift = page_shift;
	rt_word_init(&ms->active, 0);
	for (unsigned int i = 0; i < MEMSLOT_AS_IDS; i++)
		rt_word_init(&ms->generation[i], i ? i : generation);
	mutex_init(&ms->lock);
	mutex_init(&ms->arch_lock);
	ms->published = NULL;
}

void memslots_fini(struct memslots *ms)
{
	const struct memslot_set *now = &ms->set[rt_peek(&ms->active)];

	for (unsigned int i = 0; i < now->nr; i++) {
		populated_free(now->by_gfn[i].host);
		dirty_log_free(now->by_gfn[i].log);
	}
	for (unsigned int i = 0; i < 2; i++) {
		free(ms->set[i].by_gfn);
		free(ms->set[i].by_hva);
		free(ms->set[i].max_end);
	}
	memset(ms->set, 0, sizeof(ms->set));
}

void memslots_lock(struct memslots *ms)
{
	mutex_lock(&ms->lock);
}

void memslots_unlock(struct memslots *ms)
{
	mutex_unlock(&ms->lock);
}

void memslots_arch_lock(struct memslots *ms)
{
	mutex_lock(&ms->arch_lock);
}

void memslots_arch_unlock(struct memslots *ms)
{
	mutex_unlock(&ms->arch_lock);
}

/* First slot of by_gfn that begins above (@as_id, @gfn). */
static unsigned int first_above(const struct memslot_set *set, unsigned int as_id, gfn_t gfn)
{
	unsigned int low = 0, high = set->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;
		const struct mmu_slot *s = &set->by_gfn[mid].cfg;

		if (s->as_id > as_id || (s->as_id == as_id && s->base_gfn > gfn))
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct memslot *memslot_search(const struct memslot_set *set, unsigned int as_id, gfn_t gfn)
{
	unsigned int i = first_above(set, as_id, gfn);

	if (!i || !memslot_has(&set->by_gfn[i - 1], as_id, gfn))
		return NULL;
	__atomic_store_n(&((struct memslot_set *)set)->recent, i - 1, __ATOMIC_RELAXED);
	return &set->by_gfn[i - 1];
}

const struct memslot *memslot_find_id(const struct memslot_set *set, unsigned int as_id, uint16_t id)
{
	for (unsigned int i = 0; i < set->nr; i++)
		if (set->by_gfn[i].cfg.id == id && set->by_gfn[i].cfg.as_id == as_id)
			return &set->by_gfn[i];
	return NULL;
}

bool memslot_overlaps(const struct memslot_set *set, unsigned int as_id, uint16_t id, gfn_t base, uint64_t npages)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		const struct mmu_slot *s = &set->by_gfn[i].cfg;

		if (s->as_id == as_id && s->id != id && s->base_gfn < base + npages &&
		    base < s->base_gfn + s->npages)
			return true;
	}
	return false;
}

static hva_t slot_end(const struct memslot_set *set, const struct mmu_slot *s)
{
	return s->hva + (s->npages << set->page_shift);
}

unsigned int memslot_span_first(const struct memslot_set *set, hva_t start)
{
	unsigned int low = 0, high = set->nr;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (set->max_end[mid] > start)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

bool memslot_span_at(const struct memslot_set *set, unsigned int *i, hva_t start, hva_t end,
		     struct memslot_span *span)
{
	for (; *i < set->nr; ++*i) {
		const struct memslot *slot = &set->by_gfn[set->by_hva[*i]];
		const struct mmu_slot *s = &slot->cfg;
		hva_t last;

		if (s->hva >= end)
			return false;
		if (slot_end(set, s) <= start)
			continue;
		/* A page that is only partly inside counts. */
		span->slot = slot;
		span->hva = start > s->hva ? start : s->hva;
		last = end < slot_end(set, s) ? end : slot_end(set, s);
		span->start = s->base_gfn + ((span->hva - s->hva) >> set->page_shift);
		span->end = s->base_gfn + ((last - s->hva + BIT_ULL(set->page_shift) - 1) >> set->page_shift);
		++*i;
		return true;
	}
	return false;
}

static void set_grow(struct memslot_set *set, unsigned int cap)
{
	if (cap <= set->cap)
		return;
	set->by_gfn = xreallocarray(set->by_gfn, cap, sizeof(*set->by_gfn));
	set->by_hva = xreallocarray(set->by_hva, cap, sizeof(*set->by_hva));
	set->max_end = xreallocarray(set->max_end, cap, sizeof(*set->max_end));
	set->cap = cap;
}

static void set_copy(struct memslot_set *to, const struct memslot_set *from)
{
	set_grow(to, from->nr + 1);
	to->nr = from->nr;
	if (!from->nr)
		return;
	memcpy(to->by_gfn, from->by_gfn, from->nr * sizeof(*to->by_gfn));
	memcpy(to->by_hva, from->by_hva, from->nr * sizeof(*to->by_hva));
	memcpy(to->max_end, from->max_end, from->nr * sizeof(*to->max_end));
}

struct memslot_set *memslots_edit(struct memslots *ms)
{
	uint64_t active = rt_peek(&ms->active);
	struct memslot_set *next = &ms->set[!active];

	memslots_arch_lock(ms);
	set_copy(next, &ms->set[active]);
	return next;
}

struct memslot *memslot_set_add(struct memslot_set *set, const struct mmu_slot *cfg, struct populated *host)
{
	struct memslot *slot;

	set_grow(set, set->nr + 1);
	slot = &set->by_gfn[set->nr++];
	*slot = (struct memslot){ .cfg = *cfg, .host = host };
	return slot;
}

struct memslot *memslot_set_get(struct memslot_set *set, unsigned int as_id, uint16_t id)
{
	return (struct memslot *)memslot_find_id(set, as_id, id);
}

void memslot_set_remove(struct memslot_set *set, unsigned int as_id, uint16_t id)
{
	struct memslot *slot = memslot_set_get(set, as_id, id);
	size_t at = slot - set->by_gfn;

	memmove(slot, slot + 1, (set->nr - at - 1) * sizeof(*slot));
	set->nr--;
}

static int cmp_gfn(const void *va, const void *vb)
{
	const struct mmu_slot *a = &((const struct memslot *)va)->cfg, *b = &((const struct memslot *)vb)->cfg;

	if (a->as_id != b->as_id)
		return a->as_id < b->as_id ? -1 : 1;
	return (a->base_gfn > b->base_gfn) - (a->base_gfn < b->base_gfn);
}

/* Insertion sort: slots are few, and mostly in order already. */
static void sort_hva(struct memslot_set *set)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		unsigned int at = i;

		while (at && set->by_gfn[set->by_hva[at - 1]].cfg.hva > set->by_gfn[i].cfg.hva) {
			set->by_hva[at] = set->by_hva[at - 1];
			at--;
		}
		set->by_hva[at] = i;
	}
}

void memslot_set_sort(struct memslot_set *set)
{
	hva_t most = 0;

	if (!set->nr)
		return;
	qsort(set->by_gfn, set->nr, sizeof(*set->by_gfn), cmp_gfn);
	sort_hva(set);
	for (unsigned int i = 0; i < set->nr; i++) {
		hva_t end = slot_end(set, &set->by_gfn[set->by_hva[i]].cfg);

		most = end > most ? end : most;
		set->max_end[i] = most;
	}
}

void memslots_publish(struct memslots *ms, unsigned int as_id)
{
	rt_store(&ms->generation[as_id], rt_peek(&ms->generation[as_id]) | MEMSLOT_UPDATING);
	rt_store(&ms->active, !rt_peek(&ms->active));
	if (unlikely(ms->published))
		ms->published(ms->arg, &ms->set[rt_peek(&ms->active)]);
}

uint64_t memslots_advance(struct memslots *ms, unsigned int as_id)
{
	uint64_t gen = (rt_peek(&ms->generation[as_id]) & ~MEMSLOT_UPDATING) + MEMSLOT_AS_IDS;

	rt_store(&ms->generation[as_id], gen);
	return gen;
}
