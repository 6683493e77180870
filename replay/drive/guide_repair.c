/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repair, so that one miss costs one operation: entries the engine changed and
 * the kernel did not go back, entries the kernel changed become what it made them.
 */
#include "replay/drive/guide_state.h"

/* 6.1 logs a table's removal as frozen and its end not at all: for a reader it is empty. */
static uint64_t settled(const struct guide *g, uint64_t spte)
{
	return spte_is_frozen(g->format, spte) ? g->format->nonpresent : spte;
}

/* Entries of a table that was removed go with it. */
static bool is_child_of_removed(const struct guide *g, const struct obs_spte *s)
{
	return spte_is_frozen(g->format, s->new) && !spte_is_present(s->old);
}

static void undo(struct guide *g, struct mmu *mmu, const struct running *r)
{
	for (size_t i = r->nr_said; i-- > 0;) {
		const struct obs_spte *s = &r->said[i].spte;
		int level;

		if (r->said[i].kind != OBS_SPTE_CHANGED || spte_is_frozen(g->format, s->new))
			continue;
		if (mmu_peek(mmu, s->gfn, s->as_id, &level) == s->new && level == s->level)
			mmu_repair(mmu, s->gfn, s->level, s->as_id, settled(g, s->old));
	}
}

static void redo_fast(struct mmu *mmu, const struct obs_fast *f)
{
	int level;

	if (!spte_is_present(f->new))
		return;
	mmu_peek(mmu, f->gfn, 0, &level);
	if (level)
		mmu_repair(mmu, f->gfn, level, 0, f->new);
}

/* A split logs the new table and none of its entries: the same mapping, one level down. */
static void redo_children(struct mmu *mmu, const struct obs_spte *s)
{
	uint64_t step = SPTE_LEVEL_PAGES(s->level - 1);
	uint64_t child = s->level == 2 ? s->old & ~SPTE_LARGE : s->old;

	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		mmu_repair(mmu, s->gfn + i * step, s->level - 1, s->as_id, child + ((i * step) << 12));
}

static void redo_spte(struct guide *g, struct mmu *mmu, const struct obs_spte *s)
{
	if (is_child_of_removed(g, s))
		return;
	mmu_repair(mmu, s->gfn, s->level, s->as_id, settled(g, s->new));
	if (spte_is_leaf(s->old, s->level) && spte_is_table(s->new, s->level))
		redo_children(mmu, s);
}

static void redo(struct guide *g, struct mmu *mmu, const struct obs *o)
{
	if (o->kind == OBS_FAST_PAGE_FAULT)
		redo_fast(mmu, &o->fast);
	else if (o->kind == OBS_SPTE_CHANGED)
		redo_spte(g, mmu, &o->spte);
}

void guide_repair(struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu *mmu = g->mmus[op->vm];

	undo(g, mmu, r);
	for (uint32_t i = 0; i < op->nr_obs; i++)
		redo(g, mmu, &rec_op_obs(g->rec, op)[i].o);
}

void guide_apply(struct guide *g, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(g->rec, op);

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		rt_idle_until(obs[i].t_ns);
		redo(g, g->mmus[op->vm], &obs[i].o);
	}
	rt_idle_until(op->end_ns);
}
