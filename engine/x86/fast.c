/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fast_page_fault(): permissions that a present leaf may have are given back
 * without mmu_lock.  With hardware A/D bits only writes come here; without
 * them also accesses to leafs that aging made inaccessible.
 */
#include "engine/core/dirty.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/fault.h"
#include "engine/x86/root.h"
#include "engine/x86/watched.h"

#define FAST_TRIES	5

/* What decides: execute, else write, else read. */
static unsigned int wanted(const struct fault *f)
{
	return f->access & MMU_X ? MMU_X : f->access & MMU_W ? MMU_W : MMU_R;
}

/* One look and one attempt.  Return: RET_PF_RETRY when the entry changed in between. */
static enum ret_pf try_fast(struct fault *f, struct walk *w)
{
	struct x86_mmu *x = f->x;
	uint64_t new;

	*w = walk_to(x, f->v->root->table, x->mmu.config.root_level, f->gfn);
	rt_charge(COST_WALK_STEP, x->mmu.config.root_level - w->level + 1);
	if (!spte_is_present(w->spte))
		return RET_PF_INVALID;
	if (spte_permits(x->f, w->spte, wanted(f)))
		return RET_PF_SPURIOUS;
	new = w->spte;
	if (!x->mmu.config.ad && spte_is_access_tracked(new))
		new = spte_restore(new);
	if ((f->access & MMU_W) && (w->spte & x->f->mmu_writable)) {
		new |= SPTE_W;
		/* Only the first page would be noted as dirty: the slow path splits. */
		if (w->level > 1 && f->slot && (f->slot->cfg.flags & SLOT_LOG_DIRTY))
			return RET_PF_INVALID;
	}
	if (new == w->spte || !spte_permits(x->f, new, wanted(f)))
		return RET_PF_INVALID;
	rt_charge(COST_CAS, 1);
	if (!rt_cas(w->sptep, &w->spte, new)) {
		rt_note_lost_cas();
		rt_count(&x->mmu.counters.lost_cas, 1);
		return RET_PF_RETRY;
	}
	check_entry(x, w->sptep, w->spte, new);
	if ((new & ~w->spte & SPTE_W) && !MUTANT(dirty_no_mark))
		dirty_mark(&x->mmu, (unsigned int)(f->v - x->vcpus), f->slot, f->gfn);
	return RET_PF_FIXED;
}

static void observe_fast(const struct fault *f, const struct walk *w, enum ret_pf ret)
{
	struct obs o = {
		.kind = OBS_FAST_PAGE_FAULT,
		.fast = { .gfn = f->gfn, .ret = ret, .write = !!(f->access & MMU_W),
			  .exec = !!(f->access & MMU_X), .present = f->present,
			  .old = w->spte, .new = rt_load(w->sptep) },
	};

	obs_emit(&f->x->mmu, &o);
}

enum ret_pf fault_give_back(struct fault *f)
{
	enum ret_pf ret = RET_PF_RETRY;
	struct walk w;

	rt_pin(RT_PIN_FAST);
	rt_rcu_read_lock();
	for (unsigned int i = 0; i < FAST_TRIES && ret == RET_PF_RETRY; i++)
		ret = try_fast(f, &w);
	if (ret == RET_PF_RETRY)
		ret = RET_PF_INVALID;
	rt_pin(RT_PIN_FAST_SAID);
	if (observed(&f->x->mmu))
		observe_fast(f, &w, ret);
	rt_rcu_read_unlock();
	if (ret != RET_PF_INVALID)
		f->v->fast_faults++;
	return ret;
}
