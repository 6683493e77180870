/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote flushes: kvm_flush_remote_tlbs() and kvm_flush_remote_tlbs_range(). */
#include "engine/core/flush.h"

#include "engine/core/checker.h"
#include "engine/core/observe.h"

static void interrupt_all(struct mmu *mmu)
{
	uint64_t mark = check_mark(mmu);

	rt_kick_all(mmu->config.vm);
	check_flushed(mmu, mark);
}

void flush_remote(struct mmu *mmu)
{
	obs_gfns(mmu, OBS_FLUSH_ALL, 0, 0, 0);
	rt_count(&mmu->counters.flushes, 1);
	if (mmu->ops->flush)
		mmu->ops->flush(mmu, 0, 0);
	else
		interrupt_all(mmu);
}

void flush_remote_range(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	bool by_range = mmu->config.release >= KVM_6_12;

	if (by_range)
		obs_gfns(mmu, OBS_FLUSH_RANGE, gfn, nr, 0);
	if (!by_range || !mmu->ops->flush) {
		flush_remote(mmu);
		return;
	}
	rt_count(&mmu->counters.flushes, 1);
	mmu->ops->flush(mmu, gfn, nr);
}

void flush_remote_slot(struct mmu *mmu, const struct memslot *slot)
{
	if (mmu->ops->flush)
		flush_remote_range(mmu, slot->cfg.base_gfn, slot->cfg.npages);
	else
		flush_remote(mmu);
}
