/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wrprot_gfn_range(), clear_dirty_gfn_range(), clear_dirty_pt_masked(), write_protect_gfn(); KVM tdp_mmu.c. */
#include "engine/x86/protect.h"

#include "engine/core/observe.h"
#include "engine/x86/watched.h"

bool protects_by_d(const struct x86_mmu *x)
{
	if (!x->mmu.config.ad)
		return false;
	if (x->mmu.policy->dirty_method == DIRTY_METHOD_HOST)
		return x->mmu.config.pml;
	return x->mmu.policy->dirty_method == DIRTY_METHOD_PML;
}

/* The bit whose absence makes a write noticed. */
static uint64_t write_bit(const struct x86_mmu *x)
{
	return protects_by_d(x) ? x->f->dirty : SPTE_W;
}

/* Leafs of one root lose @bit. */
static void protect_root(struct x86_mmu *x, const struct root *root, const struct memslot *slot, int min_level,
			 uint64_t bit, bool shared)
{
	gfn_t start = slot->cfg.base_gfn, end = start + slot->cfg.npages;
	struct tdp_iter it;

	rt_rcu_read_lock();
	for_each_spte(&it, x, root, min_level, start, end) {
		if (iter_yield(&it, NULL, shared))
			continue;
		iter_before(&it);
		while (spte_is_leaf(it.old, it.level) && (it.old & bit))
			if (spte_set(&it, it.old & ~bit, shared))
				break;
	}
	rt_rcu_read_unlock();
}

void protect_slot(struct x86_mmu *x, const struct memslot *slot, int min_level, bool shared)
{
	for (struct root *r = root_iter(x, NULL, true); r; r = root_iter(x, r, true))
		if (root_as_id(r) == slot->cfg.as_id)
			protect_root(x, r, slot, min_level, SPTE_W, shared);
}

void protect_slot_d(struct x86_mmu *x, const struct memslot *slot, bool shared)
{
	for (struct root *r = root_iter(x, NULL, true); r; r = root_iter(x, r, true))
		if (root_as_id(r) == slot->cfg.as_id)
			protect_root(x, r, slot, 1, write_bit(x), shared);
}

/* Up to 6.1 roots that are going away are looked at, too. */
static bool concerns(const struct x86_mmu *x, const struct root *r, const struct memslot *slot)
{
	if (root_as_id(r) != slot->cfg.as_id)
		return false;
	return !root_invalid(r) || !release_is(x, KVM_6_12);
}

void protect_huge(struct x86_mmu *x, const struct memslot *slot, gfn_t gfn)
{
	uint64_t rights = SPTE_W | x->f->mmu_writable;
	struct tdp_iter it;

	rt_rcu_read_lock();
	for (struct root *r = root_first(x); r; r = root_after(r)) {
		if (!concerns(x, r, slot))
			continue;
		for_each_spte(&it, x, r, 2, gfn, gfn + 1)
			if (spte_is_leaf(it.old, it.level) && (it.old & rights))
				spte_set_exclusive(&it, it.old & ~rights);
	}
	rt_rcu_read_unlock();
}

/* By an atomic AND: the hardware, and fast faults, change the entry meanwhile. */
static void clear_bit(struct tdp_iter *it, uint64_t bit)
{
	rt_charge(COST_CAS, 1);
	it->old = rt_fetch_and(it->sptep, ~bit);
	check_entry(it->x, it->sptep, it->old, it->old & ~bit);
	obs_spte(&it->x->mmu, OBS_SPTE_CHANGED, it->as_id, it->gfn, it->level, it->old, it->old & ~bit);
}

static void protect_mask_root(struct x86_mmu *x, const struct root *root, gfn_t gfn, uint64_t mask)
{
	gfn_t first = gfn + __builtin_ctzll(mask), end = gfn + 64 - __builtin_clzll(mask);
	uint64_t bit = write_bit(x);
	struct tdp_iter it;

	for_each_spte(&it, x, root, 1, first, end) {
		if (it.level > 1 || !(mask & BIT_ULL(it.gfn - gfn)))
			continue;
		if (spte_is_present(it.old) && (it.old & bit))
			clear_bit(&it, bit);
	}
}

void protect_mask(struct x86_mmu *x, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	rt_rcu_read_lock();
	for (struct root *r = root_first(x); r; r = root_after(r))
		if (concerns(x, r, slot))
			protect_mask_root(x, r, gfn, mask);
	rt_rcu_read_unlock();
}
