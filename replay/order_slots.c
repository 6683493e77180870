/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memslots: when each publication happened, as other faults' finds show it, and what a fault can
 * have found.
 */
#include "replay/order_state.h"

#include "base/alloc.h"

#define PFN_NO_SLOT	BIT_ULL(63)	/* KVM_PFN_NOSLOT */
#define NPT_RSVD	BIT_ULL(3)	/* error code of a fault on an MMIO entry */

/* --- publications ------------------------------------------------------------- */

static void add_range(struct publication *p, const struct ev_slot *s, unsigned int before, unsigned int after,
		      enum seen_slot next)
{
	p->range[p->nr_ranges++] = (struct slot_range){ s->gfn, s->gfn + s->npages,
							  s->flags & KVM_MEM_READ_ONLY, before, after, next };
}

/* The @nth publication of a change of @old to @new. */
static void set_ranges(struct publication *p, enum kvm_arch arch, const struct ev_slot *old, const struct ev_slot *new,
		       unsigned int nth)
{
	switch (new->change) {
	case EV_SLOT_CREATE:
		add_range(p, new, SEEN_NONE, SEEN_VALID, SEEN_VALID);
		break;
	case EV_SLOT_FLAGS:
		add_range(p, new, SEEN_VALID, SEEN_OTHER, SEEN_OTHER);
		break;
	case EV_SLOT_DELETE:
	case EV_SLOT_MOVE:
		if (arch == KVM_ARM64 && nth == 0)	/* there INVALID is as good as none */
			add_range(p, old, SEEN_VALID, SEEN_NONE, SEEN_NONE);
		else if (nth == 0)
			add_range(p, old, SEEN_VALID, SEEN_INVALID | SEEN_NONE, SEEN_INVALID);
		else if (arch == KVM_X86)
			add_range(p, old, SEEN_VALID | SEEN_INVALID, SEEN_NONE, SEEN_NONE);
		if (nth == 1 && new->change == EV_SLOT_MOVE)
			add_range(p, new, SEEN_NONE, SEEN_VALID, SEEN_VALID);
		break;
	}
}

void publications_add(struct order *o, const struct swaps *swaps, const struct slots *slots, uint32_t index)
{
	const struct rec_op *op = &o->rec->ops[index];
	const struct ev_slot *new = &rec_op_stim(o->rec, op)->slot;
	const struct ev_slot *old = slots_find(slots, new->id, new->as_id);
	const struct swap *swap;

	for (unsigned int i = 0; (swap = swaps_of(swaps, index, i)); i++) {
		struct publication p = { .op = index, .vm = op->vm };

		edge_set(&p.at, &(struct instant){ swap->from, swap->published.at, swap->to });
		set_ranges(&p, o->rec->meta->arch, old ? old : new, new, i);
		if (o->nr_publications == o->cap_publications) {
			o->cap_publications = o->cap_publications ? 2 * o->cap_publications : 32;
			o->publications = xreallocarray(o->publications, o->cap_publications, sizeof(*o->publications));
		}
		o->publications[o->nr_publications++] = p;
	}
}

/* The end of a window that is surely open at @t, or 0. */
static uint64_t open_beyond(const struct order *o, unsigned int vm, uint64_t t, uint64_t *since)
{
	const struct vm_order *v = &o->vms[vm];

	for (uint32_t i = order_windows_until(o, vm, t); i-- > 0 && v->windows[i].max_end > t;) {
		const struct window *w = &v->windows[i];

		*since = w->begin.own.hi;
		if (w->begin.own.hi <= t && w->end.own.lo > t)
			return w->end.own.lo;
	}
	return 0;
}

void publications_narrow(struct order *o)
{
	for (uint32_t i = 0; i < o->nr_publications; i++) {
		struct publication *p = &o->publications[i];
		struct instant own = p->at.own;
		uint64_t end, since;

		while ((end = open_beyond(o, p->vm, own.lo, &since)) && end <= own.hi)
			own.lo = end;
		while (open_beyond(o, p->vm, own.hi, &since) && since > own.lo)
			own.hi = since - 1;
		edge_set(&p->at, &own);
	}
}

static const struct slot_range *range_of(const struct publication *p, const struct rec_op *op)
{
	for (unsigned int i = 0; i < p->nr_ranges && p->vm == op->vm; i++)
		if (op->gfn >= p->range[i].gfn && op->gfn < p->range[i].end)
			return &p->range[i];
	return NULL;
}

bool meets_slot_change(const struct order *o, const struct rec_op *op)
{
	for (uint32_t i = 0; i < o->nr_publications; i++) {
		const struct publication *p = &o->publications[i];
		const struct rec_op *change = &o->rec->ops[p->op];

		if (change->begin_ns <= op->end_ns && instants_over(o->rec, change) >= op->begin_ns && range_of(p, op))
			return true;
	}
	return false;
}

static bool meets_publication(const struct order *o, const struct rec_op *op)
{
	for (uint32_t i = 0; i < o->nr_publications; i++) {
		const struct publication *p = &o->publications[i];

		if (p->vm == op->vm && p->at.own.lo <= op->end_ns && p->at.own.hi >= op->begin_ns)
			return true;
	}
	return false;
}

/* --- generations ------------------------------------------------------------------- */

void generations_collect(struct order *o)
{
	o->generations = xcalloc(o->rec->nr_ops + 1, sizeof(*o->generations));
	for (uint32_t i = 0; i < o->nr_attempts; i++) {
		const struct rec_op *op = &o->rec->ops[o->attempts[i].op];
		const struct rec_obs *mark = rec_find(o->rec, op, OBS_MARK_MMIO, 0);

		if (mark)
			o->generations[o->nr_generations++] = (struct generation){
				op->begin_ns, op->end_ns, mark->o.mmio.gen, o->attempts[i].op, op->vm,
			};
	}
}

/* Did other entries made before and after it get one generation?  Then it had no other. */
static bool between_equal(const struct order *o, const struct rec_op *op, uint32_t index)
{
	const struct generation *before = NULL, *after = NULL;

	for (uint32_t i = 0; i < o->nr_generations; i++) {
		const struct generation *g = &o->generations[i];

		if (g->vm != op->vm || g->op == index)
			continue;
		if (g->end_ns <= op->begin_ns)
			before = g;
		if (!after && g->begin_ns >= op->end_ns)
			after = g;
	}
	return before && after && before->gen == after->gen;
}

bool generation_is_fixed(const struct order *o, uint32_t index)
{
	const struct rec_op *op = &o->rec->ops[index];
	bool asks = o->rec->meta->tdp == SPTE_NPT && op->error_code & NPT_RSVD;

	/* One that finds an entry there asks whether memslots are being changed, too. */
	return !meets_publication(o, op) || (!asks && between_equal(o, op, index));
}

/* --- what faults found ------------------------------------------------------------ */

/* On arm64 there is no page to look up without a slot; nor for who writes to a read-only one. */
static unsigned int seen_arm64(const struct order *o, const struct rec_op *op, const struct slot_range *r)
{
	if (op->result == RET_PF_EMULATE)
		return r->read_only && op->access & EV_F_W ? 0 : SEEN_NONE;
	return rec_find_pin(o->rec, op, PIN_SNAPSHOT) ? SEEN_VALID : 0;
}

/* One of enum seen_slot, or 0: it does not say. */
static unsigned int seen(const struct order *o, const struct attempt *a, const struct slot_range *r, struct views *v)
{
	const struct rec_op *op = &o->rec->ops[a->op];
	const struct rec_obs *asked = rec_find(o->rec, op, OBS_SPTE_REQUESTED, 0);

	if (a->fast)
		return 0;
	if (rec_find(o->rec, op, OBS_MARK_MMIO, 0))
		return SEEN_NONE;
	if (o->rec->meta->arch == KVM_ARM64)
		return seen_arm64(o, op, r);
	if (asked)
		return asked->o.map.pfn & PFN_NO_SLOT ? SEEN_NONE : SEEN_VALID;
	if (op->result != RET_PF_RETRY || a->excused)
		return 0;
	views_gather(o, op->vm, a->f.snapshot.lo, a->f.check.hi, a->op, v);
	return views_may_retry(o, v, a->key, &a->f.snapshot, &a->f.check) ? 0 : SEEN_INVALID;
}

static void learn(struct publication *p, const struct attempt *a, const struct slot_range *r, unsigned int what)
{
	if (r->next == SEEN_OTHER)	/* nobody can tell the two apart */
		return;
	if (r->before & what)
		edge_learn_lo(&p->at, a->slots_lo, a->op);
	else if (r->after & what)
		edge_learn_hi(&p->at, a->slots_hi, a->op);
}

void publications_learn(struct order *o)
{
	struct views v = { 0 };

	for (uint32_t i = 0; i < o->nr_attempts; i++) {
		const struct attempt *a = &o->attempts[i];
		const struct rec_op *op = &o->rec->ops[a->op];

		for (uint32_t k = 0; k < o->nr_publications; k++) {
			struct publication *p = &o->publications[k];
			const struct slot_range *r = range_of(p, op);

			if (r && p->at.own.lo <= a->slots_hi && p->at.own.hi >= a->slots_lo)
				learn(p, a, r, seen(o, a, r, &v));
		}
	}
	views_fini(&v);
}

unsigned int attempt_may_see(const struct order *o, const struct attempt *a)
{
	const struct rec_op *op = &o->rec->ops[a->op];
	unsigned int mask = 0;

	for (uint32_t i = 0; i < o->nr_publications; i++) {
		const struct publication *p = &o->publications[i];
		const struct slot_range *r = range_of(p, op);
		uint64_t lo = edge_lo(&p->at, a->op), hi = edge_hi(&p->at, a->op);

		if (!r)
			continue;
		if (lo > hi) {			/* a contradiction proves nothing */
			lo = p->at.own.lo;
			hi = p->at.own.hi;
		}
		if (hi < a->slots_lo)
			mask = r->next;
		else if (lo <= a->slots_hi)
			mask = (mask ? mask : r->before) | r->next;
		else if (!mask)
			mask = r->before == (SEEN_VALID | SEEN_INVALID) ? SEEN_INVALID : r->before;
	}
	if (!mask)
		mask = a->no_slot ? SEEN_NONE : SEEN_VALID;
	return mask == SEEN_OTHER ? SEEN_VALID : mask;
}
