/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invalidations that user space asks for by gfn, since 6.8: KVM_SET_MEMORY_ATTRIBUTES and
 * holes punched into a guest_memfd.  Both begin under mmu_lock, drop it, change what
 * stands behind the pages, and end under it again; faults meanwhile see the one in
 * progress.  Neither is counted among the windows that slots wait for: slots_lock keeps
 * slots as they are during the one, and a slot's binding to its file during the other.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/core/flush.h"
#include "engine/core/observe.h"

struct part {			/* of one such invalidation, in one slot */
	struct memslot_span span;
	gfn_t		    start, end;		/* what faults stay out of */
	bool		    unmap;		/* the body, and not what it was widened by */
};

struct change {
	struct notifier_window window;	/* host addresses of the parts, for a key that compares these */
	struct part	*parts;
	size_t		 nr, cap;
	bool		 (*covers)(const struct mmu_slot *s);
	bool		 widen;		/* over the huge pages at its ends */
};

static void add_part(struct change *c, const struct memslot_span *span, gfn_t start, gfn_t end, bool unmap)
{
	const struct mmu_slot *s = &span->slot->cfg;
	hva_t from = s->hva + ((start - s->base_gfn) << 12), to = s->hva + ((end - s->base_gfn) << 12);

	if (c->nr == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 8;
		c->parts = xreallocarray(c->parts, c->cap, sizeof(*c->parts));
	}
	if (!c->nr || from < c->window.start)
		c->window.start = from;
	if (!c->nr || to > c->window.end)
		c->window.end = to;
	c->parts[c->nr++] = (struct part){ .span = *span, .start = start, .end = end, .unmap = unmap };
}

/* A huge page around @gfn that a fault beside the range could map now, and must not until it is over. */
static void widen_at(const struct mmu *mmu, struct change *c, const struct memslot_span *span, gfn_t gfn, int level)
{
	const struct mmu_slot *s = &span->slot->cfg;
	uint64_t nr = SPTE_LEVEL_PAGES(level);
	gfn_t first = gfn & ~(nr - 1);

	if (first >= span->start && first + nr <= span->end)
		return;
	if (first < s->base_gfn || first + nr > s->base_gfn + s->npages)
		return;
	if (attributes_uniform(&mmu->attributes, first, first + nr))
		add_part(c, span, first, first + nr, false);
}

static void widen(const struct mmu *mmu, struct change *c, const struct memslot_span *span)
{
	for (int level = 2; level <= mmu->config.max_level; level++) {
		gfn_t last = span->end - 1;

		widen_at(mmu, c, span, span->start, level);
		if ((last ^ span->start) >> SPTE_LEVEL_SHIFT(level))
			widen_at(mmu, c, span, last, level);
	}
}

/* The slots of all address spaces that have a page of [start, end). */
static void find_parts(const struct mmu *mmu, struct change *c, gfn_t start, gfn_t end)
{
	const struct memslot_set *set = memslots_get(&mmu->slots);

	for (unsigned int i = 0; i < set->nr; i++) {
		const struct mmu_slot *s = &set->by_gfn[i].cfg;
		struct memslot_span span = { .slot = &set->by_gfn[i] };

		span.start = start > s->base_gfn ? start : s->base_gfn;
		span.end = end < s->base_gfn + s->npages ? end : s->base_gfn + s->npages;
		if (span.start >= span.end || !c->covers(s))
			continue;
		span.hva = s->hva + ((span.start - s->base_gfn) << 12);
		add_part(c, &span, span.start, span.end, true);
		if (c->widen)
			widen(mmu, c, &span);
	}
}

static bool unmap_part(struct mmu *mmu, const struct memslot_span *span)
{
	bool owed;

	obs_gfns(mmu, OBS_UNMAP_RANGE, span->start, span->end - span->start, 0);
	owed = mmu->ops->unmap(mmu, span, true);
	populated_clear(span->slot->host, span->start - span->slot->cfg.base_gfn, span->end - span->start);
	return owed;
}

/* config.check: the parts' bodies are mapped nowhere. */
static void check_unmapped(struct mmu *mmu, const struct change *c)
{
	for (size_t i = 0; i < c->nr; i++) {
		const struct part *p = &c->parts[i];
		gfn_t gfn = UINT64_MAX;

		if (p->unmap)
			gfn = mmu->ops->find_mapped(mmu, p->span.slot->cfg.as_id, p->start, p->end, false);
		if (gfn != UINT64_MAX)
			mmu_broken(mmu, "I-N1: a change of pages left one mapped", gfn, p->start);
	}
}

/* Nothing, and no lock, when no slot is concerned. */
static void begin(struct mmu *mmu, const struct change *c)
{
	struct flush flush = { 0 };

	if (!c->nr)
		return;
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_INV_BEGIN);
	notifier_begin(&mmu->notifier, &c->window);
	/* All of it before the first unmap, which may yield. */
	for (size_t i = 0; i < c->nr; i++)
		notifier_add(&mmu->notifier, &c->window, c->parts[i].start, c->parts[i].end);
	for (size_t i = 0; i < c->nr; i++)
		if (c->parts[i].unmap)
			flush.owed |= unmap_part(mmu, &c->parts[i].span);
	flush_settle(mmu, &flush);
	if (unlikely(mmu->config.check))
		check_unmapped(mmu, c);
	mmu_unlock(mmu, false);
}

static void end(struct mmu *mmu, struct change *c)
{
	if (c->nr) {
		mmu_lock_exclusive(mmu);
		rt_pin(RT_PIN_INV_END);
		for (size_t i = 0; i < c->nr; i++)
			notifier_remove(&mmu->notifier, &c->window, c->parts[i].start, c->parts[i].end);
		notifier_end(&mmu->notifier);
		mmu_unlock(mmu, false);
	}
	free(c->parts);
}

/* --- memory attributes ------------------------------------------------------------------ */

static bool any_slot(const struct mmu_slot *s)
{
	(void)s;
	return true;
}

int mmu_mem_attributes(struct mmu *mmu, gfn_t start, gfn_t stop, bool private)
{
	struct change c = { .covers = any_slot, .widen = true };

	if (mmu->config.release < KVM_6_12 || start >= stop)
		return -EINVAL;
	memslots_lock(&mmu->slots);
	if (!attributes_are(&mmu->attributes, start, stop, private)) {
		find_parts(mmu, &c, start, stop);
		begin(mmu, &c);
		rt_charge(COST_ATTR_STORE, stop - start);
		attributes_set(&mmu->attributes, start, stop, private);
		end(mmu, &c);
	}
	memslots_unlock(&mmu->slots);
	return 0;
}

/* --- guest_memfd ------------------------------------------------------------------------ */

static bool is_bound(const struct mmu_slot *s)
{
	return s->flags & SLOT_GUEST_MEMFD;
}

/* A slot that goes away waits for the hole, to unbind itself from the file; here by way of the SRCU section. */
int mmu_punch_hole(struct mmu *mmu, gfn_t start, gfn_t stop)
{
	struct change c = { .covers = is_bound };

	if (mmu->config.release < KVM_6_12 || start >= stop)
		return -EINVAL;
	mutex_lock(&mmu->gmem_lock);
	rt_srcu_lock(mmu->config.vm);
	find_parts(mmu, &c, start, stop);
	begin(mmu, &c);
	rt_charge(COST_GMEM_FREE, stop - start);
	end(mmu, &c);
	rt_srcu_unlock();
	mutex_unlock(&mmu->gmem_lock);
	return 0;
}
