/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_CHANGED_H
#define ENGINE_X86_CHANGED_H

/*
 * Changing one entry, with the bookkeeping a change asks for: what is observed,
 * and the removal of the subtree that hung from it.
 */
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/iter.h"
#include "engine/x86/watched.h"

/* The bookkeeping for an entry that was present and is not just gone, or had a table below it, or is observed. */
void spte_present_changed(struct x86_mmu *x, unsigned int as_id, gfn_t gfn, uint64_t old, uint64_t new, int level,
			  bool shared);
/* ... for one that another has changed first. */
void spte_lost(struct x86_mmu *x);

/* What was not there takes nothing with it, nor does a leaf. */
static inline void spte_changed(struct x86_mmu *x, unsigned int as_id, gfn_t gfn, uint64_t old, uint64_t new,
				int level, bool shared)
{
	if ((spte_is_present(old) && (spte_is_present(new) || spte_is_table(old, level))) || observed(&x->mmu))
		spte_present_changed(x, as_id, gfn, old, new, level, shared);
}

/* cmpxchg alone: spte_changed() is to follow. */
static inline bool spte_try(struct tdp_iter *it, uint64_t new)
{
	rt_charge(COST_CAS, 1);
	rt_pin(RT_PIN_CHANGE);
	if (MUTANT(table_stays) && spte_is_table(it->old, it->level) && !spte_is_present(new))
		return true;
	if (unlikely(!rt_cas(it->sptep, &it->old, new))) {
		spte_lost(it->x);
		return false;
	}
	if (spte_is_table(it->old, it->level))
		arena_unlinked(&it->x->mmu.arena);
	check_entry(it->x, it->sptep, it->old, new);
	return true;
}

/* mmu_lock held for read.  Return: false: somebody else was faster; it->old is what is there now. */
static inline __attribute__((always_inline)) bool spte_set_atomic(struct tdp_iter *it, uint64_t new)
{
	if (!spte_try(it, new))
		return false;
	spte_changed(it->x, it->as_id, it->gfn, it->old, new, it->level, true);
	return true;
}

/* Exclusive: the store itself.  Return: what it replaced. */
uint64_t spte_write(struct x86_mmu *x, rt_u64 *sptep, uint64_t old, uint64_t new, int level);

/* mmu_lock held for write; it->old becomes what the store replaced. */
static inline void spte_set_exclusive(struct tdp_iter *it, uint64_t new)
{
	it->old = spte_write(it->x, it->sptep, it->old, new, it->level);
	spte_changed(it->x, it->as_id, it->gfn, it->old, new, it->level, false);
}

static inline __attribute__((always_inline)) bool spte_set(struct tdp_iter *it, uint64_t new, bool shared)
{
	if (shared)
		return spte_set_atomic(it, new);
	spte_set_exclusive(it, new);
	return true;
}

/*
 * Present to empty with the flush inside, under mmu_lock held for read: the
 * entry is frozen until the TLBs forgot it.  6.1 does the bookkeeping (and
 * frees the subtree) before the flush, 6.12 after it.
 */
bool spte_zap_atomic(struct tdp_iter *it);
/* The same however the lock is held; exclusively nobody can meet the entry, and it is not frozen. */
bool spte_zap_flush(struct tdp_iter *it, bool shared);

/* What taking @old away costs: spte_set() to an empty entry, or the removal of a table it is in. */
enum cost spte_set_cost(const struct x86_mmu *x, uint64_t old, int level, bool shared);

#endif
