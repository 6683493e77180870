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
	views_gather(o, o->rec->ops[a->op].vm, a->f.snapshot.lo, a->f.mapped_last > a->f.check.hi ? a->f.mapped_last : a->f.check.hi,
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

/* A reason for a fault that retried: a window over the page that is still open, or any that ends inside the fault. */
static bool find_reason(const struct order *o, const struct attempt *a, const struct views *v)
{
	struct move best = { .cost = UINT64_MAX };
	uint64_t s = snapshot_of(a), c = check_of(a);

	for (uint32_t i = 0; i < v->nr; i++) {
		struct window *w = (struct window *)v->v[i].w;

		if (v->v[i].e_lo <= s && v->v[i].b_lo <= c)
			consider(&best, &w->end, s + 1, true);
		if (v->v[i].b_lo > c && has_key(o, w, a->key))
			consider(&best, &w->begin, c - 1, false);
		if (v->v[i].e_lo > c)
			consider(&best, &w->end, c - 1, false);
	}
	return apply(&best);
}

#define MAX_MOVES	8	/* for one fault */

static void agree(struct order *o, const struct attempt *a, struct views *v)
{
	bool mapped = a->tests && a->f.mapped;

	if (!mapped && !attempt_failed(o, a))
		return;
	for (int i = 0; i < MAX_MOVES; i++) {
		gather_placed(o, a, v);
		if (retries(o, a, v) != mapped)
			return;
		if (!(mapped ? clear_the_way(a, v) : find_reason(o, a, v)))
			return;
	}
}

static void agree_all(struct order *o, bool mapped)
{
	struct views v = { 0 };

	for (uint32_t i = 0; i < o->nr_attempts; i++)
		if (o->attempts[i].f.mapped == mapped)
			agree(o, &o->attempts[i], &v);
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
	agree_all(o, true);
	agree_all(o, false);
	agree_all(o, true);
}

/* --- what the guide asks ----------------------------------------------------- */

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
	/* Who came to the test under the lock had passed the prechecks. */
	f->looked_up = f->looked_up < f->snapshot.at ? f->snapshot.at : f->looked_up;
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
