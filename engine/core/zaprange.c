/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_zap_gfn_range(): an invalidation from within KVM.  Nothing of the host changes, so slots
 * have no part in it: it asks for none, and is not among the windows that they wait for.
 */
#include <errno.h>

#include "engine/core/checker.h"
#include "engine/core/flush.h"

int mmu_zap_gfn_range(struct mmu *mmu, gfn_t start, gfn_t end)
{
	/* It has no host addresses: a key that compares these must take all of them for its own. */
	static const struct notifier_window all = { 0, UINT64_MAX };

	bool srcu = mmu->config.release >= KVM_6_12;

	if (start >= end)
		return -EINVAL;
	check_begin(mmu, CHECK_ZAP_RANGE, start, end);
	if (srcu)
		rt_srcu_lock(mmu->config.vm);
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_INV_BEGIN);
	check_window_begin(mmu);
	notifier_begin(&mmu->notifier, &all);
	notifier_add(&mmu->notifier, &all, start, end);
	if (mmu->ops->zap_gfns(mmu, start, end))
		flush_remote_range(mmu, start, end - start);
	check_window_open(mmu);
	notifier_remove(&mmu->notifier, &all, start, end);
	check_window_end(mmu);
	notifier_end(&mmu->notifier);
	mmu_unlock(mmu, false);
	if (srcu)
		rt_srcu_unlock();
	check_end(mmu, 0);
	return 0;
}
