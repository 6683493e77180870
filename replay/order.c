/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects windows, swaps and attempts of a recording, in time order, with the memslots they met. */
#include "replay/order_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- the recording in time order ------------------------------------------- */

struct moment {
	uint64_t t;
	uint32_t op;
};

struct collecting {
	struct order	*o;
	const struct swaps *swaps;
	struct slots	*slots;		/* by VM */
	uint64_t	*loaded;	/* by task: it took its root, begin */
	struct moment	*zaps;		/* all roots of the VM of an operation became obsolete */
	uint32_t	 nr_zaps;
};

static int by_time(const void *va, const void *vb)
{
	const struct moment *a = va, *b = vb;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	return a->op < b->op ? -1 : a->op > b->op;
}

/* Memslots are there when their operation is over; everything else looks at them when it begins. */
static struct moment *in_time_order(const struct recording *r)
{
	struct moment *v = xcalloc(r->nr_ops ? r->nr_ops : 1, sizeof(*v));

	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		v[i] = (struct moment){ op->kind == EV_OP_MEMSLOT ? op->end_ns : op->begin_ns, i };
	}
	qsort(v, r->nr_ops, sizeof(*v), by_time);
	return v;
}

/* --- windows ------------------------------------------------------------------ */

static void widen(struct window *w, uint64_t start, uint64_t end)
{
	if (w->key_start == w->key_end) {
		w->key_start = start;
		w->key_end = end;
	}
	w->key_start = start < w->key_start ? start : w->key_start;
	w->key_end = end > w->key_end ? end : w->key_end;
}

static void widen_by_slot(void *arg, gfn_t gfn, gfn_t end)
{
	widen(arg, gfn, end);
}

/* What its handler was asked to zap; where no probe shows a handler, what its addresses are by the memslots. */
static void note_frames(const struct collecting *c, struct window *w, const struct rec_op *op)
{
	const struct recording *r = c->o->rec;
	const struct rec_obs *obs = rec_op_obs(r, op);
	const struct ev *stim = rec_op_stim(r, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].o.kind == OBS_UNMAP_RANGE)
			widen(w, obs[i].o.gfns.gfn, obs[i].o.gfns.gfn + obs[i].o.gfns.count);
	if (!r->meta->has_probes && stim)
		slots_match(&c->slots[op->vm], stim->hvas.start, stim->hvas.end, r->meta->page_shift, widen_by_slot, w);
}

/* A window that matches no slot changes nothing, neither when it begins nor when it ends. */
static void add_window(const struct collecting *c, uint32_t index)
{
	struct order *o = c->o;
	const struct rec_op *op = &o->rec->ops[index];
	const struct ev *stim = rec_op_stim(o->rec, op);
	struct vm_order *vm = &o->vms[op->vm];
	struct window w = { .start_op = index, .end_op = REC_NONE, .task = op->task, .vm = op->vm };
	struct instant at;

	note_frames(c, &w, op);
	if (w.key_start == w.key_end)
		return;
	if (o->retry_key == FAULT_RETRY_KEY_HULL_HVA && stim) {
		w.key_start = stim->hvas.start;
		w.key_end = stim->hvas.end;
	}
	instants_change(o->rec, op, &at);
	edge_set(&w.begin, &at);
	if (o->rec->meta->has_ends)
		at = (struct instant){ UINT64_MAX, UINT64_MAX, UINT64_MAX };
	else
		instants_unseen_end(o->rec, op, &at);
	edge_set(&w.end, &at);
	if (vm->nr_windows == vm->cap_windows) {
		vm->cap_windows = vm->cap_windows ? 2 * vm->cap_windows : 256;
		vm->windows = xreallocarray(vm->windows, vm->cap_windows, sizeof(*vm->windows));
	}
	vm->windows[vm->nr_windows++] = w;
}

/* The window that @op closes: the last one of its task over the same addresses. */
static struct window *window_to_close(const struct order *o, const struct rec_op *op)
{
	const struct vm_order *vm = &o->vms[op->vm];
	const struct ev *stim = rec_op_stim(o->rec, op);

	for (uint32_t i = vm->nr_windows; stim && i-- > 0;) {
		struct window *w = &vm->windows[i];
		const struct ev *opened = rec_op_stim(o->rec, &o->rec->ops[w->start_op]);

		if (w->task == op->task && w->end_op == REC_NONE && opened && opened->hvas.start == stim->hvas.start &&
		    opened->hvas.end == stim->hvas.end)
			return w;
	}
	return NULL;
}

static void close_window(struct order *o, uint32_t index)
{
	const struct rec_op *op = &o->rec->ops[index];
	struct window *w = window_to_close(o, op);
	struct instant at;

	if (!w)
		return;
	w->end_op = index;
	instants_change(o->rec, op, &at);
	edge_set(&w->end, &at);
}

static int by_begin(const void *va, const void *vb)
{
	const struct window *a = va, *b = vb;

	if (a->begin.own.lo != b->begin.own.lo)
		return a->begin.own.lo < b->begin.own.lo ? -1 : 1;
	return a->start_op < b->start_op ? -1 : 1;
}

static void index_windows(struct order *o, struct vm_order *vm)
{
	uint64_t max = 0;

	if (vm->nr_windows)
		qsort(vm->windows, vm->nr_windows, sizeof(*vm->windows), by_begin);
	for (uint32_t i = 0; i < vm->nr_windows; i++) {
		struct window *w = &vm->windows[i];

		max = w->end.own.hi > max ? w->end.own.hi : max;
		w->max_end = max;
		o->window_of[w->start_op] = w;
		if (w->end_op != REC_NONE)
			o->window_of[w->end_op] = w;
	}
}

uint32_t order_windows_until(const struct order *o, unsigned int vm, uint64_t t)
{
	const struct vm_order *v = &o->vms[vm];
	uint32_t lo = 0, hi = v->nr_windows;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (v->windows[mid].begin.own.lo <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* --- memslots ------------------------------------------------------------------ */

static void change_slots(const struct collecting *c, uint32_t index)
{
	const struct rec_op *op = &c->o->rec->ops[index];
	const struct ev *stim = rec_op_stim(c->o->rec, op);

	if (!stim)
		return;
	publications_add(c->o, c->swaps, &c->slots[op->vm], index);
	slots_apply(&c->slots[op->vm], &stim->slot);
}

/* --- roots --------------------------------------------------------------------- */

static void find_zaps(struct collecting *c)
{
	const struct recording *r = c->o->rec;
	const struct rec_obs *o;

	c->zaps = xcalloc(r->nr_ops + 1, sizeof(*c->zaps));
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		o = rec_find(r, &r->ops[i], OBS_ZAP_ALL_FAST, 0);
		if (o)
			c->zaps[c->nr_zaps++] = (struct moment){ o->t_ns, i };
	}
}

/* Is the root that its vCPU has loaded obsolete before @op is over? */
static bool has_old_root(const struct collecting *c, const struct rec_op *op)
{
	for (uint32_t i = 0; i < c->nr_zaps; i++)
		if (c->o->rec->ops[c->zaps[i].op].vm == op->vm && c->zaps[i].t <= op->end_ns &&
		    c->zaps[i].t >= c->loaded[op->task])
			return true;
	return false;
}

/* --- attempts ---------------------------------------------------------------------- */

/* fast_page_fault() did all there was to do. */
static bool served_fast(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *fast = rec_find(r, op, OBS_FAST_PAGE_FAULT, 0);

	return fast && fast->o.fast.ret != RET_PF_INVALID;
}

static void add_attempt(const struct collecting *c, uint32_t index)
{
	struct order *o = c->o;
	const struct recording *r = o->rec;
	const struct rec_op *op = &r->ops[index];
	const struct ev_slot *slot = slots_find_gfn(&c->slots[op->vm], op->gfn);
	struct attempt *a = &o->attempts[o->nr_attempts];

	o->attempt_of[index] = o->nr_attempts++;
	*a = (struct attempt){ .op = index, .key = op->gfn, .no_slot = !slot };
	instants_fault(r, op, &a->f);
	a->slots_lo = op->begin_ns;
	a->slots_hi = a->f.fast > op->begin_ns ? a->f.fast : a->f.snapshot.hi;
	a->fast = served_fast(r, op);
	a->tests = slot && !a->fast && op->result != RET_PF_EXIT && op->result != RET_PF_YOUNG &&
		   !rec_find_pin(r, op, PIN_PENDING);
	if (op->result == RET_PF_GUEST || (op->result == RET_PF_EMULATE && !a->f.mapped && r->meta->shadow))
		a->tests = false;	/* the guest's own tables decided it */
	if (rec_op_only_walks(r, op))
		a->tests = false;
	a->excused = has_old_root(c, op);
	if (slot && o->retry_key == FAULT_RETRY_KEY_HULL_HVA)
		a->key = slot->hva + ((op->gfn - slot->gfn) << r->meta->page_shift);
}

/* --- all of it ------------------------------------------------------------------------ */

static void collect_one(const struct collecting *c, uint32_t index)
{
	const struct rec_op *op = &c->o->rec->ops[index];

	if (op->vm >= c->o->rec->meta->nr_vms)
		return;
	if (op->kind == EV_OP_MEMSLOT)
		change_slots(c, index);
	else if (op->kind == EV_OP_INVALIDATE_START)
		add_window(c, index);
	else if (op->kind == EV_OP_INVALIDATE_END)
		close_window(c->o, index);
	else if (op->kind == EV_OP_VCPU_LOAD)
		c->loaded[op->task] = op->begin_ns;
	else if (op->kind == EV_OP_FAULT)
		add_attempt(c, index);
}

static void collect(struct order *o, const struct swaps *swaps)
{
	const struct recording *r = o->rec;
	struct collecting c = { .o = o, .swaps = swaps, .slots = xcalloc(r->meta->nr_vms + 1, sizeof(*c.slots)) };
	struct moment *moments = in_time_order(r);

	c.loaded = xcalloc(r->meta->nr_tasks + 1, sizeof(*c.loaded));
	find_zaps(&c);
	for (uint32_t i = 0; i < r->nr_ops; i++)
		collect_one(&c, moments[i].op);
	for (uint32_t vm = 0; vm < r->meta->nr_vms; vm++) {
		index_windows(o, &o->vms[vm]);
		slots_fini(&c.slots[vm]);
	}
	free(moments);
	free(c.slots);
	free(c.loaded);
	free(c.zaps);
}

struct order *order_new(const struct recording *r, const struct swaps *swaps, const struct policy *policy,
			bool has_checks)
{
	struct order *o = xcalloc(1, sizeof(*o));

	o->rec = r;
	o->retry_key = policy->fault_retry_key;
	o->precheck = policy->fault_precheck;
	o->has_checks = has_checks;
	o->vms = xcalloc(r->meta->nr_vms + 1, sizeof(*o->vms));
	o->attempt_of = xreallocarray(NULL, r->nr_ops + 1, sizeof(*o->attempt_of));
	memset(o->attempt_of, 0xff, (r->nr_ops + 1) * sizeof(*o->attempt_of));
	o->window_of = xcalloc(r->nr_ops + 1, sizeof(*o->window_of));
	o->attempts = xcalloc(r->nr_ops + 1, sizeof(*o->attempts));
	collect(o, swaps);
	order_find_usual(o);
	publications_narrow(o);
	generations_collect(o);
	order_find_evidence(o);
	publications_learn(o);
	order_find_placement(o);
	return o;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	for (uint32_t vm = 0; vm < o->rec->meta->nr_vms; vm++)
		free(o->vms[vm].windows);
	free(o->vms);
	free(o->attempt_of);
	free(o->window_of);
	free(o->attempts);
	free(o->publications);
	free(o->generations);
	free(o);
}
