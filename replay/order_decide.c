/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The retry test over spans instead of instants.  With the snapshot at s and the test at c it
 * says retry when a window ends in (s, c], or one is open at c and the hull has the page.  A precheck
 * changes nothing in that: the hull does not shrink while a window is open, so what
 * met a precheck is still there at c or has ended since s.
 */
#include "replay/order_state.h"

#include <stdlib.h>

#include "base/alloc.h"

static void add_view(struct views *out, const struct window *w, uint32_t but)
{
	struct view *v;

	if (out->nr == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 16;
		out->v = xreallocarray(out->v, out->cap, sizeof(*out->v));
	}
	v = &out->v[out->nr++];
	*v = (struct view){ w, edge_lo(&w->begin, but), edge_hi(&w->begin, but), edge_lo(&w->end, but),
			    edge_hi(&w->end, but) };
	/* A call that nobody saw held up was not. */
	if (but != OWN_ONLY && v->e_lo <= w->end.usual && w->end.usual < v->e_hi)
		v->e_hi = w->end.usual;
	/* Bounds that contradict each other prove nothing. */
	if (v->b_lo > v->b_hi) {
		v->b_lo = w->begin.own.lo;
		v->b_hi = w->begin.own.hi;
	}
	if (v->e_lo > v->e_hi) {
		v->e_lo = w->end.own.lo;
		v->e_hi = w->end.own.hi;
	}
}

/*
 * A window that was over by then may still have left its range in the hull, as long as another was open: @lo goes
 * back to where the first of them that may touch each other begins.
 */
static uint64_t first_touching(const struct vm_order *v, uint32_t until, uint64_t lo)
{
	for (uint32_t i = until; i-- > 0 && v->windows[i].max_end >= lo;)
		if (v->windows[i].end.own.hi >= lo && v->windows[i].begin.own.lo < lo)
			lo = v->windows[i].begin.own.lo;
	return lo;
}

void views_gather(const struct order *o, unsigned int vm, uint64_t lo, uint64_t hi, uint32_t but, struct views *out)
{
	const struct vm_order *v = &o->vms[vm];
	uint32_t until = order_windows_until(o, vm, hi);

	lo = first_touching(v, until, lo);
	out->nr = 0;
	for (uint32_t i = until; i-- > 0 && v->windows[i].max_end >= lo;)
		if (v->windows[i].end.own.hi >= lo)
			add_view(out, &v->windows[i], but);
}

void views_fini(struct views *v)
{
	free(v->v);
	*v = (struct views){ 0 };
}

struct hull {
	uint64_t start, end;
	uint64_t since;		/* some window is open from here on */
	bool	 exact;		/* some range in it has the key by itself */
	uint64_t key;
};

static void hull_add(struct hull *h, const struct window *w, uint64_t since)
{
	if (w->key_start < h->start)
		h->start = w->key_start;
	if (w->key_end > h->end)
		h->end = w->key_end;
	if (since < h->since)
		h->since = since;
	h->exact |= h->key >= w->key_start && h->key < w->key_end;
}

static bool hull_covers(const struct order *o, const struct hull *h)
{
	if (h->since == UINT64_MAX)
		return false;
	switch (o->retry_key) {
	case FAULT_RETRY_KEY_ANY:
		return true;
	case FAULT_RETRY_KEY_EXACT:
		return h->exact;
	case FAULT_RETRY_KEY_HULL_HVA:
	case FAULT_RETRY_KEY_HULL_GFN:
		break;
	}
	return h->key >= h->start && h->key < h->end;
}

/* The largest hull there can be between @lo and @hi. */
static bool may_be_covered(const struct order *o, const struct views *v, uint64_t key, uint64_t lo, uint64_t hi)
{
	struct hull h = { UINT64_MAX, 0, UINT64_MAX, false, key };
	uint64_t before;

	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].b_lo <= hi && v->v[i].e_hi > lo)
			hull_add(&h, v->v[i].w, v->v[i].b_lo);
	if (o->retry_key == FAULT_RETRY_KEY_EXACT || h.since == UINT64_MAX)
		return hull_covers(o, &h);
	do {
		before = h.since;
		for (uint32_t i = 0; i < v->nr; i++)
			if (v->v[i].b_lo <= hi && v->v[i].e_hi > h.since)
				hull_add(&h, v->v[i].w, v->v[i].b_lo);
	} while (h.since < before);
	return hull_covers(o, &h);
}

bool views_may_retry(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		     const struct instant *check)
{
	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].e_hi > snapshot->lo && v->v[i].e_lo <= check->hi)
			return true;
	return may_be_covered(o, v, key, check->lo, check->hi);
}

/* The smallest hull there must be at @c, from the windows that can be neither over nor still to come. */
static bool must_be_covered(const struct order *o, const struct views *v, uint64_t key, uint64_t s, uint64_t c)
{
	struct hull h = { UINT64_MAX, 0, UINT64_MAX, false, key };
	uint64_t before;

	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].e_lo > s && v->v[i].b_hi <= c)
			hull_add(&h, v->v[i].w, v->v[i].b_hi);
	if (o->retry_key == FAULT_RETRY_KEY_EXACT || h.since == UINT64_MAX)
		return hull_covers(o, &h);
	do {
		before = h.since;
		for (uint32_t i = 0; i < v->nr; i++)
			if (v->v[i].b_hi <= c && v->v[i].e_lo > h.since)
				hull_add(&h, v->v[i].w, v->v[i].b_hi);
	} while (h.since < before);
	return hull_covers(o, &h);
}

/* With the test at @c the snapshot is best as late as it can be. */
static bool may_pass_at(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
			uint64_t c)
{
	uint64_t s = snapshot->hi < c ? snapshot->hi : c;

	for (uint32_t i = 0; i < v->nr; i++)
		if (v->v[i].e_lo > s && v->v[i].e_hi <= c)
			return false;
	return !must_be_covered(o, v, key, s, c);
}

static bool inside(uint64_t t, const struct instant *span)
{
	return t > span->lo && t < span->hi;
}

/* What is possible changes only where some window can have begun or must have ended. */
bool views_may_pass(const struct order *o, const struct views *v, uint64_t key, const struct instant *snapshot,
		    const struct instant *check)
{
	if (may_pass_at(o, v, key, snapshot, check->lo) || may_pass_at(o, v, key, snapshot, check->hi))
		return true;
	for (uint32_t i = 0; i < v->nr; i++) {
		if (inside(v->v[i].e_lo, check) && may_pass_at(o, v, key, snapshot, v->v[i].e_lo))
			return true;
		if (inside(v->v[i].b_hi - 1, check) && may_pass_at(o, v, key, snapshot, v->v[i].b_hi - 1))
			return true;
	}
	return false;
}

/* Probes show whether the prechecks sent it back, so that has to be the same in every order, too. */
static bool decided(const struct order *o, const struct views *v, const struct attempt *a)
{
	const struct fault_instants f = order_not_held_up(o, a);
	const struct instant *s = &f.snapshot, *p = &f.prechecked, *c = &f.check;

	if (o->has_checks && o->precheck == FAULT_PRECHECK_BOTH && views_may_retry(o, v, a->key, s, p))
		return !views_may_pass(o, v, a->key, s, p);
	return !views_may_retry(o, v, a->key, s, c) || !views_may_pass(o, v, a->key, s, c);
}

/* A retry whichever of several memslots it found, an INVALID one included? */
static bool retries_anyway(const struct order *o, const struct views *v, const struct attempt *a)
{
	return !views_may_pass(o, v, a->key, &a->f.snapshot,
			       o->has_checks && o->precheck == FAULT_PRECHECK_BOTH ? &a->f.prechecked : &a->f.check);
}

static bool windows_determine(const struct order *o, const struct attempt *a, unsigned int slots)
{
	struct views v = { 0 };
	bool yes;

	views_gather(o, o->rec->ops[a->op].vm, a->f.snapshot.lo, a->f.check.hi, a->op, &v);
	/* It does not test when its memslot is too new for its addresses to be known, or the host had no page. */
	if (!a->tests)
		yes = !v.nr && !(slots & (slots - 1));
	else if (slots & (slots - 1))
		yes = retries_anyway(o, &v, a);
	else
		yes = decided(o, &v, a);
	views_fini(&v);
	return yes;
}

bool order_determines(const struct order *o, uint32_t op)
{
	const struct attempt *a;
	unsigned int slots;

	if (o->attempt_of[op] == REC_NONE)
		return true;
	a = &o->attempts[o->attempt_of[op]];
	if (a->fast)
		return true;
	slots = attempt_may_see(o, a);
	if (slots == SEEN_INVALID)
		return true;
	if (slots == SEEN_NONE)		/* on x86 its entry holds the generation */
		return o->rec->meta->arch == KVM_ARM64 || generation_is_fixed(o, op);
	return !(slots & SEEN_NONE) && windows_determine(o, a, slots);
}
