// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memslots.  KVM_SET_USER_MEMORY_REGION from its kprobe, begin to return; where only
 * the load generator's marker lines are there ("kvmload: memslot slot 1 gpa
 * 40000000 size 8000000 hva 7f0000000000 flags 0", numbers hexadecimal but the slot),
 * from those.  Which change it is follows from what the slot was before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

struct slot *slot_find(struct fold_vm *vm, uint32_t id)
{
	for (uint32_t i = 0; i < vm->nr_slots; i++)
		if (vm->slots[i].id == id)
			return &vm->slots[i];
	return NULL;
}

struct slot *slot_of_gfn(struct fold_vm *vm, gfn_t gfn)
{
	for (uint32_t i = 0; i < vm->nr_slots; i++)
		if (gfn - vm->slots[i].gfn < vm->slots[i].npages)
			return &vm->slots[i];
	return NULL;
}

bool slot_gfns_meet(const struct fold_vm *vm, unsigned int shift, gfn_t gfn, uint64_t npages, hva_t start, hva_t end)
{
	bool known = false;

	for (uint32_t i = 0; i < vm->nr_slots; i++) {
		const struct slot *s = &vm->slots[i];
		hva_t first, last;

		if (gfn + npages <= s->gfn || gfn >= s->gfn + s->npages)
			continue;
		known = true;
		first = s->hva + ((gfn > s->gfn ? gfn - s->gfn : 0) << shift);
		last = first + (npages << shift);
		if (first < end && last > start)
			return true;
	}
	return !known;
}

bool slot_may_be(struct fold_vm *vm, const struct slot *slot)
{
	const struct slot *old = slot_find(vm, slot->id);

	return !old || !slot->npages || (old->npages == slot->npages && old->hva == slot->hva);
}

void slot_store(struct fold_vm *vm, const struct slot *new)
{
	struct slot *s = slot_find(vm, new->id);

	if (!s) {
		vm->slots = xreallocarray(vm->slots, vm->nr_slots + 1, sizeof(*vm->slots));
		s = &vm->slots[vm->nr_slots++];
	}
	*s = *new;
}

static void slot_remove(struct fold_vm *vm, struct slot *s)
{
	*s = vm->slots[--vm->nr_slots];
}

/* Return: an enum ev_slot_change, or -1 when nothing differs. */
static int change_of(const struct slot *old, const struct op *op)
{
	const struct slot *new = &op->slot;

	if (op->change >= EV_SLOT_CREATE && op->change <= EV_SLOT_FLAGS)	/* KVM_MR_* have the same numbers */
		return op->change;
	if (!new->npages)
		return old ? EV_SLOT_DELETE : -1;
	if (!old)
		return EV_SLOT_CREATE;
	if (old->gfn != new->gfn)
		return EV_SLOT_MOVE;
	return old->flags != new->flags ? EV_SLOT_FLAGS : -1;
}

/* Applies the change and fills its stimulus.  Return: false when it changed nothing. */
bool slot_fill(struct fold *f, struct op *op, struct ev *ev)
{
	struct fold_vm *vm = &f->vms[op->vm];
	struct slot *old = slot_find(vm, op->slot.id);
	int change = op->failed ? -1 : change_of(old, op);
	struct slot now = change < 0 ? (old ? *old : op->slot) : op->slot;

	if (change == EV_SLOT_FLAGS && old && now.flags & ~old->flags & 1 && !(now.flags & 2))
		dirty_learn_start(f, op);
	if (change == EV_SLOT_DELETE) {
		if (old) {
			now = *old;
			slot_remove(vm, old);
		}
	} else if (change >= 0) {
		slot_store(vm, &now);
	}
	ev->slot = (struct ev_slot){
		.gfn = now.gfn, .id = now.id & 0xffff, .as_id = now.id >> 16,
		.change = change < 0 ? EV_SLOT_FLAGS : change,
		.npages = now.npages, .flags = now.flags, .hva = now.hva,
	};
	return change >= 0;
}

void slot_write_older(struct fold *f, struct task *t, const struct slot *slot)
{
	struct ev ev = { .kind = EV_MEMSLOT, .vm = t->vm, .flags = EV_F_OPEN };
	struct ev_opclose c = { .op = EV_OP_MEMSLOT, .stimulus = t->nr_others++ };

	ev.slot = (struct ev_slot){
		.gfn = slot->gfn, .id = slot->id & 0xffff, .as_id = slot->id >> 16, .change = EV_SLOT_CREATE,
		.npages = slot->npages, .flags = slot->flags, .hva = slot->hva,
	};
	emit_stimulus(f, t, f->first_ns, &ev);
	op_write(f, t, f->first_ns, f->first_ns, &c, t->vm, EV_F_OPEN);
}

static struct op *begin_change(struct fold *f, struct task *t, uint64_t ts_ns, int vm, const struct slot *slot)
{
	struct op *op = op_begin(f, t, EV_OP_MEMSLOT, EV_MEMSLOT, ts_ns, vm);

	op->slot = *slot;
	f->vms[op->vm].slots_known = true;
	infer_free(&f->vms[op->vm]);
	if (f->vms[op->vm].faulted && !f->vms[op->vm].nr_slots)
		f->meta->vms[op->vm].slots_seen = false;
	return op;
}

void slot_set_region(struct fold *f, struct task *t, const struct raw *r)
{
	const unsigned int shift = f->meta->page_shift;
	const struct slot slot = { .id = r->v[1], .flags = r->v[2], .gfn = r->v[3] >> shift,
				   .npages = r->v[4] >> shift, .hva = r->v[5] };
	struct op *op;
	int vm;

	if (slot.npages && op_find(t, EV_OP_VM_DESTROY))	/* destruction itself only deletes */
		op_end_all(f, t);
	vm = vm_by_kvm(f, t, r->v[0], slot.npages);
	op = op_top(t);
	if (op && op->kind == EV_OP_MEMSLOT && op->returns && op->vm == vm && !memcmp(&op->slot, &slot, sizeof(slot))) {
		op_touch(t, r->ts_ns);		/* the function within, of the same call */
		return;
	}
	if (op && op->kind == EV_OP_MEMSLOT && op->from_marker && op->slot.id == slot.id) {
		/* The line that announced it. */
		op->from_marker = false;
		op->flags &= ~EV_F_OPEN;
		op->begin_ns = t->held[op->held].t_ns = r->ts_ns;
		op->slot = slot;
		op->vm = vm;
		op_touch(t, r->ts_ns);
	} else {
		op = begin_change(f, t, r->ts_ns, vm, &slot);
	}
	op->returns = f->has[RAW_SET_REGION_RET];
}

void slot_set_memslot(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_MEMSLOT);

	vm_by_kvm(f, t, r->v[0], true);
	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	op_touch(t, r->ts_ns);
	op->change = (int32_t)r->v[1];
}

void slot_set_region_ret(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_find(t, EV_OP_MEMSLOT);

	if (!op) {
		f->why = UNUSED_NO_CALL;
		return;
	}
	op->failed = (int32_t)r->v[0] < 0;	/* an int; a probe may have taken its whole register */
	if (op->failed || (op->change < 0 && f->has[RAW_SET_MEMSLOT]))
		f->why = UNUSED_SLOT_SAME;
	op_return(f, t, EV_OP_MEMSLOT, r->ts_ns);
}

void slot_marker(struct fold *f, struct task *t, const struct raw *r)
{
	uint64_t gpa, size, hva;
	struct slot slot = { 0 };
	char line[192];

	op_end_all(f, t);		/* whoever writes it is in user space */
	if (notes_take(f, r))
		return;
	snprintf(line, sizeof(line), "%.*s", (int)(r->text_len < 191 ? r->text_len : 191), r->text);
	if (sscanf(line, "kvmload: memslot slot %" SCNu32 " gpa %" SCNx64 " size %" SCNx64 " hva %" SCNx64 " flags %" SCNx32,
		   &slot.id, &gpa, &size, &hva, &slot.flags) != 5) {
		f->why = UNUSED_MARKER;
		return;
	}
	slot.gfn = gpa >> f->meta->page_shift;
	slot.npages = size >> f->meta->page_shift;
	slot.hva = hva;
	begin_change(f, t, r->ts_ns, vm_by_slot(f, t, &slot), &slot)->from_marker = true;
	op_top(t)->flags |= EV_F_OPEN;
}
