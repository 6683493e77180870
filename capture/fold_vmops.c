// SPDX-License-Identifier: GPL-2.0-or-later
/* What is done to a VM as a whole: roots, zaps, its end. */
#include "capture/fold_state.h"

/* --- roots ----------------------------------------------------------------------------- */

void root_load(struct fold *f, struct task *t, const struct raw *r)
{
	op_begin(f, t, EV_OP_VCPU_LOAD, EV_VCPU_LOAD, r->ts_ns, -1);
	t->v.rooted = true;
}

void root_load_unseen(struct fold *f, struct task *t, uint64_t ts_ns)
{
	const struct op *op = op_begin(f, t, EV_OP_VCPU_LOAD, EV_VCPU_LOAD, ts_ns, -1);

	t->v.root_zaps = f->vms[op->vm].nr_fast_zaps;
	t->v.root_guessed = false;
}

struct op *unload_unseen(struct fold *f, struct task *t, uint64_t ts_ns)
{
	int vm = op_top(t)->vm;
	struct op *op = NULL;

	for (uint32_t i = 0; i < f->meta->vms[vm].nr_vcpus || !op; i++)
		op = op_begin(f, t, EV_OP_VCPU_UNLOAD, EV_VCPU_UNLOAD, ts_ns, vm);
	return op;
}

/*
 * Whoever invalidates a VM's roots asks all its vCPUs to drop theirs, and they do before they enter the guest.
 * One that finds a new root made by another leaves no record of it, where no probe does.
 */
static bool lost_root(const struct fold *f, const struct task *t)
{
	return !f->has[RAW_MMU_LOAD] && t->v.rooted && t->vm >= 0 && t->v.root_zaps != f->vms[t->vm].nr_fast_zaps;
}

void root_renew(struct fold *f, struct task *t, uint64_t ts_ns)
{
	if (!lost_root(f, t))
		return;
	root_load_unseen(f, t, ts_ns);
	op_end_all(f, t);
	t->v.root_guessed = true;	/* it may have been on its way in, and is sent out again */
}

/*
 * A fault shares the lock.  Before 6.9 roots are dropped and taken with it held for write, after a
 * fault or any other exit.
 */
void root_renew_waits(struct fold *f, struct task *t, uint64_t ts_ns)
{
	const struct op *op = op_top(t);

	if ((!op || op->kind == EV_OP_FAULT) && f->seen[RAW_SPTE_CHANGED] &&
	    (lost_root(f, t) || t->v.root_guessed))
		root_load_unseen(f, t, ts_ns);
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

	if (op && op->kind == EV_OP_CR3) {
		op->vm = vm_by_kvm(f, t, r->v[0], false);
		op_touch(t, r->ts_ns);
		if (r->v[1] & ROOT_CURRENT) {
			op->flags |= EV_F_LOADS;
			t->v.rooted = false;
		}
	} else if (op && (op->kind == EV_OP_VCPU_UNLOAD || op->kind == EV_OP_VCPU_LOAD ||
			  op->kind == EV_OP_VM_DESTROY)) {
		op->vm = vm_by_kvm(f, t, r->v[0], false);
		op_touch(t, r->ts_ns);
	} else if (t->vcpu >= 0 && t->v.rooted && r->v[1] & ROOT_CURRENT) {
		op_begin(f, t, EV_OP_VCPU_UNLOAD, EV_VCPU_UNLOAD, r->ts_ns, vm_by_kvm(f, t, r->v[0], false));
		t->v.rooted = false;
	} else {
		f->why = UNUSED_ROOTS;
	}
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
	struct op *op = op_begin(f, t, EV_OP_ZAP_ALL, EV_ZAP_ALL, r->ts_ns, vm_by_mn(f, t, r->v[0], false));

	op->mn = r->v[0];
	f->vms[op->vm].released = true;
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
	f->vms[vm].released = true;
}

void vm_destroy(struct fold *f, struct task *t, const struct raw *r)
{
	int vm = vm_by_kvm(f, t, r->v[0], false);

	op_begin(f, t, EV_OP_VM_DESTROY, EV_VM_DESTROY, r->ts_ns, vm);
	f->vms[vm].destroyed = true;
}
