/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dirty logging of one slot: from its first day to its last, and the words in between. */
#include "engine/x86/dirty.h"

#include "engine/core/mutant.h"
#include "engine/x86/collapse.h"
#include "engine/x86/protect.h"
#include "engine/x86/split.h"

static bool lock(struct mmu *mmu)
{
	bool shared = mmu_lock_shared(mmu);

	rt_pin(RT_PIN_OTHER);
	return shared;
}

static void split_slot(struct x86_mmu *x, const struct memslot *slot)
{
	bool shared = lock(&x->mmu);

	split_range(x, slot, slot->cfg.base_gfn, slot->cfg.base_gfn + slot->cfg.npages, shared);
	mmu_unlock(&x->mmu, shared);
}

static void protect_from(struct x86_mmu *x, const struct memslot *slot, int min_level)
{
	bool shared = lock(&x->mmu);

	protect_slot(x, slot, min_level, shared);
	mmu_unlock(&x->mmu, shared);
}

void x86_log_start(struct mmu *mmu, const struct memslot *slot)
{
	struct x86_mmu *x = to_x86(mmu);
	bool shared;

	/* Every page counts as dirty; the first CLEAR of each will protect it. */
	if (mmu->config.dirty_init_set)
		return;
	if (mmu->policy->dirty_eager_split == DIRTY_EAGER_SPLIT_YES)
		split_slot(x, slot);
	if (protects_by_d(x)) {
		shared = lock(mmu);
		protect_slot_d(x, slot, shared);
		mmu_unlock(mmu, shared);
		protect_from(x, slot, 2);
	} else {
		protect_from(x, slot, 1);
	}
	/* Whether or not anything changed, and without the lock: user space waits, faults do not. */
	flush_remote(mmu);
}

void x86_log_stop(struct mmu *mmu, const struct memslot *slot)
{
	bool shared = lock(mmu);

	collapse_slot(to_x86(mmu), slot, shared);
	mmu_unlock(mmu, shared);
}

/*
 * Nothing was protected when logging started: huge pages go now, or can only be written by
 * the slow path, which splits them.  Up to 6.1 the last page's huge page is not split.
 */
static void protect_huge_pages(struct x86_mmu *x, const struct memslot *slot, gfn_t first, gfn_t last)
{
	if (x->mmu.policy->dirty_eager_split == DIRTY_EAGER_SPLIT_YES)
		split_range(x, slot, first, release_is(x, KVM_6_12) ? last + 1 : last, false);
	protect_huge(x, slot, first);
	if (gfn_round(first + SPTE_LEVEL_PAGES(2) - 1, 2) != gfn_round(last + SPTE_LEVEL_PAGES(2) - 1, 2))
		protect_huge(x, slot, last);
}

void x86_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	struct x86_mmu *x = to_x86(mmu);

	if (mmu->config.dirty_init_set)
		protect_huge_pages(x, slot, gfn + __builtin_ctzll(mask), gfn + 63 - __builtin_clzll(mask));
	if (!MUTANT(dirty_no_protect))
		protect_mask(x, slot, gfn, mask);
}

bool x86_writes_unnoticed(const struct mmu *mmu, uint64_t spte)
{
	const struct x86_mmu *x = to_x86_const(mmu);

	if (!spte_is_present(spte) || !(spte & SPTE_W))
		return false;
	return !protects_by_d(x) || (spte & x->f->dirty);
}
