/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remote flushes: kvm_flush_remote_tlbs() and kvm_flush_remote_tlbs_range(). */
#include "engine/core/flush.h"

#include "engine/core/checker.h"
#include "engine/core/observe.h"

void flush_remote(struct mmu *mmu)
{
	uint64_t mark;

	obs_gfns(mmu, OBS_FLUSH_ALL, 0, 0, 0);
	mmu_count(&mmu->counters.flushes);
	mark = check_mark(mmu);
	rt_kick_all(mmu->config.vm);
	check_flushed(mmu, mark);
}

void flush_remote_range(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	if (mmu->config.release >= KVM_6_12)
		obs_gfns(mmu, OBS_FLUSH_RANGE, gfn, nr, 0);
	flush_remote(mmu);
}
