/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow half of a yield point. */
#include "engine/x86/iter.h"

#include "engine/core/observe.h"

bool iter_do_yield(struct tdp_iter *it, struct flush *flush, bool shared)
{
	struct mmu *mmu = &it->x->mmu;

	if (flush && !MUTANT(yield_no_flush))
		flush_settle(mmu, flush);
	check_yield(mmu, it, it->next_gfn);
	rt_rcu_read_unlock();
	/* Finding nothing to yield to any more does not matter: the walk starts again either way. */
	if (shared)
		rt_cond_resched_read(&mmu->lock);
	else
		rt_cond_resched_write(&mmu->lock);
	rt_rcu_read_lock();
	it->yielded = true;
	return true;
}

void iter_wait_before(struct tdp_iter *it)
{
	obs_before(&it->x->mmu, it->gfn);
	it->old = rt_load(it->sptep);
}
