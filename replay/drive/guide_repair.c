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

static void redo(struct guide *g, struct mmu *mmu, const struct rec_op *op)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (o->kind == OBS_FAST_PAGE_FAULT)
			redo_fast(mmu, &o->fast);
		else if (o->kind == OBS_SPTE_CHANGED && !is_child_of_removed(g, &o->spte))
			mmu_repair(mmu, o->spte.gfn, o->spte.level, o->spte.as_id, settled(g, o->spte.new));
	}
}

void guide_repair(struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu *mmu = g->mmus[op->vm];

	undo(g, mmu, r);
	redo(g, mmu, op);
}
