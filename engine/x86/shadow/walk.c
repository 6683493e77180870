/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/walk.h"

#include "engine/core/mutant.h"

/* The rmap at the cursor, or NULL and in *@empty how many from there on are known to be empty. */
static uint32_t *look(const struct rmap_walk *w, uint64_t *empty)
{
	const struct frames *f = &w->sm->frames;
	uint32_t *head = frames_rmap(f, w->as_id, w->gfn, w->level);
	int known = frames_find_1g(f, w->as_id, w->gfn) ? 2 : 3;
	gfn_t here = gfn_round(w->gfn, w->level);

	*empty = 1;
	if (head)
		return ptes_any(ptes_head(head)) ? head : NULL;
	if (known > w->level)
		*empty = (gfn_round(here, known) + SPTE_LEVEL_PAGES(known) - here) >> SPTE_LEVEL_SHIFT(w->level);
	return NULL;
}

static void begin_level(struct rmap_walk *w)
{
	w->gfn = w->start;
	w->head = frames_rmap(&w->sm->frames, w->as_id, w->gfn, w->level);
	if (!w->head)
		w->head = &w->none;
}

void rmap_walk_start(struct rmap_walk *w)
{
	rt_charge(COST_WALK_STEP, 1);
	begin_level(w);
}

void rmap_walk_next(struct rmap_walk *w)
{
	uint64_t empty = 1;

	for (;;) {
		w->gfn += empty << SPTE_LEVEL_SHIFT(w->level);
		if (gfn_round(w->gfn, w->level) >= w->end)
			break;
		w->head = look(w, &empty);
		rt_charge(COST_WALK_STEP, empty);
		if (w->head)
			return;
	}
	w->head = NULL;
	if (++w->level <= w->last_level)
		begin_level(w);
}

bool shadow_yield(struct shadow_mmu *sm)
{
	struct mmu *mmu = &sm->x.mmu;

	if (likely(!rt_need_resched() && !rt_needbreak(&mmu->lock)))
		return false;
	if (mmu->checker)
		checker_unlock(mmu);
	return rt_cond_resched_write(&mmu->lock);
}

bool rmap_walk_yield(struct rmap_walk *w, struct flush *flush)
{
	struct mmu *mmu = &w->sm->x.mmu;

	if (likely(!rt_need_resched() && !rt_needbreak(&mmu->lock)))
		return false;
	if (flush && flush->owed && !MUTANT(yield_no_flush)) {
		flush_remote_range(mmu, w->start, w->gfn - w->start + 1);
		flush->owed = false;
	}
	if (mmu->checker)
		checker_unlock(mmu);
	return rt_cond_resched_write(&mmu->lock);
}
