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

/* The table pages an operation has removed last, by level: their entries go with them. */
struct removal {
	gfn_t	gfn[8];
	bool	any[8];
};

static void note_removal(struct removal *gone, const struct obs_page *page)
{
	unsigned int level = role_level(page->role) & 7;

	gone->gfn[level] = page->gfn;
	gone->any[level] = true;
}

/* An entry of a removed table is logged as frozen, whatever it held. */
static bool is_child_of_removed(const struct guide *g, const struct removal *gone, const struct obs_spte *s)
{
	unsigned int level = s->level & 7;
	uint64_t span = SPTE_LEVEL_PAGES(level) * SPTE_ENTRIES;

	return spte_is_frozen(g->format, s->new) && gone->any[level] &&
	       s->gfn - gone->gfn[level] < span;
}

static void undo(struct guide *g, struct mmu *mmu, const struct running *r)
{
	for (size_t i = r->nr_said; i-- > 0;) {
		const struct obs_spte *s = &r->said[i].spte;
		int level;

		if (r->said[i].kind == OBS_LOG_DIRTY)
			mmu_repair_dirty(mmu, r->said[i].gfns.gfn, r->said[i].gfns.count, true);
		if (r->said[i].kind != OBS_SPTE_CHANGED || spte_is_frozen(g->format, s->new))
			continue;
		if (mmu_peek(mmu, s->gfn, s->as_id, &level) == s->new && level == s->level)
			mmu_repair(mmu, s->gfn, s->level, s->as_id, settled(g, s->old));
	}
}

static void redo_fast(struct mmu *mmu, const struct obs_fast *f)
{
	int level;

	if (f->ret == RET_PF_FIXED && f->write)
		mmu_repair_dirty(mmu, f->gfn, 1, true);
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
	mmu_repair(mmu, s->gfn, s->level, s->as_id, settled(g, s->new));
	if (spte_is_leaf(s->old, s->level) && spte_is_table(s->new, s->level))
		redo_children(mmu, s);
}

static void redo(struct guide *g, struct mmu *mmu, const struct obs *o, struct removal *gone)
{
	if (o->kind == OBS_FAST_PAGE_FAULT)
		redo_fast(mmu, &o->fast);
	else if (o->kind == OBS_LOG_DIRTY)
		mmu_repair_dirty(mmu, o->gfns.gfn, o->gfns.count, false);
	else if (o->kind == OBS_PREPARE_ZAP_PAGE)
		note_removal(gone, &o->page);
	else if (o->kind == OBS_SPTE_CHANGED && !is_child_of_removed(g, gone, &o->spte))
		redo_spte(g, mmu, &o->spte);
}

/* Logging that starts or stops lets faults go on beside it: its changes are not the last word on an entry. */
static bool shares_lock(const struct recording *rec, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(rec, op);

	return op->kind == EV_OP_MEMSLOT && stim && stim->slot.change == EV_SLOT_FLAGS;
}

/* Is the entry still what the kernel changed? */
static bool is_undone(const struct guide *g, const struct mmu *mmu, const struct obs_spte *s)
{
	uint64_t hardware = g->format->accessed | g->format->dirty;
	int level;
	uint64_t now = mmu_peek(mmu, s->gfn, s->as_id, &level);

	if (spte_is_table(s->old, s->level))
		return level < s->level;
	return level == s->level && !((now ^ s->old) & ~hardware);
}

void guide_repair(struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu *mmu = g->mmus[op->vm];
	struct removal gone = { 0 };

	if (guide_is_arm64(g)) {
		guide_stage2_repair(g, r);
		return;
	}
	if (guide_is_rmaps(g)) {
		guide_shadow_repair(g, r);
		return;
	}
	/* What a fast zap takes away hung from roots that nobody uses any more. */
	if (rec_find(g->rec, op, OBS_ZAP_ALL_FAST, 0))
		return;
	undo(g, mmu, r);
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;

		if (!shares_lock(g->rec, op) || o->kind != OBS_SPTE_CHANGED || is_undone(g, mmu, &o->spte))
			redo(g, mmu, o, &gone);
	}
}

/*
 * A table that is zapped on its own is frozen from before the flush of its range until after; who meets
 * it meanwhile retries.  6.1 logs the freezing and not the end, which comes before the operation's
 * next record; since 6.9 it is the other way round.
 */
struct frozen {
	struct obs_spte	entry;
	bool		any, flushed;
};

static void thaw(struct guide *g, struct mmu *mmu, struct frozen *f)
{
	if (f->any)
		mmu_repair(mmu, f->entry.gfn, f->entry.level, f->entry.as_id, g->format->nonpresent);
	*f = (struct frozen){ 0 };
}

static void freeze_logged(struct mmu *mmu, struct frozen *f, const struct obs_spte *s)
{
	mmu_repair(mmu, s->gfn, s->level, s->as_id, s->new);
	*f = (struct frozen){ .entry = *s, .any = true };
}

static void freeze_flushed(struct guide *g, struct mmu *mmu, const struct obs_gfns *flushed)
{
	for (int level = 2; level <= 3 && g->rec->meta->release >= KVM_6_12; level++)
		if (flushed->count == SPTE_LEVEL_PAGES(level))
			mmu_repair(mmu, flushed->gfn, level, 0, g->format->frozen);
}

static void apply_one(struct guide *g, struct mmu *mmu, const struct obs *o, struct frozen *f, struct removal *gone)
{
	if (f->flushed)
		thaw(g, mmu, f);
	if (o->kind == OBS_FLUSH_RANGE)
		freeze_flushed(g, mmu, &o->gfns);
	if (o->kind == OBS_FLUSH_RANGE || o->kind == OBS_FLUSH_ALL)
		f->flushed = f->any;
	if (o->kind == OBS_SPTE_CHANGED && o->spte.level > 1 && spte_is_frozen(g->format, o->spte.new) &&
	    !is_child_of_removed(g, gone, &o->spte))
		freeze_logged(mmu, f, &o->spte);
	else
		redo(g, mmu, o, gone);
}

void guide_apply(struct guide *g, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(g->rec, op);
	struct mmu *mmu = g->mmus[op->vm];
	struct removal gone = { 0 };
	struct frozen frozen = { 0 };

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		rt_idle_until(obs[i].t_ns);
		apply_one(g, mmu, &obs[i].o, &frozen, &gone);
	}
	rt_idle_until(op->end_ns);
	thaw(g, mmu, &frozen);
}
