/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/rmap.h"

#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/changed.h"
#include "engine/x86/watched.h"

static void observe(const struct shadow_mmu *sm, enum obs_kind kind, uint32_t entry, gfn_t gfn, uint64_t old,
		    uint64_t new)
{
	uint32_t table = entry_table(entry);

	obs_spte(&sm->x.mmu, kind, sp_as_id(sm, table), gfn, sp_level(sm, table), old, new);
}

static gfn_t gfn_of(const struct shadow_mmu *sm, uint32_t entry)
{
	return sp_entry_gfn(sm, entry_table(entry), entry_index(entry));
}

static uint32_t *head_of(const struct shadow_mmu *sm, uint32_t entry)
{
	uint32_t table = entry_table(entry);

	return frames_rmap(&sm->frames, sp_as_id(sm, table), gfn_of(sm, entry), sp_level(sm, table));
}

/* --- one entry -------------------------------------------------------------------- */

static bool is_dirty(const struct spte_format *f, uint64_t spte)
{
	return spte_ad_enabled(spte) ? spte & f->dirty : spte & SPTE_W;
}

/* The TLBs may let through what @new does not, or set A and D no more where they are gone. */
static bool needs_flush(const struct spte_format *f, uint64_t old, uint64_t new)
{
	if ((old & f->mmu_writable) && !(new & SPTE_W))
		return true;
	return (spte_is_accessed(f, old) && !spte_is_accessed(f, new)) || (is_dirty(f, old) && !is_dirty(f, new));
}

bool rmap_update(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, uint64_t spte)
{
	rt_u64 *sptep = entry_at(sm, entry);
	uint64_t old = rt_peek(sptep);

	observe(sm, OBS_SPTE_UPDATE, entry, gfn, old, spte);
	old = spte_write(&sm->x, sptep, old, spte, sp_level(sm, entry_table(entry)));
	return spte_is_present(old) && needs_flush(sm->x.f, old, spte);
}

bool rmap_change(struct shadow_mmu *sm, uint32_t entry, uint64_t spte)
{
	return rmap_update(sm, entry, gfn_of(sm, entry), spte);
}

uint64_t rmap_clear_leaf(struct shadow_mmu *sm, uint32_t entry)
{
	rt_u64 *sptep = entry_at(sm, entry);
	uint64_t old = rt_peek(sptep);

	observe(sm, OBS_SPTE_CLEAR, entry, gfn_of(sm, entry), old, sm->x.f->nonpresent);
	return spte_write(&sm->x, sptep, old, sm->x.f->nonpresent, sp_level(sm, entry_table(entry)));
}

/* --- the lists ------------------------------------------------------------------------- */

static bool locks(const struct shadow_mmu *sm)
{
	return sm->x.mmu.policy->age_lock == AGE_LOCK_LOCKLESS;
}

void rmap_lock(const struct shadow_mmu *sm, uint32_t *head)
{
	if (likely(!locks(sm)))
		return;
	while (__atomic_fetch_or(head, PTES_LOCKED, __ATOMIC_ACQUIRE) & PTES_LOCKED)
		rt_pause();
}

void rmap_unlock(const struct shadow_mmu *sm, uint32_t *head)
{
	if (unlikely(locks(sm)))
		__atomic_fetch_and(head, ~PTES_LOCKED, __ATOMIC_RELEASE);
}

void rmap_add(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, unsigned int access)
{
	uint32_t table = entry_table(entry), *head;
	unsigned int before;

	sp_set_translation(sm, table, entry_index(entry), gfn, access);
	head = frames_rmap_get(&sm->frames, sp_as_id(sm, table), gfn, sp_level(sm, table));
	rt_charge(COST_RMAP_ADD, 1);
	if (MUTANT(rmap_left_out) && gfn % 3 == 0)
		return;
	rmap_lock(sm, head);
	before = ptes_add(&sm->ptes, head, entry);
	rmap_unlock(sm, head);
	if (likely(before <= RMAP_RECYCLE))
		return;
	rt_count(&sm->x.mmu.counters.rmap_recycled, 1);
	rmap_zap(sm, head);
	flush_remote_range(&sm->x.mmu, gfn, SPTE_LEVEL_PAGES(sp_level(sm, table)));
}

void rmap_drop(struct shadow_mmu *sm, uint32_t entry)
{
	uint32_t *head = head_of(sm, entry);

	rmap_clear_leaf(sm, entry);
	rt_charge(COST_RMAP_REMOVE, 1);
	rmap_lock(sm, head);
	if (!ptes_remove(&sm->ptes, head, entry) && !MUTANT(rmap_left_out))
		mmu_broken(&sm->x.mmu, "rmap: a leaf is not in the rmap of its frame", gfn_of(sm, entry), entry);
	rmap_unlock(sm, head);
}

void rmap_forget(struct shadow_mmu *sm, uint32_t entry)
{
	ptes_remove(&sm->ptes, head_of(sm, entry), entry);
	rt_set(entry_at(sm, entry), sm->x.f->nonpresent);
}

bool rmap_zap(struct shadow_mmu *sm, uint32_t *head)
{
	struct ptes_iter it;
	uint32_t entry;

	if (!ptes_any(ptes_head(head)))
		return false;
	rmap_lock(sm, head);
	for_each_pte(&sm->ptes, ptes_head(head), &it, entry) {
		rmap_clear_leaf(sm, entry);
		rt_charge(COST_RMAP_REMOVE, 1);
	}
	ptes_clear(&sm->ptes, head);
	rmap_unlock(sm, head);
	return true;
}

static bool protect(struct shadow_mmu *sm, uint32_t entry, bool for_table)
{
	uint64_t spte = rt_peek(entry_at(sm, entry)), new = spte & ~SPTE_W;

	if (!(spte & SPTE_W) && !(for_table && (spte & sm->x.f->mmu_writable)))
		return false;
	return rmap_change(sm, entry, for_table ? new & ~sm->x.f->mmu_writable : new);
}

bool rmap_protect(struct shadow_mmu *sm, uint32_t head, bool for_table)
{
	struct ptes_iter it;
	bool flush = false;
	uint32_t entry;

	for_each_pte(&sm->ptes, head, &it, entry) {
		rt_charge(COST_RMAP_WALK, 1);
		flush |= protect(sm, entry, for_table);
	}
	return flush;
}

bool rmap_protect_gfn(struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, int min_level)
{
	bool flush = false;

	for (int level = min_level; level <= MAX_HUGE_LEVEL; level++) {
		const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);

		rt_charge(COST_WALK_STEP, 1);
		if (head)
			flush |= rmap_protect(sm, ptes_head(head), true);
	}
	return flush;
}
