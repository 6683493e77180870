/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aging: every leaf of the range that was accessed is reported young, and made
 * old.  With hardware A/D bits that clears A; without, the entry loses R, W, X
 * until the next (fast) fault gives them back.
 *
 * - age.lock = write: nobody else but the hardware and fast faults; A is
 *   cleared by an atomic AND, which cannot lose.
 * - read, lockless: A is cleared by an atomic AND as well, so there is no race to lose with
 *   hardware A/D bits, whatever age.race says.  (Here it is a compare-and-swap that tries again for as
 *   long as there is a young leaf: an AND would also hit an entry that was zapped or frozen since it was
 *   read, and bit 5 and bit 8 are part of the frozen value.)
 * - without A/D bits several bits change at once, by compare-and-swap, and age.race says what a loser
 *   does.  That is all it says on x86: processors before Haswell.
 * - lockless, as merged in 6.15, also leaves out invalid roots, and test_age stops at the
 *   first young page.  Up to 6.14 both look at everything, under whatever lock.
 *
 * A loser has seen the entry young, so it reports young in any case: an early
 * report is allowed, a lost one is not (I-A1).
 */
#include "engine/x86/age.h"

#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/changed.h"
#include "engine/x86/watched.h"

static void aged(struct x86_mmu *x, const struct tdp_iter *it)
{
	uint64_t old = spte_make_old(x->f, it->old);

	/* Hiding W hides that the page is dirty: the host is told before. */
	if (!spte_ad_enabled(it->old) && it->old & SPTE_W)
		rt_count(&x->mmu.counters.age_dirtied, 1);
	obs_spte(&x->mmu, OBS_SPTE_CHANGED, it->as_id, it->gfn, it->level, it->old, old);
	rt_charge(COST_AGE_YOUNG, 1);
}

/* What aging takes away where the hardware sets A: A alone. */
static uint64_t cleared(const struct x86_mmu *x)
{
	if (MUTANT(age_keeps))
		return 0;
	if (MUTANT(age_takes_write))
		return x->f->accessed | SPTE_W;
	if (MUTANT(age_drops_dirty))
		return x->f->accessed | x->f->dirty;
	if (MUTANT(age_moves_page))
		return x->f->accessed | BIT_ULL(12);
	return x->f->accessed;
}

static void make_old_exclusive(struct x86_mmu *x, struct tdp_iter *it)
{
	if (spte_ad_enabled(it->old)) {
		uint64_t bits = cleared(x);

		it->old = rt_fetch_and(it->sptep, ~bits);
		check_entry(x, it->sptep, it->old, it->old & ~bits);
	} else {
		it->old = spte_write(x, it->sptep, it->old, spte_make_old(x->f, it->old), it->level);
	}
	aged(x, it);
}

static bool is_young_leaf(const struct x86_mmu *x, const struct tdp_iter *it)
{
	return spte_is_leaf(it->old, it->level) && spte_is_accessed(x->f, it->old);
}

/* Return: false: this walk ends here. */
static bool make_old_racing(struct x86_mmu *x, struct tdp_iter *it)
{
	enum age_race race = spte_ad_enabled(it->old) ? AGE_RACE_RETRY : x->mmu.policy->age_race;

	while (!rt_cas(it->sptep, &it->old, spte_make_old(x->f, it->old))) {
		rt_note_lost_cas();
		rt_count(&x->mmu.counters.lost_cas, 1);
		if (race != AGE_RACE_RETRY)
			return race == AGE_RACE_SKIP;
		if (!is_young_leaf(x, it))
			return true;
		rt_charge(COST_CAS, 1);
	}
	check_entry(x, it->sptep, it->old, spte_make_old(x->f, it->old));
	aged(x, it);
	return true;
}

static bool as_merged_for_6_15(const struct x86_mmu *x)
{
	return release_is(x, KVM_6_18) || x->mmu.policy->age_lock == AGE_LOCK_LOCKLESS;
}

static bool age_root(struct x86_mmu *x, const struct root *root, const struct memslot_span *span, enum mmu_age how)
{
	bool exclusive = x->mmu.policy->age_lock == AGE_LOCK_WRITE ||
			 (x->mmu.policy->age_lock == AGE_LOCK_READ && x->mmu.policy->fault_lock == FAULT_LOCK_SPIN);
	bool young = false;
	struct tdp_iter it;
	uint64_t seen;

	for (iter_start_low(&it, x, root, span->start); it.valid && it.gfn < span->end; iter_next(&it)) {
		if (!spte_is_leaf(it.old, it.level))
			continue;
		rt_charge(COST_AGE_SCAN, 1);
		rt_count(&x->mmu.counters.age_scanned, 1);
		if (!spte_is_accessed(x->f, it.old))
			continue;
		young = !MUTANT(age_silent);
		if (how == MMU_AGE_TEST) {
			if (as_merged_for_6_15(x))
				break;
			continue;
		}
		seen = it.old;
		if (exclusive)
			make_old_exclusive(x, &it);
		else if (!make_old_racing(x, &it))
			break;
		else if (MUTANT(age_loser_silent) && it.old != seen)
			young = false;
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
		if (as_merged_for_6_15(x) && root_invalid(r))
			continue;
		if (MUTANT(age_outside_rcu))
			rt_rcu_read_unlock();
		young |= age_root(x, r, span, how);
		if (MUTANT(age_outside_rcu))
			rt_rcu_read_lock();
	}
	rt_rcu_read_unlock();
	return young;
}
