/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handle_changed_spte(), handle_removed_pt() and the setters above them; KVM tdp_mmu.c. */
#include "engine/x86/changed.h"

#include "engine/core/uniform.h"

/*
 * Up to 6.1 every table is in a list, and a removal under the read lock takes the list's lock; since then
 * only what the NX mitigation made is, and the lock is taken for that alone.
 */
static void unlist_table(struct x86_mmu *x, uint32_t number, bool shared)
{
	bool nx = nx_is_disallowed(x, number), locks = release_is(x, KVM_6_12) ? nx : shared;

	if (locks)
		rt_spin_lock(&x->pages_lock);
	if (nx)
		nx_forget_locked(x, number);
	if (locks)
		rt_spin_unlock(&x->pages_lock);
}

/* Others may still install here: take every entry away from them, one by one, for good. */
static uint64_t freeze_shared(struct x86_mmu *x, rt_u64 *sptep)
{
	uint64_t old;

	for (;;) {
		rt_charge(COST_CAS, 1);
		old = rt_xchg(sptep, x->f->frozen);
		if (likely(!spte_is_frozen(x->f, old))) {
			check_entry(x, sptep, old, x->f->frozen);
			return old;
		}
		rt_pause();	/* whoever froze it is about to finish */
	}
}

/*
 * A table of a uniform subtree whose entries are all leafs, or all empty, when nobody could notice
 * whether they go one by one.
 */
static bool remove_at_once(struct x86_mmu *x, uint32_t number, bool shared)
{
	struct arena *arena = &x->mmu.arena;
	enum cost before = shared ? RT_NO_COST : COST_WALK_STEP;
	struct uniform_view v;

	if (observed(&x->mmu) || !uniform_view(arena, number, &v, &number) || spte_is_table(v.first, v.level))
		return false;
	if (!rt_charge_steps(NULL, SPTE_ENTRIES, before, spte_set_cost(x, v.first, v.level, shared)))
		return false;
	uniform_free(arena, number, x->mmu.policy->table_free != TABLE_FREE_IMMEDIATE);
	return true;
}

static void remove_table(struct x86_mmu *x, uint32_t number, unsigned int as_id, bool shared)
{
	struct arena *arena = &x->mmu.arena;
	struct table *t;
	rt_u64 *entries;
	int level;

	rt_count(&x->mmu.counters.zap_visited, SPTE_ENTRIES);
	if (observed(&x->mmu)) {
		number = arena_enter(arena, number);
		t = arena_table(arena, number);
		obs_page(&x->mmu, OBS_PREPARE_ZAP_PAGE, t->gfn, t->role, 0, false);
	}
	unlist_table(x, number, shared);
	if (unlikely(arena_is_uniform(number)) && remove_at_once(x, number, shared))
		return;
	number = arena_enter(arena, number);
	t = arena_table(arena, number);
	level = role_level(t->role);
	entries = arena_entries(arena, number);
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t old;

		if (shared) {
			old = freeze_shared(x, &entries[i]);
		} else {
			rt_charge(COST_WALK_STEP, 1);
			old = rt_peek(&entries[i]);
			if (!spte_is_present(old))
				continue;
			old = spte_write(x, &entries[i], old, x->f->frozen, level);
		}
		spte_changed(x, as_id, t->gfn + i * SPTE_LEVEL_PAGES(level), old, x->f->frozen, level, shared);
	}
	t->parent = 0;
	if (x->mmu.policy->table_free == TABLE_FREE_IMMEDIATE || MUTANT(free_at_once))
		arena_free(arena, number);
	else
		arena_free_rcu(arena, number);
}

void spte_present_changed(struct x86_mmu *x, unsigned int as_id, gfn_t gfn, uint64_t old, uint64_t new, int level,
			  bool shared)
{
	bool becomes_leaf = spte_is_leaf(new, level);

	if (unlikely(spte_is_leaf(old, level) && becomes_leaf && spte_pfn(old) != spte_pfn(new))) {
		rt_count(&x->mmu.counters.repoints, 1);
		if (x->mmu.config.check && !x->mmu.config.guided)
			mmu_broken(&x->mmu, "I-M1: a present leaf was replaced by one of another pfn", gfn, old);
	}
	if (old == new)
		return;
	obs_spte(&x->mmu, OBS_SPTE_CHANGED, as_id, gfn, level, old, new);
	if (spte_is_table(old, level) && (becomes_leaf || !spte_is_present(new) || spte_pfn(old) != spte_pfn(new)))
		remove_table(x, (uint32_t)spte_pfn(old), as_id, shared);
}

void spte_lost(struct x86_mmu *x)
{
	rt_count(&x->mmu.counters.lost_cas, 1);
	rt_note_lost_cas();
}

bool spte_zap_atomic(struct tdp_iter *it)
{
	struct x86_mmu *x = it->x;
	bool late = release_is(x, KVM_6_12);

	if (!spte_try(it, x->f->frozen))
		return false;
	if (!late)
		spte_changed(x, it->as_id, it->gfn, it->old, x->f->frozen, it->level, true);
	if (!MUTANT(split_no_flush))
		flush_remote_range(&x->mmu, it->gfn, SPTE_LEVEL_PAGES(it->level));
	rt_store(it->sptep, x->f->nonpresent);
	check_entry(x, it->sptep, x->f->frozen, x->f->nonpresent);
	if (late)
		spte_changed(x, it->as_id, it->gfn, it->old, x->f->nonpresent, it->level, true);
	return true;
}

enum cost spte_set_cost(const struct x86_mmu *x, uint64_t old, int level, bool shared)
{
	if (shared)
		return COST_CAS;
	if (!spte_is_present(old))
		return RT_NO_COST;
	return spte_is_leaf(old, level) && spte_is_volatile(x, old) ? COST_CAS : COST_CLEAR;
}

bool spte_zap_flush(struct tdp_iter *it, bool shared)
{
	if (shared)
		return spte_zap_atomic(it);
	spte_set_exclusive(it, it->x->f->nonpresent);
	flush_remote_range(&it->x->mmu, it->gfn, SPTE_LEVEL_PAGES(it->level));
	return true;
}

uint64_t spte_write(struct x86_mmu *x, rt_u64 *sptep, uint64_t old, uint64_t new, int level)
{
	if (spte_is_leaf(old, level) && spte_is_volatile(x, old)) {
		rt_charge(COST_CAS, 1);
		old = rt_xchg(sptep, new);
	} else {
		rt_charge(COST_CLEAR, 1);
		if (MUTANT(table_stays) && spte_is_table(old, level))
			return old;
		rt_store(sptep, new);
		if (spte_is_table(old, level))
			arena_unlinked(&x->mmu.arena);
	}
	check_entry(x, sptep, old, new);
	return old;
}
