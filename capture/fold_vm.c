// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM.  No KVM event says it, so what does is used in this order:
 * a struct kvm address in the record (kprobes); the mmu_notifier's address, which
 * lies inside struct kvm at a distance that is learnt from an operation that has
 * both; the VM the thread acted for before; the one VM whose memslots contain the
 * range; the only VM there is.  vCPU threads of a recording without kprobes are grouped
 * so that no VM has a vCPU twice, nearest tid first: one VM when nothing contradicts it.
 */
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

/* sizeof(struct kvm_svm) is below 64 KiB in 6.1 and 6.12; VMs are page allocations of their own. */
#define KVM_BYTES	(128u << 10)

static int add_vm(struct fold *f, struct task *t)
{
	f->vms = xreallocarray(f->vms, f->nr_vms + 1, sizeof(*f->vms));
	f->vms[f->nr_vms] = (struct fold_vm){ .anchor_tid = t->tid };
	ev_meta_add_vm(f->meta);
	f->meta->vms[f->nr_vms].slots_seen = true;
	return f->nr_vms++;
}

void task_set_vm(struct fold *f, struct task *t, int vm)
{
	if (vm < 0 || t->vm == vm)
		return;
	if (t->vm >= 0)
		t->many_vms = true;
	t->vm = vm;
}

static bool is_live(const struct fold_vm *vm)
{
	return !vm->destroyed;
}

/* A VM seen before its struct kvm was: by its notifier, or by nothing but its vCPUs. */
static int adopt(struct fold *f, uint64_t kvm)
{
	int anonymous = -1;
	unsigned int nr = 0;

	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (vm->kvm || !is_live(vm))
			continue;
		if (vm->mn > kvm && vm->mn - kvm < KVM_BYTES)
			return i;
		if (!vm->mn) {
			anonymous = i;
			nr++;
		}
	}
	return nr == 1 ? anonymous : -1;
}

static int find_kvm(struct fold *f, uint64_t kvm, bool dead_too)
{
	for (uint32_t i = f->nr_vms; i-- > 0;)
		if (f->vms[i].kvm == kvm && (dead_too || is_live(&f->vms[i])))
			return i;
	return -1;
}

int vm_by_kvm(struct fold *f, struct task *t, uint64_t kvm, bool may_be_new)
{
	int vm = kvm ? find_kvm(f, kvm, !may_be_new || op_find(t, EV_OP_VM_DESTROY)) : vm_of_task(f, t);

	if (!kvm)		/* a probe that does not say */
		return vm;
	if (vm < 0)
		vm = adopt(f, kvm);
	if (vm < 0)
		vm = add_vm(f, t);
	f->vms[vm].kvm = f->meta->vms[vm].kvm = kvm;
	task_set_vm(f, t, vm);
	return vm;
}

static int find_mn(struct fold *f, uint64_t mn)
{
	int best = -1;

	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (!is_live(vm))
			continue;
		if (vm->mn == mn)
			return i;
		if (vm->kvm && (f->mn_delta ? vm->kvm + f->mn_delta == mn :
				vm->kvm < mn && mn - vm->kvm < KVM_BYTES) &&
		    (best < 0 || vm->kvm > f->vms[best].kvm))
			best = i;
	}
	return best;
}

/* A notifier is registered before the first memslot: a new one may be a new VM's first sign. */
int vm_by_mn(struct fold *f, struct task *t, uint64_t mn)
{
	int vm = find_mn(f, mn);

	if (vm < 0 && f->nr_vms == 1 && !f->vms[0].mn && !f->vms[0].kvm && is_live(&f->vms[0]))
		vm = 0;
	if (vm < 0)
		vm = add_vm(f, t);
	f->vms[vm].mn = mn;
	task_set_vm(f, t, vm);
	return vm;
}

/* An operation that gave its notifier's address now gives its struct kvm too. */
void vm_learn_mn(struct fold *f, struct op *op, uint64_t kvm)
{
	if (!f->mn_delta && op && op->mn > kvm && op->mn - kvm < KVM_BYTES)
		f->mn_delta = op->mn - kvm;
}

static bool has_hva(const struct fold_vm *vm, unsigned int shift, hva_t start, hva_t end)
{
	for (uint32_t i = 0; i < vm->nr_slots; i++) {
		const struct slot *s = &vm->slots[i];

		if (start < s->hva + (s->npages << shift) && end > s->hva)
			return true;
	}
	return false;
}

int vm_by_hva(struct fold *f, struct task *t, hva_t start, hva_t end)
{
	int found = -1;

	if (t->vm >= 0 && !t->many_vms)
		return t->vm;
	for (uint32_t i = 0; i < f->nr_vms; i++) {
		if (!is_live(&f->vms[i]) || !has_hva(&f->vms[i], f->meta->page_shift, start, end))
			continue;
		if (found >= 0)
			return vm_of_task(f, t);
		found = i;
	}
	return found >= 0 ? found : vm_of_task(f, t);
}

int vm_of_task(struct fold *f, struct task *t)
{
	if (t->vm >= 0)
		return t->vm;
	if (!f->nr_vms)
		add_vm(f, t);
	for (uint32_t i = f->nr_vms; i-- > 0;)
		if (is_live(&f->vms[i]))
			return i;
	return 0;
}

/* Another thread has announced that slot for @vm, and its call is not over yet. */
static bool announced_otherwise(const struct fold *f, const struct task *t, int vm, const struct slot *slot)
{
	for (uint32_t i = 0; i < f->cap_tasks; i++) {
		const struct op *op = f->tasks[i] && f->tasks[i] != t ? op_find(f->tasks[i], EV_OP_MEMSLOT) : NULL;

		if (op && op->vm == vm && op->slot.id == slot->id && op->slot.npages && slot->npages &&
		    (op->slot.npages != slot->npages || op->slot.hva != slot->hva))
			return true;
	}
	return false;
}

int vm_by_slot(struct fold *f, struct task *t, const struct slot *slot)
{
	int vm = t->vm < 0 && !f->nr_vms ? add_vm(f, t) : t->vm;

	for (uint32_t i = f->nr_vms; vm < 0 && i-- > 0;)
		if (is_live(&f->vms[i]) && slot_may_be(&f->vms[i], slot) && !announced_otherwise(f, t, i, slot))
			vm = i;
	if (vm < 0)
		vm = add_vm(f, t);
	task_set_vm(f, t, vm);
	return vm;
}

static bool has_vcpu(const struct fold_vm *vm, uint32_t vcpu)
{
	return vcpu < vm->nr_vcpu_tid && vm->vcpu_tid[vcpu];
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* For a vCPU thread no record placed: the nearest VM that lacks this vCPU, else a new one. */
static int guess_vm(struct fold *f, struct task *t, uint32_t vcpu)
{
	int best = -1;

	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (!is_live(vm) || has_vcpu(vm, vcpu))
			continue;
		if (best < 0 || distance(vm->anchor_tid, t->tid) < distance(f->vms[best].anchor_tid, t->tid))
			best = i;
	}
	return best >= 0 ? best : add_vm(f, t);
}

void vm_bind_vcpu(struct fold *f, struct task *t, uint32_t vcpu)
{
	struct fold_vm *vm;

	if (t->vm < 0)
		task_set_vm(f, t, guess_vm(f, t, vcpu));
	if (vcpu >= FOLD_VCPU_IDS)
		return;
	vm = &f->vms[t->vm];
	if (vcpu >= vm->nr_vcpu_tid) {
		vm->vcpu_tid = xreallocarray(vm->vcpu_tid, vcpu + 1, sizeof(*vm->vcpu_tid));
		memset(vm->vcpu_tid + vm->nr_vcpu_tid, 0, (vcpu + 1 - vm->nr_vcpu_tid) * sizeof(*vm->vcpu_tid));
		vm->nr_vcpu_tid = vcpu + 1;
	}
	if (!vm->vcpu_tid[vcpu])
		f->meta->vms[t->vm].nr_vcpus++;
	vm->vcpu_tid[vcpu] = t->tid;
	t->vcpu = vcpu;
	if (t->index >= 0)
		f->meta->tasks[t->index].vcpu = vcpu;
}

/* --- kprobes that name a vCPU and its VM ------------------------------------------------ */

/* The thread that creates vCPUs stands for the VM's process. */
void vcpu_created(struct fold *f, struct task *t, const struct raw *r)
{
	int vm;

	op_end_all(f, t);
	vm = vm_by_kvm(f, t, r->v[1], true);
	f->meta->vms[vm].tgid = t->tid;
}

void vcpu_ran(struct fold *f, struct task *t, const struct raw *r)
{
	vm_by_kvm(f, t, r->v[1], true);
}
