/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marking pages and giving the log away; KVM virt/kvm/kvm_main.c and dirty_ring.c.
 * GET and CLEAR hold mmu_lock for write over all words of a call, a ring's reset takes it
 * for every word it has put together.
 */
#include "engine/core/dirty.h"

#include <errno.h>

#include "engine/core/checker.h"
#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

struct dirty_log *dirty_log_for(const struct mmu *mmu, uint64_t npages)
{
	return mmu->rings ? NULL : dirty_log_new(npages, mmu->config.dirty_init_set);
}

static void observe_push(const struct mmu *mmu, unsigned int vcpu, const struct memslot *slot, uint64_t page)
{
	struct obs o = {
		.kind = OBS_DIRTY_PUSH,
		.gfns = { .gfn = page, .level = slot->cfg.as_id, .slot = slot->cfg.id, .count = vcpu },
	};

	obs_emit(mmu, &o);
}

void dirty_note(struct mmu *mmu, unsigned int vcpu, const struct memslot *slot, gfn_t gfn)
{
	uint64_t page = gfn - slot->cfg.base_gfn;

	rt_charge(COST_CAS, 1);
	if (!mmu->rings) {
		dirty_log_set(slot->log, page);
		return;
	}
	dirty_ring_push(&mmu->rings[vcpu], &(struct dirty_entry){ slot->cfg.id, slot->cfg.as_id, page });
	if (observed(mmu))
		observe_push(mmu, vcpu, slot, page);
}

bool dirty_is_marked(const struct mmu *mmu, const struct memslot *slot, gfn_t gfn)
{
	struct dirty_entry e = { slot->cfg.id, slot->cfg.as_id, gfn - slot->cfg.base_gfn };

	if (!mmu->rings)
		return dirty_log_has(slot->log, e.page);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++)
		if (dirty_ring_has(&mmu->rings[i], &e))
			return true;
	return false;
}

/* Pages of @mask from @gfn on, perhaps none, are about to be protected; mmu_lock held for write. */
static void protect_word(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	obs_gfns(mmu, OBS_LOG_DIRTY, gfn, mask, 0);
	if (!mask)
		return;
	check_taken(mmu, slot->cfg.as_id, gfn, mask);
	mmu->ops->log_dirty(mmu, slot, gfn, mask);
}

/* A slot whose log is a bitmap, or NULL.  slots_lock is held. */
static const struct memslot *logged_slot(struct mmu *mmu, unsigned int as_id, uint16_t id)
{
	const struct memslot *slot = memslot_find_id(memslots_get(&mmu->slots), as_id, id);

	return slot && slot->log ? slot : NULL;
}

typedef uint64_t (*take_fn)(struct dirty_log *d, uint64_t w);

/* Takes words [@w, @end) by @take.  Return: pages that were taken. */
static uint64_t take_words(struct mmu *mmu, const struct memslot *slot, uint64_t w, uint64_t end, take_fn take)
{
	uint64_t pages = 0;

	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	for (; w < end; w++) {
		gfn_t gfn = slot->cfg.base_gfn + w * DIRTY_WORD_PAGES;
		uint64_t mask;

		obs_before(mmu, gfn);
		rt_charge(COST_WALK_STEP, 1);
		if (!rt_load(&slot->log->word[w]))
			continue;
		mask = take(slot->log, w);
		if (!mask)
			continue;
		pages += __builtin_popcountll(mask);
		protect_word(mmu, slot, gfn, mask);
	}
	mmu_unlock(mmu, false);
	if (pages && !MUTANT(dirty_no_flush))
		flush_remote_slot(mmu, slot);
	return pages;
}

int64_t mmu_dirty_get(struct mmu *mmu, unsigned int as_id, uint16_t id)
{
	const struct memslot *slot;
	int64_t pages = -ENOENT;

	check_begin(mmu, CHECK_DIRTY, id, 0);
	memslots_lock(&mmu->slots);
	slot = logged_slot(mmu, as_id, id);
	if (slot)
		mmu->ops->sync_dirty(mmu);
	if (slot && mmu->config.dirty_manual) {
		rt_pin(RT_PIN_OTHER);
		rt_charge(COST_WALK_STEP, slot->log->nr_words);
		pages = (int64_t)dirty_log_copy(slot->log);
	} else if (slot) {
		pages = (int64_t)take_words(mmu, slot, 0, slot->log->nr_words, dirty_log_take);
	}
	memslots_unlock(&mmu->slots);
	check_end(mmu, true);
	return pages;
}

static bool clear_fits(const struct memslot *slot, uint64_t first, uint64_t npages)
{
	uint64_t left = slot->cfg.npages - first;

	if (first % DIRTY_WORD_PAGES || first > slot->cfg.npages || npages > left)
		return false;
	return npages == left || npages % DIRTY_WORD_PAGES == 0;
}

int64_t mmu_dirty_clear(struct mmu *mmu, unsigned int as_id, uint16_t id, gfn_t gfn, uint64_t npages)
{
	const struct memslot *slot;
	int64_t pages = -ENOENT;

	check_begin(mmu, CHECK_DIRTY, id, 0);
	memslots_lock(&mmu->slots);
	slot = logged_slot(mmu, as_id, id);
	if (slot && !clear_fits(slot, gfn - slot->cfg.base_gfn, npages)) {
		pages = -EINVAL;
	} else if (slot) {
		uint64_t w = (gfn - slot->cfg.base_gfn) / DIRTY_WORD_PAGES;

		mmu->ops->sync_dirty(mmu);
		pages = (int64_t)take_words(mmu, slot, w, w + (npages + DIRTY_WORD_PAGES - 1) / DIRTY_WORD_PAGES,
					    dirty_log_clear);
	}
	memslots_unlock(&mmu->slots);
	check_end(mmu, true);
	return pages;
}

/* Entries of a ring put together: pages of @mask from @page on of one slot. */
struct gathered {
	struct dirty_entry at;
	uint64_t	   mask;
};

/* Does @e fit in with what is gathered?  It may lie up to 63 pages before or behind the first page. */
static bool gather(struct gathered *g, const struct dirty_entry *e)
{
	int64_t delta = (int64_t)(e->page - g->at.page);

	if (!g->mask || e->id != g->at.id || e->as_id != g->at.as_id)
		return false;
	if (delta >= 0 && delta < (int64_t)DIRTY_WORD_PAGES) {
		g->mask |= BIT_ULL(delta);
		return true;
	}
	if (delta < 0 && delta > -(int64_t)DIRTY_WORD_PAGES && g->mask << -delta >> -delta == g->mask) {
		g->at.page = e->page;
		g->mask = g->mask << -delta | 1;
		return true;
	}
	return false;
}

static void protect_gathered(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	obs_before(mmu, gfn);
	protect_word(mmu, slot, gfn, mask);
	mmu_unlock(mmu, false);
}

static void reset_gathered(struct mmu *mmu, const struct gathered *g)
{
	const struct memslot *slot;

	if (!g->mask)
		return;
	slot = memslot_find_id(memslots_get(&mmu->slots), g->at.as_id, g->at.id);
	/* The slot is gone, or smaller than it was. */
	if (!slot || g->at.page + 63 - __builtin_clzll(g->mask) >= slot->cfg.npages)
		return;
	protect_gathered(mmu, slot, slot->cfg.base_gfn + g->at.page, g->mask);
}

/* Nothing is gathered yet, and taken for a word: none of the pages from the first page of slot 0 on. */
static void reset_nothing(struct mmu *mmu)
{
	const struct memslot *slot = memslot_find_id(memslots_get(&mmu->slots), 0, 0);

	if (mmu->policy->dirty_reset_empty == DIRTY_RESET_EMPTY_YES && slot)
		protect_gathered(mmu, slot, slot->cfg.base_gfn, 0);
}

static uint64_t reset_ring(struct mmu *mmu, struct dirty_ring *ring, uint64_t most)
{
	struct gathered g = { 0 };
	struct dirty_entry e;
	uint64_t n = 0;

	reset_nothing(mmu);
	for (; n < most && dirty_ring_take(ring, &e); n++) {
		rt_charge(COST_WALK_STEP, 1);
		if (gather(&g, &e))
			continue;
		reset_gathered(mmu, &g);
		g = (struct gathered){ e, 1 };
	}
	reset_gathered(mmu, &g);
	return n;
}

int64_t mmu_dirty_reset(struct mmu *mmu, unsigned int vcpu, uint64_t most, bool last)
{
	bool flush;
	uint64_t n;

	if (!mmu->rings || vcpu >= mmu->config.nr_vcpus)
		return -ENOENT;
	check_begin(mmu, CHECK_DIRTY, vcpu, most);
	memslots_lock(&mmu->slots);
	n = reset_ring(mmu, &mmu->rings[vcpu], most);
	mmu->rings_reset += n;
	flush = last && mmu->rings_reset;
	if (last)
		mmu->rings_reset = 0;
	memslots_unlock(&mmu->slots);
	if (flush)
		flush_remote(mmu);
	check_end(mmu, last);
	return (int64_t)n;
}

int mmu_dirty_mask(struct mmu *mmu, gfn_t gfn, uint64_t mask, bool flush)
{
	const struct memslot *slot;

	check_begin(mmu, CHECK_DIRTY, gfn, mask);
	memslots_lock(&mmu->slots);
	slot = memslot_find(memslots_get(&mmu->slots), 0, gfn);
	if (slot && mask) {
		mmu_lock_exclusive(mmu);
		rt_pin(RT_PIN_OTHER);
		if (slot->log)
			dirty_log_drop(slot->log, gfn - slot->cfg.base_gfn, mask);
		protect_word(mmu, slot, gfn, mask);
		mmu_unlock(mmu, false);
	}
	if (flush && slot)
		flush_remote_slot(mmu, slot);
	memslots_unlock(&mmu->slots);
	check_end(mmu, flush);
	return slot ? 0 : -ENOENT;
}

void mmu_repair_dirty(struct mmu *mmu, gfn_t gfn, uint64_t mask, bool dirty)
{
	const struct memslot *slot = memslot_find(memslots_get(&mmu->slots), 0, gfn);

	if (!slot || !slot->log)
		return;
	gfn -= slot->cfg.base_gfn;
	if (!dirty)
		dirty_log_drop(slot->log, gfn, mask);
	for (; dirty && mask; mask &= mask - 1)
		dirty_log_set(slot->log, gfn + __builtin_ctzll(mask));
}
