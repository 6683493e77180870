/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a call takes that nothing holds up, as the recording itself shows: half of all calls take
 * no longer for that and for what comes after it, up to the next record.  Nobody's outcome is asked.
 */
#include "replay/order_state.h"

#include <stdlib.h>

#include "base/alloc.h"

#define MIN_CALLS	16	/* fewer have no median worth its name */

struct lengths {
	uint64_t *v;
	size_t	  nr;
};

static struct lengths lengths_new(uint32_t max)
{
	return (struct lengths){ .v = xcalloc((size_t)max + 1, sizeof(uint64_t)) };
}

static int by_length(const void *va, const void *vb)
{
	uint64_t a = *(const uint64_t *)va, b = *(const uint64_t *)vb;

	return a < b ? -1 : a > b;
}

/* Frees them, too. */
static uint64_t median(struct lengths *l)
{
	uint64_t out;

	qsort(l->v, l->nr, sizeof(*l->v), by_length);
	out = l->nr < MIN_CALLS ? UINT64_MAX : l->v[l->nr / 2];
	free(l->v);
	*l = (struct lengths){ 0 };
	return out;
}

/* Half of all end notifiers are followed by another record of their task (or of their CPU) that soon. */
static uint64_t usual_end(const struct order *o)
{
	struct lengths l = lengths_new(o->rec->nr_ops);

	for (uint32_t i = 0; i < o->rec->nr_ops; i++)
		if (o->window_of[i] && i == o->window_of[i]->end_op)
			l.v[l.nr++] = o->window_of[i]->end.own.hi - o->window_of[i]->end.own.lo;
	return median(&l);
}

static void set_usual_ends(struct order *o)
{
	uint64_t usual = usual_end(o);

	for (uint32_t i = 0; i < o->rec->nr_ops; i++) {
		struct window *w = o->window_of[i];

		if (w && i == w->end_op && usual < w->end.own.hi - w->end.own.lo)
			w->end.usual = w->end.own.lo + usual;
	}
}

/* The retry test from its probe to the probe of its return: a function that only looks, and two probes. */
static uint64_t usual_test(const struct order *o)
{
	struct lengths l = lengths_new(o->nr_attempts);

	for (uint32_t i = 0; i < o->nr_attempts; i++) {
		const struct rec_op *op = &o->rec->ops[o->attempts[i].op];
		const struct rec_obs *in = rec_find_pin(o->rec, op, PIN_STALE);
		const struct rec_obs *out = rec_find_pin(o->rec, op, PIN_STALE_RET);

		if (in && out && out->t_ns >= in->t_ns)
			l.v[l.nr++] = out->t_ns - in->t_ns;
	}
	return median(&l);
}

/* A fault that mapped: to its snapshot and through its look-up; from the first event of its map to its end. */
static void usual_map(const struct order *o, uint64_t *look_up, uint64_t *rest)
{
	struct lengths before = lengths_new(o->nr_attempts), after = lengths_new(o->nr_attempts);

	for (uint32_t i = 0; i < o->nr_attempts; i++) {
		const struct attempt *a = &o->attempts[i];

		if (!a->tests || !a->f.mapped)
			continue;
		before.v[before.nr++] = a->f.snapshot.hi - a->f.snapshot.lo;
		after.v[after.nr++] = o->rec->ops[a->op].end_ns - a->f.map;
	}
	*look_up = median(&before);
	*rest = median(&after);
}

void order_find_usual(struct order *o)
{
	uint64_t test = usual_test(o), look_up, rest;

	set_usual_ends(o);
	usual_map(o, &look_up, &rest);
	/* The snapshot is the first thing after the look-up's probe, the last precheck the last before its return's. */
	o->usual = (struct usual_fault){ test < look_up ? test : look_up, test, rest };
}

static uint64_t no_later(uint64_t t, uint64_t from, uint64_t usual)
{
	return t - from > usual ? from + usual : t;
}

/* ... and no later than where the guided replay has it, so that it is inside. */
static uint64_t no_earlier(uint64_t t, uint64_t until, uint64_t usual, uint64_t at)
{
	uint64_t lo = until - t > usual ? until - usual : t;

	return lo <= at ? lo : at > t ? at : t;
}

struct fault_instants order_not_held_up(const struct order *o, const struct attempt *a)
{
	const struct rec_op *op = &o->rec->ops[a->op];
	struct fault_instants f = a->f;

	f.snapshot.hi = no_later(f.snapshot.hi, f.snapshot.lo, o->usual.to_snapshot);
	/* Nothing after the test but giving back lock and page: less than who maps has left to do. */
	if (f.check.hi == op->end_ns)
		f.check.lo = no_earlier(f.check.lo, f.check.hi, o->usual.from_check, f.check.at);
	if (rec_find_pin(o->rec, op, PIN_LOOKUP_RET))
		f.prechecked.lo = no_earlier(f.prechecked.lo, f.prechecked.hi, o->usual.from_precheck, f.prechecked.at);
	return f;
}
