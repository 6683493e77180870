/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publications of memslots: the spans from the probes, the gaps between windows, and the votes
 * of the faults in between.
 */
#include "replay/swaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "replay/slots.h"

#define PFN_NO_SLOT	BIT_ULL(63)	/* KVM_PFN_NOSLOT */
#define GEN_MASK	0x7ffffULL	/* of a generation, what an MMIO entry and the events keep */
#define NPT_RSVD	BIT_ULL(3)	/* error code of a fault on an MMIO entry */
#define MAPPED		1000000ULL	/* what a fault mapped tells more than any number of retries */

struct open_span {		/* an invalidation window */
	uint64_t begin, end, max_end;
	uint64_t start, stop;	/* what it covers, in the unit of the hull: host addresses; since 6.4 gfns */
	uint16_t vm;
	bool	 matched;
};

struct op_swaps {
	uint32_t    op;
	uint32_t    nr;
	struct swap swap[2];
};

struct swaps {
	struct op_swaps *v;	/* by op */
	size_t		 nr;
};

/* @t: of a fault that saw the slots of before (@late: published after @t) or of after (not after @t). */
struct vote {
	uint64_t t, weight;
	bool	 late;
};

struct votes {
	struct vote *v;
	size_t	     nr, cap;
};

/* What a fault can find where it looks for its slot. */
enum slot_state { SLOT_NONE, SLOT_INVALID, SLOT_VALID, SLOT_UNKNOWN };

struct range_change {
	gfn_t		start, end;
	hva_t		hva;		/* of @start */
	bool		read_only;
	enum slot_state before, after;
};

/* One publication on its way to be placed. */
struct placing {
	const struct recording	*r;
	const struct rec_op	*op;
	uint64_t		 lo, hi;
	const struct rec_obs	*updated;	/* the generation's advance; NULL: not recorded */
	uint64_t		 gen;		/* before it */
	struct range_change	 range[2];
	unsigned int		 nr_ranges;
	struct votes		 publish, advance;
};

struct finder {
	const struct recording	*r;
	uint32_t		*faults;	/* by begin */
	size_t			 nr_faults;
	struct open_span	*spans;		/* by begin */
	size_t			 nr_spans;
	struct slots		*slots;		/* by VM, as they are before the change at hand */
	uint64_t		*gen;		/* by VM */
	struct swaps		*out;
};

/* --- windows ------------------------------------------------------------------ */

static int cmp_span(const void *va, const void *vb)
{
	const struct open_span *a = va, *b = vb;

	return a->begin == b->begin ? 0 : a->begin < b->begin ? -1 : 1;
}

static bool is_end_of(const struct recording *r, const struct rec_op *end, const struct rec_op *start)
{
	const struct ev *a = rec_op_stim(r, start), *b = rec_op_stim(r, end);

	return end->kind == EV_OP_INVALIDATE_END && end->vm == start->vm && a && b &&
	       a->hvas.start == b->hvas.start && a->hvas.end == b->hvas.end;
}

/* The task's end of the window that @start opens, or REC_NONE. */
static uint32_t find_end(const struct recording *r, uint32_t start)
{
	uint32_t task = r->ops[start].task;

	for (uint32_t i = start + 1; i < r->nr_ops && r->ops[i].task == task; i++)
		if (is_end_of(r, &r->ops[i], &r->ops[start]))
			return i;
	return REC_NONE;
}

static uint64_t window_end(const struct recording *r, uint32_t start)
{
	struct instant at;
	uint32_t end;

	if (!r->meta->has_ends) {
		instants_unseen_end(r, &r->ops[start], &at);
		return at.at;
	}
	end = find_end(r, start);
	if (end == REC_NONE)
		return UINT64_MAX;
	instants_change(r, &r->ops[end], &at);
	return at.at;
}

static struct open_span span_of(const struct recording *r, uint32_t index)
{
	const struct rec_op *op = &r->ops[index];
	const struct ev_hvas *hvas = &rec_op_stim(r, op)->hvas;
	const struct rec_obs *handler = rec_find(r, op, OBS_UNMAP_RANGE, 0);
	struct open_span s = { .begin = op->begin_ns, .end = window_end(r, index), .vm = op->vm,
			       .matched = !r->meta->has_probes || handler, .start = hvas->start, .stop = hvas->end };

	if (r->meta->release < KVM_6_12)
		return s;
	s.start = handler ? handler->o.gfns.gfn : 0;
	s.stop = handler ? handler->o.gfns.gfn + handler->o.gfns.count : UINT64_MAX;
	return s;
}

static void find_spans(struct finder *f)
{
	const struct recording *r = f->r;
	uint64_t max_end = 0;

	f->spans = xcalloc(r->nr_ops, sizeof(*f->spans));
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		if (op->kind != EV_OP_INVALIDATE_START || !rec_op_stim(r, op))
			continue;
		f->spans[f->nr_spans++] = span_of(r, i);
	}
	qsort(f->spans, f->nr_spans, sizeof(*f->spans), cmp_span);
	for (size_t i = 0; i < f->nr_spans; i++)
		f->spans[i].max_end = max_end = max_u64(max_end, f->spans[i].end);
}

/* First window that begins after @t. */
static size_t spans_after(const struct finder *f, uint64_t t)
{
	size_t lo = 0, hi = f->nr_spans;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (f->spans[mid].begin <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Could a window have sent @op back, whose page is at @at in the hull's unit?  The hull is that of all windows
 * since none was open, and the end of any window sends back whoever looked before it.
 */
static bool window_over(const struct finder *f, const struct rec_op *op, uint64_t at)
{
	uint64_t since = op->begin_ns, start = UINT64_MAX, stop = 0;

	for (size_t i = spans_after(f, op->end_ns); i-- > 0 && f->spans[i].max_end >= since;) {
		const struct open_span *w = &f->spans[i];

		if (w->vm != op->vm || !w->matched || w->end < since)
			continue;
		if (w->end >= op->begin_ns && w->end <= op->end_ns)
			return true;
		since = w->begin < since ? w->begin : since;
		start = w->start < start ? w->start : start;
		stop = max_u64(stop, w->stop);
	}
	return at >= start && at < stop;
}

/* --- what faults saw ------------------------------------------------------------- */

static void vote(struct votes *v, uint64_t t, bool late, uint64_t weight)
{
	if (v->nr == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 64;
		v->v = xreallocarray(v->v, v->cap, sizeof(*v->v));
	}
	v->v[v->nr++] = (struct vote){ t, weight, late };
}

/* A fault that came back with nothing: only an INVALID slot does that where no window does. */
static enum slot_state state_of_retry(const struct finder *f, const struct rec_op *op, const struct range_change *c)
{
	bool by_gfn = f->r->meta->release >= KVM_6_12;
	bool looked_up = rec_find_pin(f->r, op, PIN_LOOKUP_RET), checked = rec_find_pin(f->r, op, PIN_STALE);

	if (checked)
		return SLOT_UNKNOWN;
	if (looked_up && f->r->meta->release < KVM_6_12)	/* no prechecks: nothing else stops it there */
		return SLOT_INVALID;
	return window_over(f, op, by_gfn ? op->gfn : c->hva + ((op->gfn - c->start) << 12)) ? SLOT_UNKNOWN
											 : SLOT_INVALID;
}

/* arm64: without a slot, or with an INVALID one, there is no page to look up; nor for who writes to a read-only one. */
static enum slot_state state_seen_arm64(const struct finder *f, const struct rec_op *op, const struct range_change *c)
{
	if (op->result == RET_PF_EMULATE)
		return c->read_only && op->access & EV_F_W ? SLOT_UNKNOWN : SLOT_NONE;
	return rec_find_pin(f->r, op, PIN_SNAPSHOT) || rec_find(f->r, op, OBS_S2_MAP, 0) ? SLOT_VALID : SLOT_UNKNOWN;
}

static enum slot_state state_seen(const struct finder *f, const struct rec_op *op, const struct range_change *c,
				  uint64_t *weight)
{
	const struct rec_obs *obs = rec_op_obs(f->r, op);

	*weight = MAPPED;
	if (f->r->meta->arch == KVM_ARM64)
		return state_seen_arm64(f, op, c);
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		if (obs[i].o.kind == OBS_MARK_MMIO)
			return SLOT_NONE;
		if (obs[i].o.kind == OBS_SPTE_REQUESTED)
			return obs[i].o.map.pfn & PFN_NO_SLOT ? SLOT_NONE : SLOT_VALID;
	}
	*weight = 1;
	if (op->result == RET_PF_RETRY && !rec_find_pin(f->r, op, PIN_PENDING))
		return state_of_retry(f, op, c);
	return SLOT_UNKNOWN;
}

static void vote_slot(const struct finder *f, struct placing *p, const struct rec_op *op)
{
	for (unsigned int i = 0; i < p->nr_ranges; i++) {
		const struct range_change *c = &p->range[i];
		uint64_t weight;
		enum slot_state seen;

		if (op->gfn < c->start || op->gfn >= c->end)
			continue;
		seen = state_seen(f, op, c, &weight);
		if (seen == c->before)
			vote(&p->publish, op->begin_ns, true, weight);
		else if (seen == c->after)
			vote(&p->publish, op->begin_ns, false, weight);
	}
}

/* A fault on an MMIO entry that asked for the generation and found no good one. */
static bool found_updating(const struct recording *r, const struct rec_op *op)
{
	return r->meta->tdp == SPTE_NPT && op->error_code & NPT_RSVD && !rec_find(r, op, OBS_CHECK_MMIO, 0) &&
	       (rec_find(r, op, OBS_MARK_MMIO, 0) || rec_find(r, op, OBS_SPTE_REQUESTED, 0));
}

static void vote_generation(struct placing *p, const struct rec_op *op)
{
	const struct rec_obs *check = rec_find(p->r, op, OBS_CHECK_MMIO, 0);
	const struct rec_obs *mark = rec_find(p->r, op, OBS_MARK_MMIO, 0);
	uint64_t before = p->gen & GEN_MASK, after = (p->gen + 2) & GEN_MASK;

	if (check && check->o.mmio.gen == before)
		vote(&p->publish, op->begin_ns, true, MAPPED);
	if (check && check->o.mmio.gen == after)
		vote(&p->advance, op->begin_ns, false, MAPPED);
	if (found_updating(p->r, op)) {
		vote(&p->publish, op->begin_ns, false, MAPPED);
		vote(&p->advance, op->begin_ns, true, MAPPED);
	}
	if (mark && (mark->o.mmio.gen == before || mark->o.mmio.gen == after))
		vote(&p->advance, rec_op_obs(p->r, op)->t_ns, mark->o.mmio.gen == before, MAPPED);
}

/* Whoever reads memslots when the grace period ends has begun after the publication. */
static void vote_grace(struct placing *p, const struct rec_op *op)
{
	if (p->updated && op->begin_ns < p->hi && op->end_ns > p->hi)
		vote(&p->publish, op->begin_ns, false, MAPPED);
}

static size_t fault_at(const struct finder *f, uint64_t t)
{
	size_t lo = 0, hi = f->nr_faults;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (f->r->ops[f->faults[mid]].begin_ns < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void gather_votes(const struct finder *f, struct placing *p)
{
	for (size_t i = fault_at(f, p->lo); i < f->nr_faults; i++) {
		const struct rec_op *op = &f->r->ops[f->faults[i]];

		if (op->begin_ns > p->hi)
			break;
		if (op->vm != p->op->vm)
			continue;
		vote_slot(f, p, op);
		vote_generation(p, op);
		vote_grace(p, op);
	}
}

/* --- where the fewest are contradicted -------------------------------------------------- */

static int cmp_vote(const void *va, const void *vb)
{
	const struct vote *a = va, *b = vb;

	return a->t == b->t ? 0 : a->t < b->t ? -1 : 1;
}

/*
 * The sum of the votes that an instant contradicts, as it moves on: those late at or after it, those not
 * late before it.  @next: the first vote at or after it.
 */
struct sweep {
	const struct votes *votes;
	size_t		    next;
	uint64_t	    cost;
};

static void sweep_start(struct sweep *s, struct votes *votes)
{
	if (votes->nr)
		qsort(votes->v, votes->nr, sizeof(*votes->v), cmp_vote);
	*s = (struct sweep){ votes, 0, 0 };
	for (size_t i = 0; i < votes->nr; i++)
		s->cost += votes->v[i].late ? votes->v[i].weight : 0;
}

static uint64_t sweep_to(struct sweep *s, uint64_t t)
{
	for (; s->next < s->votes->nr && s->votes->v[s->next].t < t; s->next++) {
		const struct vote *v = &s->votes->v[s->next];

		s->cost += v->late ? -v->weight : v->weight;
	}
	return s->cost;
}

/* How far an instant may move on without contradicting another fault; at most @end. */
static uint64_t sweep_room(const struct sweep *s, uint64_t end)
{
	for (size_t i = s->next; i < s->votes->nr && s->votes->v[i].t < end; i++)
		if (!s->votes->v[i].late)
			return s->votes->v[i].t;
	return end;
}

struct best {
	bool	       any;
	uint64_t       cost;
	struct instant at;
};

/* Candidates in @from .. @to: its beginning, and behind each vote for later. */
static void try_gap(struct best *b, struct sweep *s, uint64_t from, uint64_t to)
{
	uint64_t t = from;

	while (t <= to) {
		uint64_t cost = sweep_to(s, t);

		if (!b->any || cost < b->cost)
			*b = (struct best){ true, cost, { t, t, t } };
		if (cost == b->cost)
			b->at.hi = max_u64(t, sweep_room(s, to));
		if (s->next == s->votes->nr)
			break;
		t = s->votes->v[s->next].t + 1;
	}
}

/* New slots are published while no window of the VM is open; anywhere when one always is. */
static void place_published(const struct finder *f, struct placing *p, struct instant *out)
{
	struct best best = { 0 };
	uint64_t free_from = p->lo;
	struct sweep s;

	sweep_start(&s, &p->publish);
	for (size_t i = 0; i < f->nr_spans && f->spans[i].begin <= p->hi; i++) {
		const struct open_span *w = &f->spans[i];

		if (w->vm != p->op->vm || w->end < free_from)
			continue;
		if (w->begin > free_from)
			try_gap(&best, &s, free_from, w->begin - 1);
		free_from = max_u64(free_from, w->end + 1);
	}
	if (free_from <= p->hi)
		try_gap(&best, &s, free_from, p->hi);
	if (!best.any) {
		sweep_start(&s, &p->publish);
		try_gap(&best, &s, p->lo, p->hi);
	}
	*out = best.at;
}

static void place_advanced(struct placing *p, const struct instant *published, struct instant *out)
{
	struct best best = { 0 };
	struct sweep s;

	*out = (struct instant){ p->hi, p->hi, p->hi };
	if (p->updated)
		return;
	sweep_start(&s, &p->advance);
	try_gap(&best, &s, published->at, p->hi);
	if (best.any)
		*out = (struct instant){ best.at.lo, best.at.hi, best.at.hi };
}

/* --- the publications of one change ------------------------------------------------------- */

static const struct rec_obs *nth_pin(const struct recording *r, const struct rec_op *op, enum obs_pin pin,
				     unsigned int nth)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].o.kind == OBS_PIN && obs[i].o.pin.pin == pin && nth-- == 0)
			return &obs[i];
	return NULL;
}

/* First record of @op after @t, or when it is over. */
static uint64_t record_after(const struct recording *r, const struct rec_op *op, uint64_t t)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].t_ns > t)
			return obs[i].t_ns;
	return instants_over(r, op);
}

static bool has_two(const struct ev_slot *want)
{
	return want->change == EV_SLOT_DELETE || want->change == EV_SLOT_MOVE;
}

/* The first of a slot that goes is before its pages are; any other between the probes of architecture code. */
static void place_span_arm64(struct placing *p, const struct ev_slot *want, unsigned int nth)
{
	const struct rec_obs *prepare = nth_pin(p->r, p->op, PIN_SLOT_PREPARE, 0);
	const struct rec_obs *commit = nth_pin(p->r, p->op, PIN_SLOT_COMMIT, 0);
	const struct rec_obs *flush = nth_pin(p->r, p->op, PIN_FLUSH_SLOT, 0);
	const struct rec_obs *returned = nth_pin(p->r, p->op, PIN_SWAP_RET, nth);
	bool first = has_two(want) && !nth;

	p->lo = !first && prepare ? prepare->t_ns : p->op->begin_ns;
	p->hi = first && flush ? flush->t_ns : !first && commit ? commit->t_ns : instants_over(p->r, p->op);
	if (returned && returned->t_ns < p->hi)
		p->hi = returned->t_ns;
	p->hi = max_u64(p->hi, p->lo);
}

/*
 * Between what times.  Where no probe shows a swap: a slot that goes is zapped between its two, so all records of
 * the call are; any other is published before the first of them.
 */
static void place_span(struct placing *p, const struct ev_slot *want, unsigned int nth)
{
	const struct rec_op *op = p->op;
	const struct rec_obs *entered = nth_pin(p->r, op, PIN_SWAP, nth);

	p->lo = op->begin_ns;
	if (entered)
		p->lo = entered->t_ns;
	else if (has_two(want) && nth && op->nr_obs)
		p->lo = rec_op_obs(p->r, op)[op->nr_obs - 1].t_ns;
	p->hi = max_u64(p->updated ? p->updated->t_ns : record_after(p->r, op, p->lo), p->lo);
	if (p->r->meta->arch == KVM_ARM64)
		place_span_arm64(p, want, nth);
}

static void add_range(struct placing *p, const struct ev_slot *slot, enum slot_state before, enum slot_state after)
{
	p->range[p->nr_ranges++] = (struct range_change){ slot->gfn, slot->gfn + slot->npages, slot->hva,
							slot->flags & KVM_MEM_READ_ONLY, before, after };
}

static void fill_ranges(struct placing *p, const struct ev_slot *old, const struct ev_slot *want, unsigned int nth)
{
	if (want->as_id)	/* what vCPUs in SMM see: next to nothing */
		return;
	if (has_two(want) && old && p->r->meta->arch == KVM_X86)
		add_range(p, old, nth ? SLOT_INVALID : SLOT_VALID, nth ? SLOT_NONE : SLOT_INVALID);
	else if (has_two(want) && old && !nth)	/* INVALID is as good as none */
		add_range(p, old, SLOT_VALID, SLOT_NONE);
	if (want->change == EV_SLOT_CREATE || (want->change == EV_SLOT_MOVE && nth))
		add_range(p, want, SLOT_NONE, SLOT_VALID);
}

static void place(struct finder *f, uint32_t index, const struct ev_slot *want, unsigned int nth, struct swap *out)
{
	const struct rec_op *op = &f->r->ops[index];
	struct placing p = { .r = f->r, .op = op, .gen = f->gen[op->vm],
			     .updated = nth_pin(f->r, op, PIN_SLOTS_UPDATED, nth) };

	place_span(&p, want, nth);
	if (p.updated)
		p.gen = p.updated->o.pin.value - 2;
	fill_ranges(&p, slots_find(&f->slots[op->vm], want->id, want->as_id), want, nth);
	gather_votes(f, &p);
	place_published(f, &p, &out->published);
	place_advanced(&p, &out->published, &out->advanced);
	out->from = p.lo;
	out->to = p.hi;
	if (!want->as_id)
		f->gen[op->vm] = p.gen + 2;
	free(p.publish.v);
	free(p.advance.v);
}

static void place_change(struct finder *f, uint32_t index)
{
	const struct rec_op *op = &f->r->ops[index];
	const struct ev_slot *want = &rec_op_stim(f->r, op)->slot;
	struct op_swaps *s = &f->out->v[f->out->nr++];

	s->op = index;
	s->nr = has_two(want) ? 2 : 1;
	for (unsigned int nth = 0; nth < s->nr; nth++)
		place(f, index, want, nth, &s->swap[nth]);
	slots_apply(&f->slots[op->vm], want);
}

/* --- all of a recording ---------------------------------------------------------------------- */

struct by_begin {
	uint64_t t;
	uint32_t op;
};

static int cmp_begin(const void *va, const void *vb)
{
	const struct by_begin *a = va, *b = vb;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	return a->op < b->op ? -1 : a->op > b->op;
}

/* Operations of @kind in the order they began. */
static uint32_t *ops_by_begin(const struct recording *r, enum ev_op kind, size_t *nr)
{
	struct by_begin *all = xcalloc(r->nr_ops, sizeof(*all));
	uint32_t *out = xcalloc(r->nr_ops, sizeof(*out));

	*nr = 0;
	for (uint32_t i = 0; i < r->nr_ops; i++)
		if (r->ops[i].kind == kind && r->ops[i].vm < r->meta->nr_vms)
			all[(*nr)++] = (struct by_begin){ r->ops[i].begin_ns, i };
	qsort(all, *nr, sizeof(*all), cmp_begin);
	for (size_t i = 0; i < *nr; i++)
		out[i] = all[i].op;
	free(all);
	return out;
}

static int cmp_op(const void *va, const void *vb)
{
	uint32_t a = ((const struct op_swaps *)va)->op, b = ((const struct op_swaps *)vb)->op;

	return a < b ? -1 : a > b;
}

struct swaps *swaps_new(const struct recording *r)
{
	struct finder f = { .r = r, .out = xcalloc(1, sizeof(*f.out)) };
	size_t nr;
	uint32_t *changes = ops_by_begin(r, EV_OP_MEMSLOT, &nr);

	f.faults = ops_by_begin(r, EV_OP_FAULT, &f.nr_faults);
	f.slots = xcalloc(r->meta->nr_vms, sizeof(*f.slots));
	f.gen = xcalloc(r->meta->nr_vms, sizeof(*f.gen));
	f.out->v = xcalloc(nr, sizeof(*f.out->v));
	find_spans(&f);
	for (size_t i = 0; i < nr; i++)
		if (rec_op_stim(r, &r->ops[changes[i]]))
			place_change(&f, changes[i]);
	qsort(f.out->v, f.out->nr, sizeof(*f.out->v), cmp_op);
	for (size_t vm = 0; vm < r->meta->nr_vms; vm++)
		slots_fini(&f.slots[vm]);
	free(f.slots);
	free(f.gen);
	free(f.spans);
	free(f.faults);
	free(changes);
	return f.out;
}

void swaps_free(struct swaps *s)
{
	if (!s)
		return;
	free(s->v);
	free(s);
}

const struct swap *swaps_of(const struct swaps *s, uint32_t op, unsigned int nth)
{
	const struct op_swaps key = { .op = op };
	const struct op_swaps *found;

	if (!s->nr)
		return NULL;
	found = bsearch(&key, s->v, s->nr, sizeof(*s->v), cmp_op);
	return found && nth < found->nr ? &found->swap[nth] : NULL;
}
