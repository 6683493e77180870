/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_WALK_H
#define ENGINE_X86_SHADOW_WALK_H

/*
 * The rmaps of a range of frames, level by level from the lowest: the first of each level, and those that hold
 * something.
 *
 *	struct rmap_walk w;
 *
 *	for_each_rmap(&w, sm, as_id, 1, MAX_HUGE_LEVEL, start, end) {
 *		... *w.head, w.gfn, w.level ...
 *		rmap_walk_yield(&w, &flush);
 *	}
 *
 * (KVM for_each_slot_rmap_range().)
 */
#include "engine/core/flush.h"
#include "engine/x86/shadow/rmap.h"

struct rmap_walk {
	struct shadow_mmu *sm;
	unsigned int	   as_id;
	gfn_t		   start, end;
	int		   level, last_level;
	gfn_t		   gfn;		/* @start and a multiple of what the rmap under the cursor covers */
	uint32_t	  *head;	/* NULL: the walk is over */
	uint32_t	   none;	/* stands in for a first one that was never used */
};

void rmap_walk_start(struct rmap_walk *w);
void rmap_walk_next(struct rmap_walk *w);

#define for_each_rmap(w, m, as, from_level, to_level, from, to)						\
	for (*(w) = (struct rmap_walk){ .sm = (m), .as_id = (as), .start = (from), .end = (to),		\
					.level = (from_level), .last_level = (to_level) },		\
	     rmap_walk_start(w); (w)->head; rmap_walk_next(w))

/*
 * A place to yield mmu_lock, held for write: @flush (NULL: none is owed that could not wait) is settled first.  Lists
 * may have changed when it returns, heads stay where they are.  Return: whether others were let in.
 */
bool rmap_walk_yield(struct rmap_walk *w, struct flush *flush);

/* The same where no walk is under way. */
bool shadow_yield(struct shadow_mmu *sm);

#endif
