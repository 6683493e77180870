/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aging by rmaps: kvm_rmap_age_gfn_range().  Since 6.15 without mmu_lock, each rmap under its own (age.lock =
 * lockless); then fast faults are not the only ones to change an entry meanwhile, and one without hardware A/D bits
 * is tried once: a loser has seen it young and says so.
 */
#include "engine/core/mutant.h"
#include "engine/x86/changed.h"
#include "engine/x86/shadow/range.h"
#include "engine/x86/shadow/walk.h"
#include "engine/x86/watched.h"

/*
 * An atomic AND, which cannot lose.  (Without mmu_lock a compare-and-swap that tries again for as long as there is
 * a young leaf: the entry may have been zapped since it was read, though nobody can use it for another before it
 * has left the rmap.)
 */
static void clear_accessed(struct shadow_mmu *sm, rt_u64 *sptep, uint64_t seen)
{
	uint64_t bits = MUTANT(age_keeps) ? 0 : sm->x.f->accessed;

	if (sm->x.mmu.policy->age_lock != AGE_LOCK_LOCKLESS) {
		seen = rt_fetch_and(sptep, ~bits);
		check_entry(&sm->x, sptep, seen, seen & ~bits);
		return;
	}
	while (spte_is_present(seen) && spte_is_accessed(sm->x.f, seen))
		if (rt_cas(sptep, &seen, seen & ~bits)) {
			check_entry(&sm->x, sptep, seen, seen & ~bits);
			return;
		}
}

/* Hiding W hides that the page is dirty: the host is told before. */
static void hide(struct shadow_mmu *sm, rt_u64 *sptep, uint64_t old, int level)
{
	uint64_t new = spte_make_old(sm->x.f, old);

	if (old & SPTE_W)
		rt_count(&sm->x.mmu.counters.age_dirtied, 1);
	if (sm->x.mmu.policy->age_lock != AGE_LOCK_LOCKLESS) {
		spte_write(&sm->x, sptep, old, new, level);
	} else if (rt_cas(sptep, &old, new)) {
		check_entry(&sm->x, sptep, old, new);
	} else {
		rt_note_lost_cas();
		rt_count(&sm->x.mmu.counters.lost_cas, 1);
	}
}

/* One rmap.  Return: something in it was young. */
static bool age_rmap(struct shadow_mmu *sm, const struct rmap_walk *w, enum mmu_age how)
{
	struct ptes_iter it;
	bool young = false;
	uint32_t entry;

	for_each_pte(&sm->ptes, ptes_head(w->head), &it, entry) {
		rt_u64 *sptep = entry_at(sm, entry);
		uint64_t spte = rt_load(sptep);

		rt_charge(COST_AGE_SCAN, 1);
		rt_count(&sm->x.mmu.counters.age_scanned, 1);
		if (!spte_is_present(spte) || !spte_is_accessed(sm->x.f, spte))
			continue;
		young = !MUTANT(age_silent);
		if (how == MMU_AGE_TEST)
			break;
		rt_charge(COST_AGE_YOUNG, 1);
		if (spte_ad_enabled(spte))
			clear_accessed(sm, sptep, spte);
		else
			hide(sm, sptep, spte, w->level);
	}
	return young;
}

/* Up to 6.1 all rmaps of the range are looked at even for a mere question. */
bool shadow_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	bool stops = how == MMU_AGE_TEST && mmu->config.release >= KVM_6_12;
	struct rmap_walk w;
	bool young = false;

	for_each_rmap(&w, sm, span->slot->cfg.as_id, 1, MAX_HUGE_LEVEL, span->start, span->end) {
		if (!ptes_any(ptes_head(w.head)))
			continue;
		rmap_lock(sm, w.head);
		young |= age_rmap(sm, &w, how);
		rmap_unlock(sm, w.head);
		if (young && stops)
			break;
	}
	return young;
}
