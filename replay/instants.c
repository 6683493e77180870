/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of instants: one function per step, all from the operation's own records. */
#include "replay/instants.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "replay/swaps.h"

/*
 * Without a pin: from the entry of the end notifier to the decrement, slots
 * are searched and the lock is taken.  Median over the 6.12 trace that has both probes
 * is 3.06 us with the cost of the second probe in it, least 1.69 us.
 */
#define END_AFTER_ENTRY_NS	1700

#define LOCK_READ		2u	/* flags of contention_begin */
#define LOCK_WRITE		4u

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t clamp(uint64_t t, uint64_t lo, uint64_t hi)
{
	return t < lo ? lo : t > hi ? hi : t;
}

/* Events a fault emits under mmu_lock, after the retry test. */
static bool is_map_event(unsigned int kind)
{
	return kind == OBS_SPTE_REQUESTED || kind == OBS_GET_PAGE || kind == OBS_SPTE_CHANGED ||
	       kind == OBS_SET_SPTE || kind == OBS_PREPARE_ZAP_PAGE || kind == OBS_MARK_MMIO ||
	       kind == OBS_SPLIT_HUGE_PAGE;
}

/* What a fault's own records say. */
struct evidence {
	uint64_t snapshot, looked_up, stale, stale_ret, map, fast, waited;	/* 0: not recorded */
	uint64_t child_begin, child_end;
};

static void note_pin(struct evidence *ev, const struct rec_obs *o)
{
	switch ((enum obs_pin)o->o.pin.pin) {
	case PIN_SNAPSHOT:
		ev->snapshot = o->t_ns;
		break;
	case PIN_LOOKUP_RET:
		ev->looked_up = o->t_ns;
		break;
	case PIN_STALE:
		ev->stale = o->t_ns;
		break;
	case PIN_STALE_RET:
		ev->stale_ret = o->t_ns;
		break;
	default:
		break;
	}
}

static void gather(const struct recording *r, const struct rec_op *op, struct evidence *ev)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	*ev = (struct evidence){ 0 };
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct rec_obs *o = &obs[i];

		if (o->o.kind == OBS_PIN)
			note_pin(ev, o);
		else if (o->o.kind == OBS_FAST_PAGE_FAULT)
			ev->fast = o->t_ns;
		else if (o->o.kind == OBS_LOCK_WAIT && (o->o.wait.flags & LOCK_READ))
			ev->waited = o->t_ns;
		else if (!ev->map && is_map_event(o->o.kind))
			ev->map = o->t_ns;
	}
	for (uint32_t c = op->child; c != REC_NONE; c = r->ops[c].next) {
		if (!ev->child_begin)
			ev->child_begin = r->ops[c].begin_ns;
		ev->child_end = r->ops[c].end_ns;
	}
}

/* The least of the times that are recorded, or @end. */
static uint64_t first_of(const uint64_t *t, size_t nr, uint64_t end)
{
	for (size_t i = 0; i < nr; i++)
		if (t[i])
			end = min_u64(end, t[i]);
	return end;
}

static void place_snapshot(const struct rec_op *op, const struct evidence *ev, enum placement p,
			   struct instant *s)
{
	const uint64_t later[] = { ev->child_begin, ev->looked_up, ev->stale, ev->map };

	s->lo = ev->snapshot ? ev->snapshot : max_u64(op->begin_ns, ev->fast);
	s->hi = max_u64(first_of(later, ARRAY_SIZE(later), op->end_ns), s->lo);
	s->at = p == PLACE_SNAPSHOT_LATE ? s->hi : s->lo;
}

static void place_check(const struct rec_op *op, const struct evidence *ev, enum placement p,
			struct fault_instants *f)
{
	struct instant *c = &f->check;
	const uint64_t later[] = { ev->stale_ret, ev->map };

	c->lo = max_u64(max_u64(ev->child_end, ev->looked_up), max_u64(ev->waited, ev->stale));
	c->lo = max_u64(c->lo, f->snapshot.at);
	c->hi = max_u64(first_of(later, ARRAY_SIZE(later), op->end_ns), c->lo);
	/* Holders of the lock are not preempted: who had to wait for it checks as soon as he has it. */
	c->at = p == PLACE_CHECK_EARLY || ev->stale || ev->waited ? c->lo : c->hi;
}

void instants_fault(const struct recording *r, const struct rec_op *op, enum placement p,
		    struct fault_instants *out)
{
	struct evidence ev;
	uint64_t looked_up;

	gather(r, op, &ev);
	out->fast = ev.fast ? ev.fast : op->begin_ns;
	place_snapshot(op, &ev, p, &out->snapshot);
	place_check(op, &ev, p, out);
	out->lock = instants_lock(r, op, out->check.at);
	/* A return probe fires late: the prechecks may be over long before. */
	looked_up = p == PLACE_CHECK_EARLY ? ev.child_end : ev.looked_up;
	out->looked_up = ev.looked_up ? max_u64(looked_up, out->snapshot.at) : out->lock;
	out->map = max_u64(ev.map, out->check.at);
}

uint64_t instants_lock(const struct recording *r, const struct rec_op *op, uint64_t otherwise)
{
	const struct rec_obs *wait = rec_find(r, op, OBS_LOCK_WAIT, 0);

	/* One that ends later is for the lock taken again after a yield. */
	return wait && wait->t_ns <= otherwise ? wait->t_ns - wait->o.wait.wait_ns : otherwise;
}

/*
 * End of the wait for the lock in write mode: from there on the operation holds it.  One that
 * ends after @until is for the lock taken again after a yield.
 */
static uint64_t write_wait_end(const struct recording *r, const struct rec_op *op, uint64_t until)
{
	const struct rec_obs *o = rec_find(r, op, OBS_LOCK_WAIT, 0);

	return o && (o->o.wait.flags & LOCK_WRITE) && o->t_ns <= until ? o->t_ns : 0;
}

static void place_begin(const struct recording *r, const struct rec_op *op, struct instant *b)
{
	const struct rec_obs *handler = rec_find(r, op, OBS_UNMAP_RANGE, 0);

	b->hi = handler ? handler->t_ns : op->end_ns;
	b->lo = max_u64(op->begin_ns, write_wait_end(r, op, b->hi));
	b->at = handler ? b->hi : b->lo;
}

/* The task's next record: before it, whatever has no record of its own is over. */
static uint64_t next_begin(const struct recording *r, const struct rec_op *op)
{
	if (op->next != REC_NONE)
		return r->ops[op->next].begin_ns;
	return op->parent != REC_NONE ? r->ops[op->parent].end_ns : op->end_ns + END_AFTER_ENTRY_NS;
}

/* An operation whose return is not recorded is over before its task does anything else. */
static uint64_t latest_end(const struct recording *r, const struct rec_op *op)
{
	return op->end_ns > op->begin_ns ? op->end_ns : max_u64(next_begin(r, op), op->end_ns);
}

void instants_unseen_end(const struct recording *r, const struct rec_op *start, enum placement p,
			 struct instant *out)
{
	out->lo = start->end_ns;
	out->hi = max_u64(next_begin(r, start), out->lo);
	out->at = p == PLACE_CHANGE_LATE ? out->hi : out->lo;
}

static void place_end(const struct recording *r, const struct rec_op *op, struct instant *e)
{
	const struct rec_obs *pin = rec_find_pin(r, op, PIN_INV_END);
	uint64_t waited = write_wait_end(r, op, pin ? pin->t_ns : UINT64_MAX);

	e->lo = pin ? pin->t_ns : max_u64(op->begin_ns, waited);
	e->hi = max_u64(latest_end(r, op), e->lo);
	e->at = pin || waited ? e->lo : clamp(op->begin_ns + END_AFTER_ENTRY_NS, e->lo, e->hi);
}

static void place_other(const struct recording *r, const struct rec_op *op, struct instant *c)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	c->hi = op->end_ns;
	for (uint32_t i = op->nr_obs; i-- > 0;)
		if (obs[i].o.kind != OBS_LOCK_WAIT && obs[i].o.kind != OBS_PIN)
			c->hi = obs[i].t_ns;
	c->lo = max_u64(op->begin_ns, write_wait_end(r, op, c->hi));
	c->at = c->hi;
}

void instants_change(const struct recording *r, const struct rec_op *op, enum placement p,
		     struct instant *out)
{
	if (op->kind == EV_OP_INVALIDATE_START)
		place_begin(r, op, out);
	else if (op->kind == EV_OP_INVALIDATE_END)
		place_end(r, op, out);
	else
		place_other(r, op, out);
	if (p == PLACE_CHANGE_EARLY)
		out->at = out->lo;
	else if (p == PLACE_CHANGE_LATE)
		out->at = out->hi;
}

/* --- spans in which the notifier state changes ---------------------------- */

struct change {
	uint64_t lo, hi;
	uint64_t max_hi;	/* of this and all before it */
	uint32_t task;
	uint16_t vm;
	bool	 swap;		/* of memslots: a fault looks them up at its start */
};

#define MAX_SWAPS	2	/* of one change of memslots: swaps.h */

struct changes {
	struct change	*v;	/* by lo */
	size_t		 nr;
};

static int cmp_change(const void *va, const void *vb)
{
	const struct change *a = va, *b = vb;

	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return a->hi == b->hi ? 0 : a->hi < b->hi ? -1 : 1;
}

/* Windows of one task that are open and matched a slot, by their first address. */
struct open_windows {
	uint32_t task;
	hva_t	 start[64];
	uint32_t nr;
};

/* Did a handler run?  Where no probe could show it, it is taken for granted. */
static bool has_matched(const struct recording *r, const struct rec_op *op)
{
	return !r->meta->has_probes || rec_find(r, op, OBS_UNMAP_RANGE, 0);
}

/* A window that matches no slot changes nothing, neither when it begins nor when it ends. */
static bool changes_state(const struct recording *r, const struct rec_op *op, struct open_windows *w)
{
	const struct ev *stim = rec_op_stim(r, op);
	hva_t start = stim ? stim->hvas.start : 0;

	if (w->task != op->task)
		*w = (struct open_windows){ .task = op->task };
	if (op->kind == EV_OP_INVALIDATE_START) {
		if (!has_matched(r, op))
			return false;
		if (w->nr < ARRAY_SIZE(w->start))
			w->start[w->nr++] = start;
		return true;
	}
	for (uint32_t i = w->nr; i-- > 0;)
		if (w->start[i] == start) {
			w->start[i] = w->start[--w->nr];
			return true;
		}
	return w->nr == ARRAY_SIZE(w->start);
}

static void add_change(struct changes *c, const struct rec_op *op, const struct instant *at)
{
	c->v[c->nr++] = (struct change){ at->lo, at->hi, 0, op->task, op->vm, op->kind == EV_OP_MEMSLOT };
}

static void add_swaps(struct changes *c, const struct recording *r, const struct swaps *swaps, uint32_t op)
{
	const struct swap *swap;

	for (unsigned int i = 0; (swap = swaps_of(swaps, op, i)); i++)
		add_change(c, &r->ops[op], &(struct instant){ swap->from, swap->from, swap->to });
}

static void add_window(struct changes *c, const struct recording *r, const struct rec_op *op)
{
	struct instant at;

	instants_change(r, op, PLACE_GUIDED, &at);
	add_change(c, op, &at);
	if (op->kind == EV_OP_INVALIDATE_START && !r->meta->has_ends) {
		instants_unseen_end(r, op, PLACE_GUIDED, &at);
		add_change(c, op, &at);
	}
}

struct changes *changes_new(const struct recording *r, const struct swaps *swaps)
{
	struct changes *c = xcalloc(1, sizeof(*c));
	struct open_windows w = { .task = REC_NONE };
	uint64_t max_hi = 0;

	c->v = xcalloc(MAX_SWAPS * (size_t)r->nr_ops, sizeof(*c->v));
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		if (op->kind == EV_OP_MEMSLOT)
			add_swaps(c, r, swaps, i);
		else if (op->kind != EV_OP_INVALIDATE_START && op->kind != EV_OP_INVALIDATE_END)
			continue;
		else if (changes_state(r, op, &w))
			add_window(c, r, op);
	}
	qsort(c->v, c->nr, sizeof(*c->v), cmp_change);
	for (size_t i = 0; i < c->nr; i++)
		c->v[i].max_hi = max_hi = max_u64(max_hi, c->v[i].hi);
	return c;
}

void changes_free(struct changes *c)
{
	if (!c)
		return;
	free(c->v);
	free(c);
}

/* Index of the first change with lo > @t. */
static size_t changes_after(const struct changes *c, uint64_t t)
{
	size_t lo = 0, hi = c->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->v[mid].lo <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Another task's change of @op's VM whose span meets @lo .. @hi?  Of memslots or of the notifier state. */
static bool meets(const struct changes *c, const struct rec_op *op, uint64_t lo, uint64_t hi, bool swap)
{
	for (size_t i = changes_after(c, hi); i-- > 0 && c->v[i].max_hi >= lo;)
		if (c->v[i].hi >= lo && c->v[i].vm == op->vm && c->v[i].task != op->task && c->v[i].swap == swap)
			return true;
	return false;
}

bool changes_order_is_fixed(const struct changes *c, const struct recording *r, const struct rec_op *op)
{
	struct fault_instants f;

	if (op->kind != EV_OP_FAULT)
		return true;
	instants_fault(r, op, PLACE_GUIDED, &f);
	return !meets(c, op, f.snapshot.lo, f.snapshot.hi, false) &&
	       !meets(c, op, f.check.lo, f.check.hi, false) &&
	       !meets(c, op, op->begin_ns, f.check.hi, true);
}
