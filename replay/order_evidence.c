/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What faults show about the windows around them.  One round, from the spans that the windows'
 * own records leave: nothing here is concluded from another conclusion, so that each bound
 * is the word of one fault.
 */
#include "replay/order_state.h"

/* Keeps the best two of different operations; "best" is the larger for a lower bound. */
void edge_learn_lo(struct edge *e, uint64_t t, uint32_t op)
{
	if (t > e->lo[0].t) {
		e->lo[1] = e->lo[0];
		e->lo[0] = (struct bound){ t, op };
	} else if (t > e->lo[1].t) {
		e->lo[1] = (struct bound){ t, op };
	}
}

void edge_learn_hi(struct edge *e, uint64_t t, uint32_t op)
{
	if (t < e->hi[0].t) {
		e->hi[1] = e->hi[0];
		e->hi[0] = (struct bound){ t, op };
	} else if (t < e->hi[1].t) {
		e->hi[1] = (struct bound){ t, op };
	}
}

/* The instant is not between @from and @to: says so where that leaves one side of its span. */
static void note_not_between(struct edge *e, uint64_t from, uint64_t to, uint32_t op)
{
	if (e->own.lo >= from && e->own.lo < to)
		edge_learn_lo(e, to, op);
	if (e->own.hi > from && e->own.hi <= to)
		edge_learn_hi(e, from, op);
}

/* Had this window still been open at the test, the fault could not have mapped: so it ended before the snapshot. */
static void learn_ended(struct order *o, const struct attempt *a, struct views *v)
{
	const struct fault_instants *f = &a->f;

	views_gather(o, o->rec->ops[a->op].vm, f->snapshot.lo, f->check.hi, OWN_ONLY, v);
	for (uint32_t i = 0; i < v->nr; i++) {
		struct window *w = (struct window *)v->v[i].w;
		struct view k = v->v[i];

		if (k.e_hi <= f->snapshot.hi || k.b_hi > f->check.hi)
			continue;
		v->v[i].e_lo = v->v[i].e_hi = UINT64_MAX;
		if (!views_may_pass(o, v, a->key, &f->snapshot, &f->check))
			edge_learn_hi(&w->end, f->snapshot.hi, a->op);
		v->v[i] = k;
	}
}

/*
 * A fault that mapped had mmu_lock for read before its first event and until after its last:
 * no window begins or ends in between, nor ends between its snapshot and its test.
 */
static void learn_from_map(struct order *o, const struct attempt *a, struct views *v)
{
	const struct fault_instants *f = &a->f;
	struct vm_order *vm = &o->vms[o->rec->ops[a->op].vm];

	for (uint32_t i = order_windows_until(o, o->rec->ops[a->op].vm, f->mapped_last); i-- > 0;) {
		struct window *w = &vm->windows[i];

		if (w->max_end < f->snapshot.lo)
			break;
		note_not_between(&w->begin, f->check.hi, f->mapped_last, a->op);
		note_not_between(&w->end, f->snapshot.hi, f->mapped_last, a->op);
	}
	learn_ended(o, a, v);
}

bool attempt_failed(const struct order *o, const struct attempt *a)
{
	const struct rec_op *op = &o->rec->ops[a->op];

	if (op->result != RET_PF_RETRY || a->f.mapped || !a->tests || a->excused)
		return false;
	return !meets_slot_change(o, op);
}

/*
 * The window @k (not among @v) is needed for the page to be covered, or for a change of seq: it had not ended before
 * the snapshot, or, when only its range was left in the hull, before some other window began.
 */
static uint64_t needed_until(const struct views *v, const struct view *k, uint64_t snapshot)
{
	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].e_hi > k->e_lo && v->v[i].b_lo < snapshot)
			snapshot = v->v[i].b_lo;
	return snapshot;
}

static bool may_end_inside(const struct view *v, const struct fault_instants *f)
{
	return v->e_hi > f->snapshot.lo && v->e_lo <= f->check.hi;
}

/*
 * Without one of the windows around it nothing could have made it retry.  Where two may end inside it
 * none is that one.
 */
static void learn_from_retry(struct order *o, const struct attempt *a, struct views *v)
{
	const struct fault_instants *f = &a->f;
	uint32_t nr, inside = 0;

	views_gather(o, o->rec->ops[a->op].vm, f->snapshot.lo, f->check.hi, OWN_ONLY, v);
	nr = v->nr;
	for (uint32_t i = 0; i < nr; i++)
		inside += may_end_inside(&v->v[i], f);
	for (uint32_t i = 0; i < nr && inside < 2; i++) {
		struct view k = v->v[i];
		struct window *w = (struct window *)k.w;

		if (inside && !may_end_inside(&k, f))
			continue;
		v->v[i] = v->v[--v->nr];
		if (!views_may_retry(o, v, a->key, &f->snapshot, &f->check)) {
			edge_learn_lo(&w->end, needed_until(v, &k, f->snapshot.lo), a->op);
			edge_learn_hi(&w->begin, f->check.hi, a->op);
		}
		v->v[v->nr++] = v->v[i];
		v->v[i] = k;
	}
}

void order_find_evidence(struct order *o)
{
	struct views v = { 0 };

	for (uint32_t i = 0; i < o->nr_attempts; i++)
		if (attempt_failed(o, &o->attempts[i]))
			learn_from_retry(o, &o->attempts[i], &v);
	for (uint32_t i = 0; i < o->nr_attempts; i++)
		if (o->attempts[i].tests && o->attempts[i].f.mapped)
			learn_from_map(o, &o->attempts[i], &v);
	views_fini(&v);
}
