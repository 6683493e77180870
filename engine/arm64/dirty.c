/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dirty logging of one slot; KVM mmu.c, kvm_arch_commit_memory_region(), kvm_arch_mmu_enable_log_dirty_pt_masked(). */
#include "engine/arm64/dirty.h"

#include "engine/arm64/attr.h"
#include "engine/arm64/range.h"
#include "engine/arm64/split.h"
#include "engine/core/flush.h"

static void protect(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	range_apply(x, start, end, write_protect, true);
}

static gfn_t slot_end(const struct memslot *slot)
{
	return slot->cfg.base_gfn + slot->cfg.npages;
}

static void lock(struct mmu *mmu)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
}

void arm64_log_start(struct mmu *mmu, const struct memslot *slot)
{
	struct arm64_mmu *x = to_arm64(mmu);

	/* Every page counts as dirty; the first CLEAR of each will protect it. */
	if (mmu->config.dirty_init_set)
		return;
	lock(mmu);
	protect(x, slot->cfg.base_gfn, slot_end(slot));
	mmu_unlock(mmu, false);
	flush_remote_slot(mmu, slot);
	if (!split_chunk(x))
		return;
	lock(mmu);
	split_blocks(x, slot->cfg.base_gfn, slot_end(slot));
	mmu_unlock(mmu, false);
}

/* Pages stay as they are; blocks come back by faults.  What was kept for splits is given back. */
void arm64_log_stop(struct mmu *mmu, const struct memslot *slot)
{
	(void)slot;
	to_arm64(mmu)->split_cached = 0;
}

/* From the first page of the mask to the last, those in between included. */
void arm64_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask)
{
	gfn_t start = gfn + __builtin_ctzll(mask), end = gfn + 64 - __builtin_clzll(mask);

	(void)slot;
	protect(to_arm64(mmu), start, end);
	/* Otherwise what logging began with has been split already. */
	if (mmu->config.dirty_init_set)
		split_blocks(to_arm64(mmu), start, end);
}

bool arm64_writes_unnoticed(const struct mmu *mmu, uint64_t pte)
{
	(void)mmu;
	return (pte & STAGE2_VALID) && (pte & STAGE2_W);
}
