// SPDX-License-Identifier: GPL-2.0-or-later
/* What is done to a VM as a whole: roots, dirty logging, zaps, its end. */
#include "capture/fold_state.h"

/* --- roots ----------------------------------------------------------------------------- */

void root_load(struct fold *f, struct task *t, const struct raw *r)
{
	op_begin(f, t, EV_OP_VCPU_LOAD, EV_VCPU_LOAD, r->ts_ns, -1);
	t->v.rooted = true;
}

void root_unload(struct fold *f, struct task *t, const struct raw *r)
{
	op_begin(f, t, EV_OP_VCPU_UNLOAD, EV_VCPU_UNLOAD, r->ts_ns, -1);
	t->v.rooted = false;
}

#define ROOT_CURRENT	1	/* KVM_MMU_ROOT_CURRENT, asm/kvm_host.h */

/* Part of an unload or load; alone on a vCPU's thread it gives up an obsolete root. */
void root_free(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_top(t);

	if (op && (op->kind == EV_OP_VCPU_UNLOAD || op->kind == EV_OP_VCPU_LOAD || op->kind == EV_OP_VM_DESTROY)) {
		op->vm = vm_by_kvm(f, t, r->v[0], false);
		op_touch(t, r->ts_ns);
	} else if (t->vcpu >= 0 && t->v.rooted && r->v[1] & ROOT_CURRENT) {
		op_begin(f, t, EV_OP_VCPU_UNLOAD, EV_VCPU_UNLOAD, r->ts_ns, vm_by_kvm(f, t, r->v[0], false));
		t->v.rooted = false;
	} else {
		f->why = UNUSED_ROOTS;
	}
}

/* --- dirty logging ------------------------------------------------------------------------ */

static void begin_dirty(struct fold *f, struct task *t, const struct raw *r, enum ev_kind stim, uint32_t slot_id,
			uint64_t first, uint64_t count)
{
	int vm = vm_by_kvm(f, t, r->v[0], true);
	const struct slot *s = slot_find(&f->vms[vm], slot_id);
	struct op *op = op_begin(f, t, EV_OP_DIRTY, stim, r->ts_ns, vm);

	op->slot_id = slot_id & 0xffff;
	op->gfn = (s ? s->gfn : 0) + first;
	op->count = stim == EV_DIRTY_GET && s ? s->npages : count;
}

void dirty_get(struct fold *f, struct task *t, const struct raw *r)
{
	begin_dirty(f, t, r, EV_DIRTY_GET, r->v[1], 0, 0);
}

void dirty_clear(struct fold *f, struct task *t, const struct raw *r)
{
	begin_dirty(f, t, r, EV_DIRTY_CLEAR, r->v[1], r->v[3], r->v[2]);
}

/* One word of a GET or CLEAR, inside it; or of a ring reset, which has no call recorded. */
void dirty_mask(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	const struct slot *s = slot_of_gfn(&f->vms[vm], r->v[1] + r->v[2]);
	struct op *op = op_begin(f, t, EV_OP_DIRTY, EV_DIRTY_MASK, r->ts_ns, vm);

	op->gfn = r->v[1] + r->v[2];
	op->count = r->v[3];
	op->slot_id = s ? s->id & 0xffff : 0;
}

/* --- zaps and the end ------------------------------------------------------------------------ */

/* Part of a larger operation, or one of its own. */
void zap_range(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	struct op *op = op_top(t);

	if (op && op->kind != EV_OP_UNKNOWN) {
		op_touch(t, r->ts_ns);
		return;
	}
	op = op_begin(f, t, EV_OP_ZAP_RANGE, EV_ZAP_RANGE, r->ts_ns, vm);
	op->gfn = r->v[1];
	op->count = r->v[2] - r->v[1];
}

void zap_all_mn(struct fold *f, struct task *t, const struct raw *r)
{
	struct op *op = op_begin(f, t, EV_OP_ZAP_ALL, EV_ZAP_ALL, r->ts_ns, vm_by_mn(f, t, r->v[0]));

	op->mn = r->v[0];
}

void zap_all_kvm(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);
	struct op *op = op_top(t);

	if (op && (op->kind == EV_OP_ZAP_ALL || op->kind == EV_OP_VM_DESTROY)) {
		vm_learn_mn(f, op, r->v[0]);
		op->vm = vm;
		op_touch(t, r->ts_ns);
	} else {
		op_begin(f, t, EV_OP_ZAP_ALL, EV_ZAP_ALL, r->ts_ns, vm);
	}
}

void vm_destroy(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);

	op_begin(f, t, EV_OP_VM_DESTROY, EV_VM_DESTROY, r->ts_ns, vm);
	f->vms[vm].destroyed = true;
}
