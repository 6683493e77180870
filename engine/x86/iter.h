/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_ITER_H
#define ENGINE_X86_ITER_H

/*
 * Pre-order walk over one root: every entry of [start, end) from the root level
 * down to min_level, parents before children.  Stepping down reads the entry
 * again, so that a table replaced meanwhile is noticed.
 *
 *	for_each_spte(&it, x, root, min_level, start, end) {
 *		if (iter_yield(&it, flush, shared))
 *			continue;
 *		... it.old, it.sptep, it.gfn, it.level ...
 *	}
 *
 * A yield may drop mmu_lock; the walk then starts again at the root, toward the
 * gfn it wanted next.  It never happens before the walk has got past a leaf's
 * gfn since the last one.  (KVM tdp_iter.c, tdp_mmu_iter_cond_resched().)
 */
#include "engine/core/checker.h"
#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/x86/root.h"
#include "engine/x86/x86.h"

struct tdp_iter {
	struct x86_mmu	*x;
	gfn_t		 next_gfn;	/* next leaf-level gfn the walk wants */
	gfn_t		 yielded_gfn;	/* the same at the last yield */
	gfn_t		 gfn;		/* first gfn of the entry under the cursor */
	rt_u64		*sptep;
	uint64_t	 old;		/* as read */
	uint32_t	 table[MAX_LEVEL + 1];	/* on the way down, by level */
	int		 level, root_level, min_level;
	unsigned int	 as_id;
	bool		 yielded, valid;
};

static inline void iter_read(struct tdp_iter *it)
{
	it->old = rt_load(it->sptep);
	rt_charge(COST_WALK_STEP, 1);
}

static inline void iter_point(struct tdp_iter *it)
{
	it->sptep = spte_at(it->x, it->table[it->level], it->gfn, it->level);
	iter_read(it);
}

static inline void iter_restart(struct tdp_iter *it)
{
	it->yielded = false;
	it->yielded_gfn = it->next_gfn;
	it->level = it->root_level;
	it->gfn = gfn_round(it->next_gfn, it->level);
	it->valid = true;
	iter_point(it);
}

static inline void iter_start(struct tdp_iter *it, struct x86_mmu *x, const struct root *root, int min_level,
			      gfn_t start)
{
	it->x = x;
	it->next_gfn = start;
	it->root_level = x->mmu.config.root_level;
	it->min_level = min_level;
	it->table[it->root_level] = root->table;
	it->as_id = root_as_id(root);
	check_walk(&x->mmu, it, start);
	iter_restart(it);
}

static inline bool iter_down(struct tdp_iter *it)
{
	if (it->level == it->min_level)
		return false;
	it->old = rt_load(it->sptep);
	if (!spte_is_table(it->old, it->level))
		return false;
	it->level--;
	it->table[it->level] = arena_enter(&it->x->mmu.arena, (uint32_t)spte_pfn(it->old));
	it->gfn = gfn_round(it->next_gfn, it->level);
	iter_point(it);
	return true;
}

static inline bool iter_side(struct tdp_iter *it)
{
	if (spte_index(it->gfn, it->level) == SPTE_ENTRIES - 1)
		return false;
	it->gfn += SPTE_LEVEL_PAGES(it->level);
	it->next_gfn = it->gfn;
	it->sptep++;
	iter_read(it);
	return true;
}

static inline bool iter_up(struct tdp_iter *it)
{
	if (it->level == it->root_level)
		return false;
	arena_leave(&it->x->mmu.arena, it->table[it->level]);
	it->level++;
	it->gfn = gfn_round(it->gfn, it->level);
	it->sptep = spte_at(it->x, it->table[it->level], it->gfn, it->level);
	return true;
}

/* To the next entry that is not below the one under the cursor. */
static inline void iter_past(struct tdp_iter *it)
{
	do {
		if (iter_side(it))
			return;
	} while (iter_up(it));
	it->valid = false;
}

static inline void iter_next(struct tdp_iter *it)
{
	if (it->yielded)
		iter_restart(it);
	else if (!iter_down(it))
		iter_past(it);
}

/*
 * Down to @level, as far as tables lead there: what iter_next() does again and again where nothing is to be done in
 * between, with the cursor in registers.  Return: false: a table was gone when it was to be entered, and iter_past()
 * it is where the walk would go.
 */
static inline bool iter_descend(struct tdp_iter *it, int level)
{
	struct x86_mmu *x = it->x;

	for (int at = it->level; at > level && at > 1 && spte_is_table(it->old, at);) {
		uint64_t spte = rt_load(it->sptep);
		uint32_t table;

		it->old = spte;
		if (unlikely(!spte_is_table(spte, at))) {
			it->gfn = gfn_round(it->next_gfn, at);
			return false;
		}
		table = arena_enter(&x->mmu.arena, (uint32_t)spte_pfn(spte));
		it->level = --at;
		it->table[at] = table;
		it->sptep = spte_at(x, table, it->next_gfn, at);
		iter_read(it);
	}
	it->gfn = gfn_round(it->next_gfn, it->level);
	return true;
}

/*
 * Begins a walk down to leafs that has nothing to do, and nobody to let in, before it comes to the first.
 * Return: how many entries it has passed by.
 */
static inline unsigned int iter_start_low(struct tdp_iter *it, struct x86_mmu *x, const struct root *root,
					  gfn_t start)
{
	unsigned int passed;
	bool there;

	iter_start(it, x, root, 1, start);
	there = iter_descend(it, 1);
	passed = (unsigned int)(it->root_level - it->level) + !there;
	if (unlikely(!there))
		iter_past(it);
	return passed;
}

/* To the leaf for @gfn in @table, of level 1, and no further: a walk from @root would lead there. */
static inline void iter_at(struct tdp_iter *it, struct x86_mmu *x, const struct root *root, uint32_t table,
			   gfn_t gfn)
{
	it->x = x;
	it->level = 1;
	it->gfn = gfn;
	it->as_id = root_as_id(root);
	it->sptep = spte_at(x, table, gfn, 1);
	iter_read(it);
}

#define for_each_spte(it, x, root, min_level, start, end)			\
	for (iter_start((it), (x), (root), (min_level), (start));		\
	     (it)->valid && (it)->gfn < (end); iter_next(it))

/*
 * A point at which the walk may let others in: @flush (NULL: nothing can be
 * owed) is settled first.  Return: true when the caller must `continue`.
 */
bool iter_do_yield(struct tdp_iter *it, struct flush *flush, bool shared);

/* Whoever paces a walk by a recording may let the kernel get here first: then the entry is read again. */
void iter_wait_before(struct tdp_iter *it);

static inline void iter_before(struct tdp_iter *it)
{
	if (unlikely(it->x->mmu.config.sink && it->x->mmu.config.sink->before))
		iter_wait_before(it);
}

static inline bool iter_yield(struct tdp_iter *it, struct flush *flush, bool shared)
{
	if (it->next_gfn == it->yielded_gfn && !MUTANT(yield_at_once))
		return false;
	if (likely(!rt_need_resched() && !rt_needbreak(&it->x->mmu.lock)))
		return false;
	return iter_do_yield(it, flush, shared);
}

#endif
