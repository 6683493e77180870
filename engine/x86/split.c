/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tdp_mmu_split_huge_pages_root().  Parents come before children, so 1 GiB pages end as 4 KiB ones in one walk. */
#include "engine/x86/split.h"

#include "engine/x86/child.h"

/* A page for the next table, allocated where sleeping is allowed. */
static uint32_t alloc_unlocked(struct tdp_iter *it, bool shared)
{
	struct mmu *mmu = &it->x->mmu;
	uint32_t spare;

	rt_rcu_read_unlock();
	mmu_unlock(mmu, shared);
	rt_charge(COST_TABLE_ALLOC, 1);
	spare = arena_alloc(&mmu->arena, it->x->f->nonpresent);
	if (shared)
		mmu_lock_shared(mmu);
	else
		mmu_lock_exclusive(mmu);
	rt_rcu_read_lock();
	it->yielded = true;
	return spare;
}

/* Return: whether @spare was used. */
static bool split_entry(struct tdp_iter *it, uint32_t spare, bool shared)
{
	while (spte_is_leaf(it->old, it->level)) {
		child_init(it, spare);
		if (child_link(it, spare, shared))
			return true;
	}
	return false;
}

static void split_root(struct x86_mmu *x, const struct root *root, gfn_t start, gfn_t end, bool shared)
{
	bool drop = x->mmu.policy->dirty_split_alloc == DIRTY_SPLIT_ALLOC_DROP_LOCK;
	uint32_t spare = 0;
	struct tdp_iter it;

	rt_rcu_read_lock();
	for_each_spte(&it, x, root, 2, start, end) {
		if (iter_yield(&it, NULL, shared))
			continue;
		if (!spte_is_leaf(it.old, it.level))
			continue;
		if (!spare && drop) {
			spare = alloc_unlocked(&it, shared);
			continue;
		}
		if (!spare) {	/* memory is at hand: nothing to wait for */
			rt_charge(COST_TABLE_ALLOC, 1);
			spare = arena_alloc(&x->mmu.arena, x->f->nonpresent);
		}
		if (split_entry(&it, spare, shared))
			spare = 0;
	}
	rt_rcu_read_unlock();
	if (spare)
		arena_free(&x->mmu.arena, spare);
}

void split_range(struct x86_mmu *x, const struct memslot *slot, gfn_t start, gfn_t end, bool shared)
{
	for (struct root *r = root_iter(x, NULL, true); r; r = root_iter(x, r, true))
		if (root_as_id(r) == slot->cfg.as_id)
			split_root(x, r, start, end, shared);
}
