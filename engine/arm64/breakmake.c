/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breaking and making entries: KVM hyp/pgtable.c, stage2_try_break_pte(), stage2_make_pte(), stage2_put_pte(). */
#include "engine/arm64/breakmake.h"

#include "engine/arm64/tlbi.h"
#include "engine/arm64/watched.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

/* Of tables that nothing leads to yet the checker hears when they are linked. */
static void watch(const struct walk *w, const struct visit *v, uint64_t old, uint64_t new)
{
	if (!(w->flags & WALK_SKIP_BBM_TLBI))
		check_entry(w->x, v->ptep, old, new);
}

/* The store, or the compare-and-swap where others may be at it. */
static bool entry_set(struct walk *w, const struct visit *v, uint64_t new)
{
	uint64_t seen = v->old;

	if (!walk_shared(w)) {
		rt_charge(COST_CLEAR, 1);
		rt_store(v->ptep, new);
		watch(w, v, v->old, new);
		return true;
	}
	rt_charge(COST_CAS, 1);
	if (rt_cas(v->ptep, &seen, new)) {
		watch(w, v, v->old, new);
		return true;
	}
	rt_note_lost_cas();
	rt_count(&w->x->mmu.counters.lost_cas, 1);
	return false;
}

/* What the old entry translated is in no TLB any more. */
static void forget(struct walk *w, const struct visit *v)
{
	struct arm64_mmu *x = w->x;

	if ((w->flags & WALK_SKIP_BBM_TLBI) || !(v->old & STAGE2_VALID) || MUTANT(break_no_tlbi))
		return;
	if (!stage2_is_table(v->old, v->level))
		tlbi_ipa(x, v->gfn, v->level);
	else if (x->mmu.policy->coalesce_tlbi == COALESCE_TLBI_RANGE)
		tlbi_range(x, visit_gfn(w, v), level_pages(x, v->level));
	else
		tlbi_vmid(x);
}

static bool try_break(struct walk *w, const struct visit *v, struct window *win)
{
	struct arm64_mmu *x = w->x;

	if (stage2_is_locked(v->old))
		return false;
	rt_pin(RT_PIN_CHANGE);
	/* Others may be using what it maps. */
	if (v->old & STAGE2_VALID)
		rt_catch_up();
	if (!entry_set(w, v, broken_value(x)))
		return false;
	if (win && (v->old & STAGE2_VALID)) {
		window_open(x, win, visit_gfn(w, v), level_pages(x, v->level));
		obs_broken(&x->mmu, visit_gfn(w, v), level_pages(x, v->level), v->old);
	}
	forget(w, v);
	if (v->old)
		table_put(x, entry_table(x, v->ptep));
	return true;
}

/* Up to 6.1 an entry that holds nothing is not broken, only filled. */
bool entry_break(struct walk *w, const struct visit *v, struct window *win)
{
	struct mmu *mmu = &w->x->mmu;
	bool done;

	if (!w->x->locks && !v->old)
		return true;
	if (w->x->locks)
		obs_enters_pte(mmu, OBS_BREAK_PTE, visit_said(w, v), v->level, 0, v->old);
	done = try_break(w, v, win);
	if (w->x->locks)
		obs_pte(mmu, OBS_BREAK_PTE, visit_said(w, v), v->level, 0, done, v->old, 0);
	else if (!stage2_is_table(v->old, v->level))
		obs_pte(mmu, OBS_PUT_PTE, visit_said(w, v), v->level, 0, 0, 0, 0);
	return done;
}

void entry_make(struct walk *w, const struct visit *v, uint64_t new, struct window *win)
{
	struct arm64_mmu *x = w->x;

	table_get(x, entry_table(x, v->ptep));
	rt_charge(COST_CLEAR, 1);
	rt_pin(RT_PIN_MAKE);
	if (v->old & STAGE2_VALID)
		rt_catch_up();	/* who missed it meanwhile */
	rt_store(v->ptep, new);
	if (!(w->flags & WALK_SKIP_BBM_TLBI))
		check_made_entry(x, v->ptep, v->old, broken_value(x), new);
	if (win)
		window_close(x, win);
	if (x->locks)
		obs_pte(&x->mmu, OBS_MAKE_PTE, visit_said(w, v), v->level, 0, 0, 0,
			stage2_is_table(new, v->level) ? pte_for_table(x, 0) : new);
}

void entry_clear(struct walk *w, const struct visit *v, bool later)
{
	struct arm64_mmu *x = w->x;
	bool is_table = stage2_is_table(v->old, v->level);

	if (!x->locks)
		obs_pte(&x->mmu, OBS_PUT_PTE, v->gfn, v->level, 0, 0, 0, 0);
	if (v->old & STAGE2_VALID) {
		rt_charge(COST_CLEAR, 1);
		rt_store(v->ptep, 0);
		check_entry(x, v->ptep, v->old, 0);
		if (is_table || !later)
			tlbi_ipa(x, v->gfn, is_table ? TLBI_NO_LEVEL : v->level);
	}
	table_put(x, entry_table(x, v->ptep));
}

bool entry_change(struct walk *w, const struct visit *v, uint64_t new)
{
	rt_pin(RT_PIN_CHANGE);
	return entry_set(w, v, new);
}
