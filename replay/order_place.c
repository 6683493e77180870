/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One order that agrees with as many outcomes as can be found.  A fault that mapped took its
 * snapshot as late and one that retried as early as its span allows, and tested as late as it can:
 * no other choice makes the outcome easier to come by.  Left are the windows, whose instants begin at
 * the evidence and move as little as it takes, first out of the way of what mapped,
 * then to what retried for no reason.
 */
#include "replay/order_state.h"

#include <string.h>

/* --- where a fault is ------------------------------------------------------- */

static uint64_t snapshot_of(const struct attempt *a)
{
	const struct fault_instants *f = &a->f;

	return !f->mapped ? f->snapshot.lo : f->snapshot.hi < f->check.hi ? f->snapshot.hi : f->check.hi;
}

static uint64_t check_of(const struct attempt *a)
{
	return a->f.check.hi;
}

/* --- where windows are --------------------------------------------------------- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

/* All evidence together, where it does not contradict itself. */
static void narrow(struct edge *e)
{
	uint64_t lo = edge_lo(e, REC_NONE), hi = edge_hi(e, REC_NONE);

	if (lo > hi) {
		lo = e->own.lo;
		hi = e->own.hi;
	}
	/* Inside, so that it does not coincide with what bounds it. */
	if (lo > e->own.lo && lo < hi)
		lo++;
	if (hi < e->own.hi && lo < hi)
		hi--;
	e->placed = (struct instant){ lo, e->own.at < lo ? lo : e->own.at > hi ? hi : e->own.at, hi };
}

/* Every window where it is placed now: spans of no length. */
static void gather_placed(const struct order *o, const struct attempt *a, struct views *v)
{
	views_gather(o, o->rec->ops[a->op].vm, a->f.snapshot.lo,
		     a->f.mapped_last > a->f.check.hi ? a->f.mapped_last : a->f.check.hi,
		     OWN_ONLY, v);
	for (uint32_t i = 0; i < v->nr; i++) {
		struct view *w = &v->v[i];

		w->b_lo = w->b_hi = w->w->begin.placed.at;
		w->e_lo = w->e_hi = w->w->end.placed.at;
	}
}

static bool retries(const struct order *o, const struct attempt *a, const struct views *v)
{
	const uint64_t s = snapshot_of(a), c = check_of(a);
	const struct instant snapshot = { s, s, s }, check = { c, c, c };

	return views_may_retry(o, v, a->key, &snapshot, &check);
}

/* Moving one instant of one window to @to. */
struct move {
	struct edge	*edge;
	uint64_t	 to, cost;
	bool		 as_lo;		/* it must not go below @to again; otherwise not above */
};

static void consider(struct move *best, struct edge *e, uint64_t to, bool as_lo)
{
	uint64_t cost = distance(e->placed.at, to);

	if (to < e->placed.lo || to > e->placed.hi || cost >= best->cost)
		return;
	*best = (struct move){ e, to, cost, as_lo };
}

static bool apply(const struct move *m)
{
	if (!m->edge)
		return false;
	m->edge->placed.at = m->to;
	if (m->as_lo)
		m->edge->placed.lo = m->to;
	else
		m->edge->placed.hi = m->to;
	return true;
}

/* Out of the way of a fault that mapped: over before its snapshot, or begun (or ended) after its last event. */
static bool clear_the_way(const struct attempt *a, const struct views *v)
{
	struct move best = { .cost = UINT64_MAX };
	uint64_t s = snapshot_of(a), after = a->f.mapped_last;

	for (uint32_t i = 0; i < v->nr; i++) {
		struct window *w = (struct window *)v->v[i].w;

		if (v->v[i].e_lo <= s || v->v[i].b_lo > check_of(a))
			continue;
		consider(&best, &w->end, s - 1, false);
		consider(&best, &w->begin, after + 1, true);
		if (v->v[i].e_lo <= after)
			consider(&best, &w->end, after + 1, true);
	}
	return apply(&best);
}

static bool has_key(const struct order *o, const struct window *w, uint64_t key)
{
	return o->retry_key == FAULT_RETRY_KEY_ANY || (key >= w->key_start && key < w->key_end);
}

/* Since when has some window been open without a break until @c?  UINT64_MAX: none is. */
static uint64_t open_since(const struct views *v, uint64_t c)
{
	uint64_t since = UINT64_MAX, before;

	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].b_lo <= c && v->v[i].e_lo > c && v->v[i].b_lo < since)
			since = v->v[i].b_lo;
	do {
		before = since;
		for (uint32_t i = 0; i < v->nr; i++)
			if (v->v[i].b_lo < since && v->v[i].e_lo > since)
				since = v->v[i].b_lo;
	} while (since < before);
	return since;
}

/* First attempt that begins at or after @t. */
static uint32_t attempt_at(const struct order *o, uint64_t t)
{
	uint32_t lo = 0, hi = o->nr_attempts;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (o->rec->ops[o->attempts[mid].op].begin_ns < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* As if the end of @e's window were at @to. */
static void pretend(struct views *v, const struct edge *e, uint64_t to)
{
	for (uint32_t i = 0; i < v->nr; i++)
		if (&v->v[i].w->end == e)
			v->v[i].e_lo = v->v[i].e_hi = to;
}

/* With the end @e moved to @to, would some fault that mapped no longer do so?  Those of @from .. @until are asked. */
static bool harms(const struct order *o, unsigned int vm, const struct edge *e, uint64_t to,
		  uint64_t from, uint64_t until)
{
	struct views v = { 0 };
	bool yes = false;

	for (uint32_t i = attempt_at(o, from); i < o->nr_attempts && !yes; i++) {
		const struct attempt *a = &o->attempts[i];

		if (o->rec->ops[a->op].begin_ns > until)
			break;
		if (!a->tests || !a->f.mapped || o->rec->ops[a->op].vm != vm)
			continue;
		gather_placed(o, a, &v);
		if (retries(o, a, &v))
			continue;
		pretend(&v, e, to);
		yes = retries(o, a, &v);
	}
	views_fini(&v);
	return yes;
}

/* Until when is some window open without a break since @c? */
static uint64_t open_until(const struct views *v, uint64_t c)
{
	uint64_t until = c;

	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].b_lo <= c && v->v[i].e_lo > until)
			until = v->v[i].e_lo;
	return until;
}

static void consider_end(const struct order *o, struct move *best, const struct view *w, uint64_t to, uint64_t until)
{
	struct move m = *best;

	consider(&m, (struct edge *)&w->w->end, to, true);
	if (m.cost != best->cost && !harms(o, w->w->vm, m.edge, to, w->e_lo, until))
		*best = m;
}

/*
 * A reason for a fault that retried: a window over its page that is still open, or whose range is left in the hull
 * because there was always one open since.  Each move brings that one window nearer.
 */
static struct move find_cover(const struct order *o, const struct attempt *a, const struct views *v)
{
	struct move best = { .cost = UINT64_MAX };
	uint64_t c = check_of(a), since = open_since(v, c);
	uint64_t until = since < c ? since : c, last = open_until(v, c);

	for (uint32_t i = 0; i < v->nr; i++) {
		const struct view *w = &v->v[i];

		if (w->e_lo <= until && w->b_lo <= c)
			consider_end(o, &best, w, until + 1, last);
		if (w->e_lo <= c && w->b_lo <= c && has_key(o, w->w, a->key))
			consider_end(o, &best, w, c + 1, last);
		if (w->b_lo > c && has_key(o, w->w, a->key))
			consider(&best, (struct edge *)&w->w->begin, c - 1, false);
	}
	return best;
}

/* Another reason: any window that ends between its snapshot and its test. */
static bool end_inside(const struct attempt *a, const struct views *v)
{
	struct move best = { .cost = UINT64_MAX };
	uint64_t s = snapshot_of(a), c = check_of(a);

	for (uint32_t i = 0; i < v->nr; i++) {
		struct window *w = (struct window *)v->v[i].w;

		if (v->v[i].e_lo <= s && v->v[i].b_lo <= c)
			consider(&best, &w->end, s + 1, true);
		if (v->v[i].e_lo > c)
			consider(&best, &w->end, c - 1, false);
	}
	return apply(&best);
}

#define MAX_MOVES	16	/* for one fault */

/* Could it be covered at all, with every instant where it may still go? */
static bool may_be_reached(const struct order *o, const struct attempt *a, struct views *v)
{
	const uint64_t c = check_of(a);
	const struct instant now = { c, c, c };

	for (uint32_t i = 0; i < v->nr; i++) {
		const struct window *w = v->v[i].w;

		v->v[i].b_lo = w->begin.placed.lo;
		v->v[i].b_hi = w->begin.placed.hi;
		v->v[i].e_lo = w->end.placed.lo;
		v->v[i].e_hi = w->end.placed.hi;
	}
	return views_may_retry(o, v, a->key, &now, &now);
}

/* By a window that is open, not by one that happens to end inside and may yet be moved on. */
static bool covered(const struct order *o, const struct attempt *a, const struct views *v)
{
	const struct instant now = { check_of(a), check_of(a), check_of(a) };

	return views_may_retry(o, v, a->key, &now, &now);
}

/* Return: whether something was moved. */
static bool make_room(const struct order *o, const struct attempt *a, struct views *v)
{
	int i;

	for (i = 0; i < MAX_MOVES; i++) {
		gather_placed(o, a, v);
		if (!retries(o, a, v) || !clear_the_way(a, v))
			break;
	}
	return i;
}

struct undo {
	struct edge   *edge;
	struct instant placed;
};

/* Moves until it is covered; nothing is moved when that cannot be reached.  Return: whether something was. */
static bool cover_fully(const struct order *o, const struct attempt *a, struct views *v)
{
	struct undo undo[MAX_MOVES];
	struct move m;
	int i;

	for (i = 0; i < MAX_MOVES; i++) {
		gather_placed(o, a, v);
		if (covered(o, a, v))
			return i;
		m = find_cover(o, a, v);
		if (!m.edge)
			break;
		undo[i] = (struct undo){ m.edge, m.edge->placed };
		apply(&m);
	}
	while (i-- > 0)
		undo[i].edge->placed = undo[i].placed;
	return false;
}

static bool give_reason(const struct order *o, const struct attempt *a, struct views *v)
{
	gather_placed(o, a, v);
	if (retries(o, a, v))
		return false;
	if (may_be_reached(o, a, v) && cover_fully(o, a, v))
		return true;
	gather_placed(o, a, v);
	return !retries(o, a, v) && end_inside(a, v);
}

#define MAX_ROUNDS	4

/* A move for one may take from another what it had: again, until nothing moves. */
static void agree(struct order *o)
{
	struct views v = { 0 };
	bool moved = true;

	for (int round = 0; round < MAX_ROUNDS && moved; round++) {
		moved = false;
		for (uint32_t i = 0; i < o->nr_attempts; i++)
			if (o->attempts[i].tests && o->attempts[i].f.mapped)
				moved |= make_room(o, &o->attempts[i], &v);
		for (uint32_t i = 0; i < o->nr_attempts; i++)
			if (attempt_failed(o, &o->attempts[i]))
				moved |= give_reason(o, &o->attempts[i], &v);
	}
	views_fini(&v);
}

void order_find_placement(struct order *o)
{
	for (uint32_t vm = 0; vm < o->rec->meta->nr_vms; vm++) {
		for (uint32_t i = 0; i < o->vms[vm].nr_windows; i++) {
			narrow(&o->vms[vm].windows[i].begin);
			narrow(&o->vms[vm].windows[i].end);
		}
	}
	agree(o);
}

/* --- what the guide asks ----------------------------------------------------- */

/* Who came to the test under the lock had passed the prechecks, as early as that can have been. */
static uint64_t prechecked_of(const struct order *o, const struct attempt *a, const struct fault_instants *f)
{
	const struct rec_op *op = &o->rec->ops[a->op];
	bool passed = f->mapped || rec_find_pin(o->rec, op, PIN_STALE);
	uint64_t t = !o->has_checks ? f->looked_up : passed ? f->prechecked.lo : f->prechecked.hi;

	return t < f->snapshot.at ? f->snapshot.at : t;
}

void order_place_fault(const struct order *o, uint32_t op, struct fault_instants *f)
{
	const struct attempt *a;

	if (o->attempt_of[op] == REC_NONE)
		return;
	a = &o->attempts[o->attempt_of[op]];
	f->snapshot.at = snapshot_of(a);
	f->check.at = check_of(a);
	f->map = f->check.at > f->map ? f->check.at : f->map;
	f->lock = f->lock < f->check.at ? f->lock : f->check.at;
	f->looked_up = prechecked_of(o, a, f);
}

void order_mend_change(const struct order *o, uint32_t op, struct instant *change)
{
	const struct window *w = o->window_of[op];
	const struct edge *e;

	if (!w)
		return;
	e = op == w->start_op ? &w->begin : &w->end;
	if (e->lo[1].t >= e->hi[1].t)	/* witnesses on both sides that contradict each other */
		return;
	if (e->lo[1].t >= change->at && e->lo[1].t < e->own.hi)
		change->at = e->lo[1].t + 1;
	else if (e->hi[1].t <= change->at && e->hi[1].t > e->own.lo)
		change->at = e->hi[1].t - 1;
}

void order_place_change(const struct order *o, uint32_t op, struct instant *change)
{
	const struct window *w = o->window_of[op];

	if (w)
		*change = op == w->start_op ? w->begin.placed : w->end.placed;
}

void order_place_end(const struct order *o, uint32_t start, struct instant *end)
{
	if (o->window_of[start])
		*end = o->window_of[start]->end.placed;
}
