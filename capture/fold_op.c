// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A task's operations.  They form a stack: a notifier may run inside a fault, a
 * fault never inside a notifier.  Few operations have a recorded return; the
 * others end at their last record, which is known when the task begins
 * something else.
 *
 * - An operation nests into one that may hold it (table below) and ends any other.
 * - Its stimulus is reserved when it begins and written, in that order, once its
 *   service time is known; so a task's stimuli keep the order they began in.
 * - An observation outside any operation opens an UNKNOWN one, which lasts until
 *   the task begins something else or is silent for UNKNOWN_GAP_NS.  Where no probe could show that
 *   the host's memory goes, one that takes away a root's entries is that: ZAP_ALL.
 */
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

#define UNKNOWN_GAP_NS	1000000ULL	/* two pieces of unexplained work rather than one */
#define ROUND_GAP_NS	50000000ULL	/* two rounds of NX recovery rather than one that lost its CPU */

#define NOTIFIERS	(1u << EV_OP_INVALIDATE_START | 1u << EV_OP_INVALIDATE_END | 1u << EV_OP_AGE | \
			 1u << EV_OP_TEST_AGE | 1u << EV_OP_SET_SPTE)

/* Which operations may run inside one. */
static const uint32_t holds[EV_NR_OPS] = {
	[EV_OP_FAULT]	= NOTIFIERS,
	[EV_OP_MEMSLOT]	= NOTIFIERS,
};

bool op_is_notifier(const struct op *op)
{
	return NOTIFIERS & 1u << op->kind;
}

struct op *op_top(struct task *t)
{
	return t->depth ? &t->ops[t->depth - 1] : NULL;
}

struct op *op_find(struct task *t, enum ev_op kind)
{
	for (int i = t->depth; i-- > 0;)
		if (t->ops[i].kind == kind)
			return &t->ops[i];
	return NULL;
}

static bool may_hold(const struct op *outer, enum ev_op kind)
{
	if (!(holds[outer->kind] & 1u << kind))
		return false;
	if (outer->kind == EV_OP_MEMSLOT)
		return outer->returns;
	return true;
}

static struct held *hold_at(struct task *t, int place, uint64_t ts_ns)
{
	if (t->nr_held == t->cap_held) {
		t->cap_held = t->cap_held ? 2 * t->cap_held : 4;
		t->held = xreallocarray(t->held, t->cap_held, sizeof(*t->held));
	}
	for (int i = t->nr_held++; i > place; i--)
		t->held[i] = t->held[i - 1];
	t->held[place] = (struct held){ .t_ns = ts_ns };
	return &t->held[place];
}

static int hold_stimulus(struct task *t, uint64_t ts_ns, enum ev_kind stim)
{
	hold_at(t, t->nr_held, ts_ns)->ev.kind = stim;
	return t->nr_held - 1;
}

void op_hold(struct task *t, int place, uint64_t ts_ns, const struct ev *ev)
{
	struct held *h = hold_at(t, place, ts_ns);

	h->ev = *ev;
	h->ready = true;
}

void op_stimulus_before(struct fold *f, struct task *t, struct op *op, struct ev *ev)
{
	int place = op->held;

	if (place < 0) {
		emit_other(f, t, op->begin_ns, ev);
		return;
	}
	op_hold(t, place, op->begin_ns, ev);
	t->nr_others++;
	for (struct op *o = t->ops; o < t->ops + t->depth; o++)
		if (o->held >= place) {
			o->held++;
			o->number++;
		}
}

/* Whether the operation just begun is inside a vCPU's own fault. */
static bool inside_fault(struct task *t)
{
	for (int i = 0; i < t->depth; i++)
		if (t->ops[i].kind == EV_OP_FAULT)
			return true;
	return false;
}

struct op *op_begin(struct fold *f, struct task *t, enum ev_op kind, enum ev_kind stim, uint64_t ts_ns, int vm)
{
	struct op *op;
	bool nested;

	while (t->depth && (!may_hold(op_top(t), kind) || t->depth == OPS_MAX))
		op_end(f, t);
	nested = inside_fault(t);
	t->foreign = false;
	op_touch(t, ts_ns);
	op = &t->ops[t->depth++];
	*op = (struct op){ .kind = kind, .stim = stim, .begin_ns = ts_ns, .last_ns = ts_ns, .held = -1,
			   .number = EV_NO_STIMULUS, .change = -1, .vm = vm < 0 ? vm_of_task(f, t) : vm };
	if (kind == EV_OP_FAULT) {
		op->number = t->nr_accesses;
	} else if (stim != EV_NONE) {
		op->number = t->nr_others++;
		op->held = hold_stimulus(t, ts_ns, stim);
		op->flags = nested ? EV_F_NESTED : 0;
	}
	return op;
}

void op_touch(struct task *t, uint64_t ts_ns)
{
	for (int i = 0; i < t->depth; i++)
		t->ops[i].last_ns = ts_ns;
}

/* Writes what is complete, up to the first that is not. */
static void flush_held(struct fold *f, struct task *t)
{
	int done = 0;

	while (done < t->nr_held && t->held[done].ready) {
		emit_stimulus(f, t, t->held[done].t_ns, &t->held[done].ev);
		done++;
	}
	if (!done)
		return;
	t->nr_held -= done;
	for (int i = 0; i < t->nr_held; i++)
		t->held[i] = t->held[i + done];
	for (int i = 0; i < t->depth; i++)
		if (t->ops[i].held >= 0)
			t->ops[i].held -= done;
}

static bool stim_is_hvas(enum ev_kind stim)
{
	return stim == EV_INVALIDATE_START || stim == EV_INVALIDATE_END || stim == EV_AGE || stim == EV_TEST_AGE ||
	       stim == EV_SET_SPTE;
}

/* There was none; nothing is numbered after it. */
static void drop_stimulus(struct task *t, struct op *op)
{
	t->nr_held--;
	t->nr_others--;
	op->held = -1;
	op->kind = EV_OP_UNKNOWN;
	op->number = EV_NO_STIMULUS;
}

static void fill_stimulus(struct fold *f, struct task *t, struct op *op, uint64_t end_ns)
{
	struct held *h = &t->held[op->held];
	uint32_t service_ns = clamp_u32(end_ns - op->begin_ns);

	h->ev.vm = op->vm;
	h->ev.flags = op->flags;
	h->ready = true;
	if (stim_is_hvas(op->stim)) {
		h->ev.hvas = (struct ev_hvas){ op->start, op->stop, service_ns, op->extra };
	} else if (op->stim == EV_MEMSLOT) {
		if (!slot_fill(f, op, &h->ev) && op->held == t->nr_held - 1)
			drop_stimulus(t, op);	/* it changed nothing */
	} else if (op->kind == EV_OP_UNKNOWN) {
		if (op->zaps_root)
			op->kind = EV_OP_ZAP_ALL;
		else
			drop_stimulus(t, op);
	} else if (op->stim == EV_DIRTY_GET || op->stim == EV_DIRTY_CLEAR || op->stim == EV_DIRTY_MASK ||
		   op->stim == EV_DIRTY_RESET || op->stim == EV_ZAP_RANGE || op->stim == EV_PAGE_LIMIT) {
		h->ev.gfns = (struct obs_gfns){ .gfn = op->gfn, .slot = op->slot_id, .count = op->count,
						.level = op->as_id, .service_ns = service_ns };
	}
}

void op_write(struct fold *f, struct task *t, uint64_t end_ns, uint64_t begin_ns, struct ev_opclose *c, uint16_t vm,
	      uint8_t flags)
{
	struct ev ev = { .kind = OBS_OP, .vm = vm, .flags = flags };

	if (end_ns < t->obs_ns)
		end_ns = t->obs_ns;
	c->span_ns = clamp_u32(end_ns - begin_ns);
	ev.op = *c;
	emit_obs(f, t, end_ns, &ev);
}

/* An age handler that was entered and whose return is not recorded. */
static void close_age(struct fold *f, struct task *t, struct op *op)
{
	struct ev ev = { .kind = OBS_AGE_RANGE, .vm = op->vm, .flags = op->age_young };

	if (!op->age_open)
		return;
	ev.gfns = (struct obs_gfns){ .gfn = op->age_gfn, .count = op->age_count };
	emit_obs(f, t, op->last_ns, &ev);
	op->age_open = false;
}

void op_end(struct fold *f, struct task *t)
{
	struct op *op = op_top(t);
	struct ev_opclose c = { 0 };

	if (op->kind == EV_OP_FAULT) {
		vcpu_settle(f, t, op->last_ns, RET_PF_UNKNOWN);
		return;
	}
	close_age(f, t, op);
	if (op->held >= 0)
		fill_stimulus(f, t, op, op->last_ns);
	c.op = op->kind;
	c.stimulus = op->number;
	c.gfn = op->gfn;
	op_write(f, t, op->last_ns, op->begin_ns, &c, op->vm, op->flags);
	t->depth--;
	flush_held(f, t);
}

static void end_to(struct fold *f, struct task *t, int depth)
{
	while (t->depth > depth)
		op_end(f, t);
}

void op_end_all(struct fold *f, struct task *t)
{
	end_to(f, t, 0);
}

bool op_return(struct fold *f, struct task *t, enum ev_op kind, uint64_t ts_ns)
{
	struct op *op = op_find(t, kind);

	if (!op)
		return false;
	end_to(f, t, op - t->ops + 1);
	op_touch(t, ts_ns);
	op_end(f, t);
	return true;
}

struct op *op_fault_level(struct fold *f, struct task *t)
{
	struct op *op = op_find(t, EV_OP_FAULT);

	if (op)
		end_to(f, t, op - t->ops + 1);
	return op;
}

/* Would the end of the host's memory be recorded? */
static bool shows_release(const struct fold *f)
{
	return f->has[RAW_MN_RELEASE] || f->has[RAW_FLUSH_SHADOW_ALL] || f->has[RAW_TDP_ZAP_ALL];
}

/* The kernel's worker for huge pages the NX mitigation split, by the name its thread has in all releases. */
bool op_is_nx_worker(const struct fold *f, const struct task *t)
{
	const char *comm = f->source->ops->comm(f->source, t->tid);

	return comm && strncmp(comm, "kvm-nx-lpage-re", 15) == 0;
}

/* Nothing but silence shows where it ends. */
static bool is_over(const struct op *op, uint64_t ts_ns)
{
	if (op->kind == EV_OP_NX_TOGGLE)
		return false;
	if (op->kind == EV_OP_NX_RECOVER)
		return ts_ns - op->last_ns > ROUND_GAP_NS;
	return op->kind == EV_OP_UNKNOWN && !(op->zaps && op->held >= 0) && ts_ns - op->last_ns > UNKNOWN_GAP_NS;
}

struct op *op_for_obs(struct fold *f, struct task *t, uint64_t ts_ns)
{
	struct op *op = op_top(t);

	if (op && is_over(op, ts_ns)) {
		op_end(f, t);
		op = op_top(t);
	}
	if (!op && op_is_nx_worker(f, t))
		op = op_begin(f, t, EV_OP_NX_RECOVER, EV_NX_RECOVER, ts_ns, vm_of_worker(f, t));
	else if (!op)
		op = op_begin(f, t, EV_OP_UNKNOWN, shows_release(f) ? EV_NONE : EV_ZAP_ALL, ts_ns, -1);
	op_touch(t, ts_ns);
	return op;
}

/* A step of the operation at hand: it lasts until here at least. */
void op_step(struct fold *f, struct task *t, const struct raw *r)
{
	if (t->depth)
		op_touch(t, r->ts_ns);
	else
		f->why = UNUSED_NO_CALL;
}
