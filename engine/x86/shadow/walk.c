/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/walk.h"

/* The rmap at the cursor, or NULL with *@skip the first gfn behind all that is known to be empty. */
static uint32_t *look(const struct rmap_walk *w, gfn_t *skip)
{
	const struct frames *f = &w->sm->frames;
	uint32_t *head = frames_rmap(f, w->as_id, w->gfn, w->level);
	int known = 1;

	*skip = w->gfn + SPTE_LEVEL_PAGES(w->level);
	if (head)
		return ptes_any(*head) ? head : NULL;
	known = frames_find_1g(f, w->as_id, w->gfn) ? 2 : 3;
	*skip = gfn_round(w->gfn, known) + SPTE_LEVEL_PAGES(known);
	return NULL;
}

static bool next_level(struct rmap_walk *w)
{
	if (++w->level > w->last_level)
		return false;
	w->gfn = gfn_round(w->start, w->level);
	return true;
}

/* From the cursor on. */
static void find(struct rmap_walk *w)
{
	do {
		while (w->gfn < w->end) {
			gfn_t skip;

			w->head = look(w, &skip);
			rt_charge(COST_WALK_STEP, (skip - w->gfn) >> SPTE_LEVEL_SHIFT(w->level));
			if (w->head)
				return;
			w->gfn = skip;
		}
	} while (next_level(w));
	w->head = NULL;
}

void rmap_walk_start(struct rmap_walk *w)
{
	w->gfn = gfn_round(w->start, w->level);
	find(w);
}

void rmap_walk_next(struct rmap_walk *w)
{
	w->gfn += SPTE_LEVEL_PAGES(w->level);
	find(w);
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
	if (flush && flush->owed) {
		flush_remote_range(mmu, w->start, w->gfn - w->start + 1);
		flush->owed = false;
	}
	if (mmu->checker)
		checker_unlock(mmu);
	return rt_cond_resched_write(&mmu->lock);
}
