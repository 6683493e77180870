/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aging: every leaf of the range (age.range = first-page: of its first page) with the access flag set is
 * reported young, and loses it.  No TLB is told: who wants that, flushes (age.flush).
 *
 * Without the write lock (seed 004) an entry may change between its reading and the compare-and-swap: whoever
 * changed it is using it, most likely.  Young is latched before, so nothing is lost; age.race says whether the
 * loser tries again, leaves the entry out, or ends the walk.
 */
#include "engine/arm64/age.h"

#include <errno.h>

#include "engine/arm64/breakmake.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

#define STOPPED	(-ECANCELED)	/* age.race = stop */

struct age {
	struct walk w;		/* first: a visitor's */
	bool	    clears;
	bool	    young;
	uint64_t    seen;	/* the last leaf, as it was; 0: none */
};

/* kvm_pgtable_stage2_mkold() and is_young(), up to 6.1. */
static bool one_page(const struct arm64_mmu *x)
{
	return x->mmu.policy->age_range == AGE_RANGE_FIRST_PAGE;
}

static uint64_t made_old(uint64_t pte)
{
	if (MUTANT(age_keeps))
		return pte;
	if (MUTANT(age_takes_write))
		return pte & ~(STAGE2_AF | STAGE2_W);
	if (MUTANT(age_moves_page))
		return (pte & ~STAGE2_AF) ^ BIT_ULL(20);
	return pte & ~STAGE2_AF;
}

/* A young leaf loses the flag.  Return: a visitor's. */
static int make_old(struct age *a, struct visit *v)
{
	while (!entry_change(&a->w, v, made_old(v->old))) {
		if (a->w.x->mmu.policy->age_race == AGE_RACE_STOP)
			return STOPPED;
		if (a->w.x->mmu.policy->age_race == AGE_RACE_SKIP)
			return -EAGAIN;
		v->old = rt_load(v->ptep);
		if (!stage2_is_leaf(v->old, v->level) || !(v->old & STAGE2_AF))
			return 0;
	}
	rt_charge(COST_AGE_YOUNG, 1);
	return 0;
}

static void observe(const struct age *a, const struct visit *v)
{
	uint64_t new = a->clears && (v->old & STAGE2_VALID) ? v->old & ~STAGE2_AF : v->old;

	if (one_page(a->w.x))
		obs_pte(&a->w.x->mmu, OBS_W_ATTR, v->gfn, v->level, 0, 0, v->old, new);
	else
		obs_pte(&a->w.x->mmu, OBS_W_AGE, v->gfn, v->level, 0, 0, v->old, new);
}

static int age_visit(struct walk *w, const struct visit *seen)
{
	struct age *a = (struct age *)w;
	struct visit v = *seen;
	int ret = 0;

	observe(a, &v);
	if (!(v.old & STAGE2_VALID))
		return 0;
	rt_charge(COST_AGE_SCAN, 1);
	rt_count(&w->x->mmu.counters.age_scanned, 1);
	a->seen = v.old;
	if (!(v.old & STAGE2_AF))
		return 0;
	if (!MUTANT(age_silent) && !MUTANT(age_loser_silent))
		a->young = true;
	if (a->clears)
		ret = make_old(a, &v);
	if (MUTANT(age_loser_silent) && !ret)
		a->young = true;
	return ret;
}

/* Nobody holds mmu_lock for write: others may be at the same entries. */
static bool is_shared(const struct arm64_mmu *x)
{
	const struct policy *p = x->mmu.policy;

	return p->age_lock == AGE_LOCK_LOCKLESS ||
	       (p->age_lock == AGE_LOCK_READ && p->fault_lock != FAULT_LOCK_SPIN);
}

bool arm64_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how)
{
	struct arm64_mmu *x = to_arm64(mmu);
	bool test = how == MMU_AGE_TEST;
	struct age a = {
		.w = { .x = x, .fn = age_visit, .flags = VISIT_LEAF | (is_shared(x) ? WALK_SHARED : 0),
		       .start = span->start, .end = one_page(x) ? span->start + 1 : span->end },
		.clears = !test,
	};

	if (!rt_peek(&x->alive))
		return false;
	obs_enters_s2(mmu, !one_page(x) ? OBS_S2_TCY : test ? OBS_S2_IS_YOUNG : OBS_S2_MKOLD, span->start,
		      one_page(x) ? 1 : span->end - span->start, !one_page(x) && !test, 0);
	walk_range(&a.w);
	if (!one_page(x))
		obs_s2(mmu, OBS_S2_TCY, span->start, span->end - span->start, !test, a.young, 0);
	else if (test)
		obs_s2(mmu, OBS_S2_IS_YOUNG, span->start, 1, 0, a.young, 0);
	else
		obs_s2(mmu, OBS_S2_MKOLD, span->start, 1, 0, 0, a.seen);
	return a.young;
}
