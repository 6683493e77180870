/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guide on arm64.  A visit of the walker is recorded when the entry has been read; what breaks or makes
 * an entry when it is about to: the store is over before the task's next record, and that is where it is put.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kvm/stage2.h"
#include "replay/drive/guide_state.h"

static bool is_visit(unsigned int kind)
{
	return kind == OBS_W_MAP || kind == OBS_W_UNMAP || kind == OBS_W_ATTR || kind == OBS_W_AGE ||
	       kind == OBS_W_SPLIT || kind == OBS_W_FREE;
}

#define LOOKAHEAD	64	/* a visit that is not among the next so many is another's */

/* The next recorded visit of @gfn, or nr_obs. */
static uint32_t next_visit(const struct recording *rec, const struct running *r, gfn_t gfn, int level)
{
	const struct rec_op *op = &rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(rec, op);

	for (uint32_t i = r->paced; i < op->nr_obs && i < r->paced + LOOKAHEAD; i++)
		if (is_visit(obs[i].o.kind) && obs[i].o.pte.gfn == gfn && (level < 0 || obs[i].o.pte.level == level))
			return i;
	return op->nr_obs;
}

void guide_stage2_before(struct actor *a, gfn_t gfn)
{
	const struct recording *rec = a->g->rec;
	const struct rec_op *op = &rec->ops[a->top->op];
	uint32_t i = next_visit(rec, a->top, gfn, -1);
	const struct rec_obs *visit = &rec_op_obs(rec, op)[i];
	uint64_t read;

	if (i == op->nr_obs)
		return;
	read = visit->o.kind == OBS_W_MAP ? stores_at(a->g->job->stores, op->first_obs + i) : 0;
	rt_idle_until(read ? read : visit->t_ns);
}

void guide_stage2_pace(struct actor *a, const struct obs *o)
{
	const struct recording *rec = a->g->rec;
	const struct rec_op *op = &rec->ops[a->top->op];
	uint32_t i;

	if (!is_visit(o->kind))
		return;
	i = next_visit(rec, a->top, o->pte.gfn, o->pte.level);
	if (i < op->nr_obs)
		a->top->paced = i + 1;
}

/* The task's next record after obs @i of @op, nested operations left out. */
static uint64_t next_record(const struct recording *rec, const struct rec_op *op, uint32_t i)
{
	const struct rec_obs *obs = rec_op_obs(rec, op);

	for (uint32_t k = i + 1; k < op->nr_obs; k++)
		if (obs[k].t_ns > obs[i].t_ns)
			return obs[k].t_ns;
	return op->end_ns;
}

/* When the store was made that obs @i of @op is about; one that failed, at the latest. */
static uint64_t stored(const struct guide *g, const struct rec_op *op, uint32_t i)
{
	uint64_t t = stores_at(g->job->stores, op->first_obs + i);

	return t ? t : next_record(g->rec, op, i) - 1;
}

/* The @nth record of @kind; 0: there is none. */
static uint64_t nth_store(const struct guide *g, const struct rec_op *op, unsigned int kind, uint32_t nth)
{
	const struct rec_obs *obs = rec_op_obs(g->rec, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].o.kind == kind && nth-- == 0)
			return stored(g, op, i);
	return 0;
}

/* A fault that changes attributes says so by its visit alone.  All others keep everybody out. */
static uint64_t visit_store(const struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	if (op->kind != EV_OP_FAULT || !r->paced)
		return 0;
	return stored(g, op, r->paced - 1);
}

uint64_t guide_stage2_break(const struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	uint64_t t = nth_store(g, op, OBS_BREAK_PTE, r->breaks++);

	return t ? t : visit_store(g, r);
}

uint64_t guide_stage2_make(const struct guide *g, struct running *r)
{
	return nth_store(g, &g->rec->ops[r->op], OBS_MAKE_PTE, r->makes++);
}

bool guide_stage2_yields(const struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(g->rec, op);

	for (uint32_t i = r->paced; i < op->nr_obs; i++) {
		if (yields_before(g->job->yields, op->first_obs + i)) {
			r->paced = i;
			return true;
		}
		if (is_visit(obs[i].o.kind))
			break;
	}
	return false;
}

/* --- facts ------------------------------------------------------------------------------- */

/* Hardware had set the access flag of what is aged, as the recorded old values show. */
void guide_stage2_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;
		struct mmu_access a = { .gfn = o->pte.gfn, .access = MMU_R };

		if ((o->kind == OBS_W_AGE || o->kind == OBS_W_ATTR) && stage2_is_leaf(o->pte.old, o->pte.level) &&
		    o->pte.old & STAGE2_AF)
			mmu_touch(mmu, 0, &a);
	}
}

/* --- repair --------------------------------------------------------------------------------- */

static void set_entry(struct mmu *mmu, gfn_t gfn, int level, uint64_t pte)
{
	mmu_repair(mmu, gfn, stage2_size_class(level), 0, pte);
}

/* What both have done needs no repair: their observations by value, sorted. */
struct done {
	struct obs *v;
	size_t	    nr;
};

static int by_value(const void *va, const void *vb)
{
	const struct obs *a = va, *b = vb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return memcmp(a->w, b->w, sizeof(a->w));
}

/* Where tables are, and what hardware did, is no difference. */
static struct obs plain(const struct guide *g, struct obs o)
{
	struct obs_pte *p = &o.pte;

	if (o.kind < OBS_W_MAP || o.kind > OBS_FREE_UNLINKED)
		return o;
	if (stage2_is_table(p->old, p->level))
		p->old = STAGE2_VALID | STAGE2_TYPE;
	else if (g->stage2.hw_af)
		p->old &= ~STAGE2_AF;
	if (o.kind != OBS_MAKE_PTE)
		p->new = 0;
	else if (stage2_is_table(p->new, p->level))
		p->new = STAGE2_VALID | STAGE2_TYPE;
	return o;
}

static struct done done_of(const struct guide *g, const struct obs *first, size_t nr, size_t stride)
{
	struct done d = { xcalloc(nr + 1, sizeof(*d.v)), nr };

	for (size_t i = 0; i < nr; i++)
		d.v[i] = plain(g, *(const struct obs *)((const char *)first + i * stride));
	if (nr)
		qsort(d.v, nr, sizeof(*d.v), by_value);
	return d;
}

static bool is_done(const struct guide *g, const struct done *d, const struct obs *o)
{
	struct obs key = plain(g, *o);

	return d->nr && bsearch(&key, d->v, d->nr, sizeof(*d->v), by_value);
}

/* What the engine made and the kernel did not, becomes what it was. */
static void undo(struct mmu *mmu, const struct obs *o)
{
	const struct obs_pte *p = &o->pte;

	if (o->kind == OBS_LOG_DIRTY)
		mmu_repair_dirty(mmu, o->gfns.gfn, o->gfns.count, true);
	else if (o->kind == OBS_BREAK_PTE && p->ret && !stage2_is_table(p->old, p->level))
		set_entry(mmu, p->gfn, p->level, p->old);
	else if ((o->kind == OBS_W_ATTR || o->kind == OBS_W_AGE ||
		  (o->kind == OBS_W_UNMAP && p->visit == OBS_VISIT_LEAF)) && stage2_is_leaf(p->old, p->level))
		set_entry(mmu, p->gfn, p->level, p->old);
}

static void redo(const struct guide *g, struct mmu *mmu, const struct rec_op *op, const struct obs *o)
{
	const struct obs_pte *p = &o->pte;
	int level;

	switch ((enum obs_kind)o->kind) {
	case OBS_LOG_DIRTY:
		mmu_repair_dirty(mmu, o->gfns.gfn, o->gfns.count, false);
		break;
	case OBS_MAKE_PTE:
		set_entry(mmu, p->gfn, p->level, p->new);
		break;
	case OBS_W_UNMAP:
		if (p->visit == OBS_VISIT_LEAF)
			set_entry(mmu, p->gfn, p->level, 0);
		break;
	case OBS_W_ATTR:
		if (p->new)
			set_entry(mmu, p->gfn, p->level, p->new);
		break;
	case OBS_W_AGE:
		if (stage2_is_leaf(p->old, p->level))
			set_entry(mmu, p->gfn, p->level, p->old & ~STAGE2_AF);
		break;
	case OBS_S2_MAP:	/* where halves are not recorded */
		if (g->rec->meta->release < KVM_6_12 && !o->s2.ret && op->kind == EV_OP_FAULT) {
			level = stage2_level_of(g->rec->meta->page_shift, o->s2.pages);
			set_entry(mmu, o->s2.gfn, level, stage2_leaf(&g->stage2, level, o->s2.value, o->s2.prot));
		}
		break;
	default:
		break;
	}
}

void guide_stage2_repair(const struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	struct mmu *mmu = g->mmus[op->vm];

	struct done recorded = done_of(g, op->nr_obs ? &rec_op_obs(g->rec, op)->o : NULL, op->nr_obs,
				       sizeof(struct rec_obs));
	struct done said = done_of(g, r->said, r->nr_said, sizeof(*r->said));

	for (size_t i = r->nr_said; i-- > 0;)
		if (!is_done(g, &recorded, &r->said[i]))
			undo(mmu, &r->said[i]);
	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (!is_done(g, &said, &rec_op_obs(g->rec, op)[i].o))
			redo(g, mmu, op, &rec_op_obs(g->rec, op)[i].o);
	free(recorded.v);
	free(said.v);
}
