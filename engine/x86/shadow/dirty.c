/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_mmu_slot_remove_write_access(), kvm_mmu_slot_leaf_clear_dirty(), kvm_arch_mmu_enable_log_dirty_pt_masked(),
 * kvm_rmap_zap_collapsible_sptes().
 */
#include "engine/x86/shadow/dirty.h"

#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/collapse.h"
#include "engine/x86/protect.h"
#include "engine/x86/shadow/walk.h"
#include "engine/x86/watched.h"

static gfn_t slot_end(const struct memslot *slot)
{
	return slot->cfg.base_gfn + slot->cfg.npages;
}

/* Without hardware A/D bits W goes instead of D, by an atomic AND that is not observed. */
static void clear_dirty(struct shadow_mmu *sm, uint32_t entry)
{
	rt_u64 *sptep = entry_at(sm, entry);
	uint64_t spte = rt_peek(sptep);

	if (spte_ad_enabled(spte)) {
		rmap_change(sm, entry, spte & ~sm->x.f->dirty);
		return;
	}
	rt_charge(COST_CAS, 1);
	spte = rt_fetch_and(sptep, ~SPTE_W);
	check_entry(&sm->x, sptep, spte, spte & ~SPTE_W);
}

/* The next write to what the rmap maps is noticed. */
static void clear_dirty_rmap(struct shadow_mmu *sm, uint32_t head)
{
	struct ptes_iter it;
	uint32_t entry;

	for_each_pte(&sm->ptes, head, &it, entry) {
		rt_charge(COST_RMAP_WALK, 1);
		clear_dirty(sm, entry);
	}
}

static void protect_rmaps(struct shadow_mmu *sm, const struct memslot *slot, int min_level)
{
	struct rmap_walk w;

	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	for_each_rmap(&w, sm, slot->cfg.as_id, min_level, MAX_HUGE_LEVEL, slot->cfg.base_gfn, slot_end(slot)) {
		obs_before(&sm->x.mmu, gfn_round(w.gfn, w.level));
		rmap_protect(sm, ptes_head(w.head), false);
		rmap_walk_yield(&w, NULL);
	}
	mmu_unlock(&sm->x.mmu, false);
}

static void clear_dirty_slot(struct shadow_mmu *sm, const struct memslot *slot)
{
	struct rmap_walk w;

	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	for_each_rmap(&w, sm, slot->cfg.as_id, 1, 1, slot->cfg.base_gfn, slot_end(slot)) {
		clear_dirty_rmap(sm, ptes_head(w.head));
		rmap_walk_yield(&w, NULL);
	}
	mmu_unlock(&sm->x.mmu, false);
}

void shadow_log_start(struct mmu *mmu, const struct memslot *slot)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	/* Every page counts as dirty; the first CLEAR of each will protect it. */
	if (mmu->config.dirty_init_set)
		return;
	if (protects_by_d(&sm->x)) {
		clear_dirty_slot(sm, slot);
		protect_rmaps(sm, slot, 2);
	} else {
		protect_rmaps(sm, slot, 1);
	}
	/* Whether or not anything changed, and without the lock: user space waits, faults do not. */
	flush_remote(mmu);
}

/* Leafs of one rmap that could be part of a larger page.  Return: whether any went. */
static bool zap_collapsible(struct shadow_mmu *sm, const struct memslot *slot, const struct rmap_walk *w)
{
	struct ptes_iter it;
	uint32_t entry = ptes_first(&sm->ptes, ptes_head(w->head), &it);
	bool any = false;

	while (entry) {
		uint32_t table = entry_table(entry);
		gfn_t gfn = sp_gfn(sm, table);
		bool direct = role_direct(sp_role(sm, table)) && gfn >= slot->cfg.base_gfn && gfn < slot_end(slot);
		int largest = direct ? collapse_max_level(&sm->x, slot, gfn) : 0;

		if (direct)
			rt_pin(RT_PIN_LEVEL);
		if (w->level < largest) {
			rmap_drop(sm, entry);
			any = true;
			entry = ptes_first(&sm->ptes, ptes_head(w->head), &it);
		} else {
			entry = ptes_next(&sm->ptes, &it);
		}
	}
	return any;
}

void shadow_log_stop(struct mmu *mmu, const struct memslot *slot)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct flush flush = { 0 };
	struct rmap_walk w;

	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	for_each_rmap(&w, sm, slot->cfg.as_id, 1, MAX_HUGE_LEVEL - 1, slot->cfg.base_gfn, slot_end(slot)) {
		obs_before(mmu, gfn_round(w.gfn, w.level));
		flush.owed |= zap_collapsible(sm, slot, &w);
		rmap_walk_yield(&w, &flush);
	}
	if (flush.owed)
		flush_remote_slot(mmu, slot);
	mmu_unlock(mmu, false);
}

/*
 * Nothing was protected when logging started: huge pages can from now on only be written by the slow path, which makes
 * small ones.
 */
static void protect_huge_pages(struct shadow_mmu *sm, unsigned int as_id, gfn_t first, gfn_t last)
{
	rmap_protect_gfn(sm, as_id, first, 2);
	if (gfn_round(first + SPTE_LEVEL_PAGES(2) - 1, 2) != gfn_round(last + SPTE_LEVEL_PAGES(2) - 1, 2))
		rmap_protect_gfn(sm, as_id, last, 2);
}

void shadow_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	bool by_d = protects_by_d(&sm->x);

	if (mmu->config.dirty_init_set)
		protect_huge_pages(sm, slot->cfg.as_id, gfn + __builtin_ctzll(mask), gfn + 63 - __builtin_clzll(mask));
	for (; mask && !MUTANT(dirty_no_protect); mask &= mask - 1) {
		uint32_t *head = frames_rmap(&sm->frames, slot->cfg.as_id, gfn + __builtin_ctzll(mask), 1);

		rt_charge(COST_WALK_STEP, 1);
		if (head && by_d)
			clear_dirty_rmap(sm, ptes_head(head));
		else if (head)
			rmap_protect(sm, ptes_head(head), false);
	}
}
