// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dirty logging.  GET and CLEAR are calls of their own; the words they take are
 * observations in them.  A ring's reset has no probe: its words come first, then the
 * event that says how far it got, and after the last ring of a call its flush.
 * Where not even that event is recorded, each word is an operation.
 *
 * How a VM logs (rings, CLEAR, everything dirty at first) is fixed before it runs and
 * seldom recorded; it is learnt from what happens.
 */
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

static bool is_call(const struct op *op)
{
	return op && op->kind == EV_OP_DIRTY && op->stim != EV_DIRTY_MASK && !op->complete;
}

static struct op *begin_call(struct fold *f, struct task *t, const struct raw *r, enum ev_kind stim, uint32_t slot_id,
			     uint64_t first, uint64_t count)
{
	int vm = vm_by_kvm(f, t, r->v[0], true);
	const struct slot *s = slot_find(&f->vms[vm], slot_id);
	struct op *op = op_begin(f, t, EV_OP_DIRTY, stim, r->ts_ns, vm);

	op->slot_id = slot_id & 0xffff;
	op->as_id = slot_id >> 16;
	op->gfn = (s ? s->gfn : 0) + first;
	op->count = stim == EV_DIRTY_GET && s ? s->npages : count;
	return op;
}

void dirty_get(struct fold *f, struct task *t, const struct raw *r)
{
	begin_call(f, t, r, EV_DIRTY_GET, r->v[1], 0, 0);
}

void dirty_clear(struct fold *f, struct task *t, const struct raw *r)
{
	f->meta->vms[begin_call(f, t, r, EV_DIRTY_CLEAR, r->v[1], r->v[3], r->v[2])->vm].dirty_manual = true;
}

/* A word outside any call. */
static struct op *begin_word(struct fold *f, struct task *t, const struct raw *r, int vm)
{
	struct op *op;

	if (f->has[RAW_RING_RESET])
		return op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_RESET, r->ts_ns, vm);
	op = op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_MASK, r->ts_ns, vm);
	op->gfn = r->v[1] + r->v[2];
	op->count = r->v[3];
	return op;
}

void dirty_mask(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	struct ev ev = { .kind = OBS_LOG_DIRTY, .vm = vm };

	if (is_call(op_top(t)))
		op_touch(t, r->ts_ns);
	else
		begin_word(f, t, r, vm);
	ev.gfns = (struct obs_gfns){ .gfn = r->v[1] + r->v[2], .count = r->v[3] };
	emit_obs(f, t, r->ts_ns, &ev);
}

/* How far the ring of @vcpu had been reset before. */
static uint32_t *ring_reset(struct fold_vm *vm, uint32_t vcpu)
{
	if (vcpu >= vm->nr_rings) {
		vm->rings = xreallocarray(vm->rings, vcpu + 1, sizeof(*vm->rings));
		for (uint32_t i = vm->nr_rings; i <= vcpu; i++)
			vm->rings[i] = (struct ring){ 0 };
		vm->nr_rings = vcpu + 1;
	}
	return &vm->rings[vcpu].reset;
}

/* Every record of a ring says how far it is; the first one, where it was when the recording began. */
static void note_ring(struct fold *f, uint16_t vm_index, uint32_t vcpu, uint32_t reset)
{
	struct fold_vm *vm = &f->vms[vm_index];
	uint32_t *known = ring_reset(vm, vcpu);

	f->meta->vms[vm_index].dirty_ring = true;
	if (!vm->rings[vcpu].seen)
		*known = reset;
	vm->rings[vcpu].seen = true;
}

void ring_push(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_for_obs(f, t, r->ts_ns);
	struct ev ev = { .kind = OBS_DIRTY_PUSH, .vm = op->vm };

	if (r->v[0] >= FOLD_VCPU_IDS) {
		f->why = UNUSED_NO_VCPU;
		return;
	}
	note_ring(f, op->vm, r->v[0], r->v[2]);
	ev.gfns = (struct obs_gfns){ .gfn = r->v[4], .level = r->v[3] >> 16, .slot = r->v[3] & 0xffff,
				     .count = r->v[0] };
	emit_obs(f, t, r->ts_ns, &ev);
}

void ring_reset_end(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_top(t);
	uint32_t vcpu = r->v[0], reset = r->v[2], *known;

	if (vcpu >= FOLD_VCPU_IDS) {
		f->why = UNUSED_NO_VCPU;
		return;
	}
	if (!is_call(op) || op->stim != EV_DIRTY_RESET)
		op = op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_RESET, r->ts_ns, -1);
	op_touch(t, r->ts_ns);
	known = ring_reset(&f->vms[op->vm], vcpu);
	if (!f->vms[op->vm].rings[vcpu].seen)	/* nothing was pushed since the recording began */
		*known = reset;
	note_ring(f, op->vm, vcpu, reset);
	op->slot_id = vcpu;
	op->count = reset - *known;
	op->complete = true;
	if (vcpu + 1 >= f->vms[op->vm].nr_vcpu_tid)
		op->flags |= EV_F_LAST;
	*known = reset;
}

/* A step of what protects a slot when its logging starts. */
void dirty_protect(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_MEMSLOT);

	op_step(f, t, r);
	if (op)
		op->protects = true;
}

void dirty_learn_start(struct fold *f, const struct op *op)
{
	struct ev_vm *vm = &f->meta->vms[op->vm];
	bool seen = f->has[RAW_FLUSH_ALL] || f->has[RAW_REMOVE_WRITE] || f->vms[op->vm].faulted;

	if (seen && !op->flushes && !op->protects)
		vm->dirty_manual = vm->dirty_init_set = true;
}

/* --- calls that no probe shows --------------------------------------------------------- */

static bool protects(const struct fold *f, const struct raw *r)
{
	enum spte_change how = spte_classify(f->spte, r->v[1], r->v[2], r->v[3]);

	return r->v[3] == 1 && (how == SPTE_CHANGE_WRPROT || how == SPTE_CHANGE_CLEAR_DIRTY);
}

static bool shows_calls(const struct fold *f)
{
	return f->has[RAW_GET_DIRTY] || f->has[RAW_CLEAR_DIRTY] || f->has[RAW_LOG_DIRTY];
}

/* A slot whose dirty pages are logged to a bitmap, or NULL. */
static const struct slot *logged_slot(struct fold_vm *vm, gfn_t gfn)
{
	const struct slot *s = slot_of_gfn(vm, gfn);

	return s && s->flags & 1 && !vm->nr_rings ? s : NULL;
}

/*
 * Whoever protects 4 KiB pages of a slot, and nothing but them, takes its log: a GET, which goes through the
 * slot once, from its first page to its last.
 */
void dirty_infer_get(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_top(t);
	const struct slot *s;

	if (op && op->inferred && (!protects(f, r) || r->v[0] <= op->protected || r->v[0] >= op->gfn + op->count)) {
		op_end(f, t);
		op = op_top(t);
	}
	if (op && op->inferred)
		op->protected = r->v[0];
	if ((op && op->kind != EV_OP_UNKNOWN) || shows_calls(f) || t->vcpu >= 0 || !protects(f, r))
		return;
	s = logged_slot(&f->vms[vm_of_task(f, t)], r->v[0]);
	if (!s)
		return;
	op = op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_GET, r->ts_ns, -1);
	op->slot_id = s->id & 0xffff;
	op->as_id = s->id >> 16;
	op->gfn = s->gfn;
	op->count = s->npages;
	op->inferred = true;
	f->meta->vms[op->vm].dirty_inferred = true;
	op->protected = r->v[0];
}
