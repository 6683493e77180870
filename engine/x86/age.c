/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aging: every leaf of the range that was accessed is reported young, and made
 * old.  With hardware A/D bits that clears A; without, the entry loses R, W, X
 * until the next (fast) fault gives them back.
 *
 * - age.lock = write: nobody else but the hardware and fast faults; A is
 *   cleared by an atomic AND, which cannot lose.
 * - read, lockless: compare-and-swap, and age.race says what a loser does.
 *   (Since 6.15 x86 uses the AND without the lock as well.  Here a
 *   compare-and-swap: an AND would also hit an entry that was zapped or frozen
 *   since it was read, and bit 5 and bit 8 are part of the frozen value.)
 *
 * A loser has seen the entry young, so it reports young in any case: an early
 * report is allowed, a lost one is not (I-A1).
 */
#include "engine/x86/age.h"

#include "engine/core/observe.h"
#include "engine/x86/changed.h"
#include "engine/x86/watched.h"

static void observe_aged(struct x86_mmu *x, const struct tdp_iter *it)
{
	obs_spte(&x->mmu, OBS_SPTE_CHANGED, it->as_id, it->gfn, it->level, it->old, spte_make_old(x->f, it->old));
	rt_charge(COST_AGE_YOUNG, 1);
}

static void make_old_exclusive(struct x86_mmu *x, struct tdp_iter *it)
{
	if (spte_ad_enabled(it->old)) {
		it->old = rt_fetch_and(it->sptep, ~x->f->accessed);
		check_entry(x, it->sptep, it->old, it->old & ~x->f->accessed);
	} else {
		it->old = spte_write(x, it->sptep, it->old, spte_make_old(x->f, it->old), it->level);
	}
	observe_aged(x, it);
}

/* Return: false: this walk ends here. */
static bool make_old_racing(struct x86_mmu *x, struct tdp_iter *it)
{
	while (!rt_cas(it->sptep, &it->old, spte_make_old(x->f, it->old))) {
		rt_note_lost_cas();
		mmu_count(&x->mmu.counters.lost_cas);
		if (x->mmu.policy->age_race == AGE_RACE_STOP)
			return false;
		if (x->mmu.policy->age_race == AGE_RACE_SKIP)
			return true;
		if (!spte_is_leaf(it->old, it->level) || !spte_is_accessed(x->f, it->old))
			return true;
		rt_charge(COST_CAS, 1);
	}
	check_entry(x, it->sptep, it->old, spte_make_old(x->f, it->old));
	observe_aged(x, it);
	return true;
}

static bool age_root(struct x86_mmu *x, const struct root *root, const struct memslot_span *span, enum mmu_age how)
{
	bool exclusive = x->mmu.policy->age_lock == AGE_LOCK_WRITE ||
			 (x->mmu.policy->age_lock == AGE_LOCK_READ && x->mmu.policy->fault_lock == FAULT_LOCK_SPIN);
	bool young = false;
	struct tdp_iter it;

	for_each_spte(&it, x, root, 1, span->start, span->end) {
		if (!spte_is_leaf(it.old, it.level))
			continue;
		rt_charge(COST_AGE_SCAN, 1);
		if (!spte_is_accessed(x->f, it.old))
			continue;
		young = true;
		if (how == MMU_AGE_TEST) {
			if (release_is(x, KVM_6_18))
				break;
			continue;
		}
		if (exclusive)
			make_old_exclusive(x, &it);
		else if (!make_old_racing(x, &it))
			break;
	}
	return young;
}

bool x86_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how)
{
	struct x86_mmu *x = to_x86(mmu);
	bool young = false;

	rt_rcu_read_lock();
	for (struct root *r = root_first(x); r; r = root_after(r)) {
		if (root_as_id(r) != span->slot->cfg.as_id)
			continue;
		if (release_is(x, KVM_6_18) && root_invalid(r))
			continue;
		young |= age_root(x, r, span, how);
	}
	rt_rcu_read_unlock();
	return young;
}
