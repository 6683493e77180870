// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM.  No KVM event says it, so what does is used in this order:
 * a struct kvm address in the record (kprobes); the mmu_notifier's address, which
 * lies inside struct kvm at a distance that is learnt from an operation that has
 * both; the VM the thread acted for before; the one VM whose memslots contain the
 * range; the VM whose entry it takes away (fold_owner.c); the VM whose threads are nearest.
 * vCPU threads of a recording without kprobes are grouped so that no VM has a vCPU twice,
 * nearest tid first: one VM when nothing contradicts it.
 *
 * Addresses are used again: a VM that is destroyed, or whose memory was released, is not the one
 * a later record with its address makes, or runs.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/fold_state.h"

/* sizeof(struct kvm_svm) is below 64 KiB in 6.1 and 6.12; VMs are page allocations of their own. */
#define KVM_BYTES	(128u << 10)

/* Process @pid is the VM's. */
static void vm_is_of(struct fold *f, int vm, uint32_t pid)
{
	struct ev_vm *v = &f->meta->vms[vm];

	v->tgid = pid;
	if (!v->name)
		v->name = xstrdup(noted_name(f, pid));
}

static int add_vm(struct fold *f, struct task *t)
{
	f->vms = xreallocarray(f->vms, f->nr_vms + 1, sizeof(*f->vms));
	f->vms[f->nr_vms] = (struct fold_vm){ .anchor_tid = t->tid };
	ev_meta_add_vm(f->meta);
	f->meta->vms[f->nr_vms].slots_seen = true;
	if (noted_owner(f, t->tid))
		vm_is_of(f, f->nr_vms, noted_owner(f, t->tid));
	older_place(f, f->nr_vms);
	return f->nr_vms++;
}

/* A thread that runs a vCPU stays with its VM, though the notifiers of all VMs of its process run in it. */
void task_set_vm(struct fold *f, struct task *t, int vm)
{
	if (vm < 0 || t->vm == vm || (t->vm >= 0 && t->vcpu >= 0))
		return;
	if (t->vm >= 0)
		t->many_vms = true;
	t->vm = vm;
}

static bool is_live(const struct fold_vm *vm)
{
	return !vm->destroyed;
}

/* May a vCPU of it still run?  When its memory is gone none does, but notifiers that had begun go on. */
static bool is_running(const struct fold_vm *vm)
{
	return is_live(vm) && !vm->released;
}

/* Would a thread that nothing places act for it? */
static bool is_busy(const struct fold_vm *vm)
{
	return is_running(vm) && !vm->deserted;
}

/*
 * The VM that is @t's as its process is, or may be: one nobody's process is known of where no other can be meant.
 * -1: none.
 */
static int vm_noted(struct fold *f, const struct task *t)
{
	uint32_t pid = noted_owner(f, t->tid);

	for (uint32_t i = f->nr_vms; pid && i-- > 0;)
		if (is_live(&f->vms[i]) && f->meta->vms[i].tgid == pid)
			return i;
	if (!pid || f->nr_vms != 1 || !noted_alone(f) || !is_running(&f->vms[0]) || f->meta->vms[0].tgid)
		return -1;
	vm_is_of(f, 0, pid);
	return 0;
}

/* Is the notifier at @mn in the struct kvm at @kvm?  Until the distance is learnt, the next VM's looks so, too. */
static bool may_hold(const struct fold *f, uint64_t kvm, uint64_t mn)
{
	return f->mn_delta ? kvm + f->mn_delta == mn : kvm < mn && mn - kvm < KVM_BYTES;
}

/* The VM of which nothing but its notifier is known, and that in @kvm: @t's own, else the nearest.  -1: none. */
static int vm_around(const struct fold *f, const struct task *t, uint64_t kvm)
{
	int best = -1;

	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (vm->kvm || !vm->mn || !is_running(vm) || !may_hold(f, kvm, vm->mn))
			continue;
		if (t->vm == (int)i)
			return i;
		if (best < 0 || vm->mn < f->vms[best].mn)
			best = i;
	}
	return best;
}

/* A VM seen before its struct kvm was: by its notifier, or by nothing but its vCPUs. */
static int adopt(struct fold *f, const struct task *t, uint64_t kvm)
{
	int anonymous = -1, noted, near;
	unsigned int nr = 0;

	if (t->vcpu >= 0 && !f->vms[t->vm].kvm && !f->vms[t->vm].mn && is_running(&f->vms[t->vm]))
		return t->vm;
	noted = vm_noted(f, t);
	if (noted >= 0 && !f->vms[noted].kvm && is_running(&f->vms[noted]))
		return noted;
	near = vm_around(f, t, kvm);
	if (near >= 0)
		return near;
	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (vm->kvm || vm->mn || !is_running(vm))
			continue;
		anonymous = i;
		nr++;
	}
	return nr == 1 ? anonymous : -1;
}

static int find_kvm(struct fold *f, uint64_t kvm, bool dead_too)
{
	for (uint32_t i = f->nr_vms; i-- > 0;)
		if (f->vms[i].kvm == kvm && (dead_too || is_running(&f->vms[i])))
			return i;
	return -1;
}

/* @vm is the one at @kvm. */
static void vm_is_at(struct fold *f, int vm, uint64_t kvm)
{
	uint32_t pid;

	f->vms[vm].kvm = f->meta->vms[vm].kvm = kvm;
	if (f->mn_delta)
		f->vms[vm].mn = kvm + f->mn_delta;
	pid = older_place(f, vm);
	if (pid && !f->meta->vms[vm].tgid)
		vm_is_of(f, vm, pid);
}

int vm_by_kvm(struct fold *f, struct task *t, uint64_t kvm, bool may_be_new)
{
	int vm = kvm ? find_kvm(f, kvm, !may_be_new || op_find(t, EV_OP_VM_DESTROY)) : vm_of_task(f, t);

	if (!kvm)		/* a probe that does not say */
		return vm;
	if (vm < 0)
		vm = adopt(f, t, kvm);
	if (vm < 0)
		vm = add_vm(f, t);
	vm_is_at(f, vm, kvm);
	task_set_vm(f, t, vm);
	t->pointed = true;
	return vm;
}

static int find_mn(struct fold *f, uint64_t mn, bool running)
{
	int best = -1;

	for (uint32_t i = f->nr_vms; i-- > 0;) {
		const struct fold_vm *vm = &f->vms[i];

		if (is_running(vm) != running)
			continue;
		if (vm->mn == mn)
			return i;
		if (vm->kvm && !vm->mn && may_hold(f, vm->kvm, mn) && (best < 0 || vm->kvm > f->vms[best].kvm))
			best = i;
	}
	return best;
}

/* A notifier is registered before the first memslot: a new one may be a new VM's first sign. */
int vm_by_mn(struct fold *f, struct task *t, uint64_t mn, bool may_be_new)
{
	int vm = find_mn(f, mn, true);

	if (vm < 0 && f->nr_vms == 1 && !f->vms[0].mn && !f->vms[0].kvm && is_live(&f->vms[0]))
		vm = 0;
	if (vm < 0) {
		vm = vm_noted(f, t);
		if (vm >= 0 && (f->vms[vm].mn || f->vms[vm].kvm || !is_running(&f->vms[vm])))
			vm = -1;
	}
	if (vm < 0) {			/* its memory is gone, and this had begun before */
		vm = find_mn(f, mn, false);
		if (vm >= 0 && may_be_new && (!is_live(&f->vms[vm]) || f->vms[vm].mn != mn))
			vm = -1;
	}
	if (vm < 0)
		vm = add_vm(f, t);
	f->vms[vm].mn = mn;
	task_set_vm(f, t, vm);
	t->pointed = true;
	return vm;
}

/* An operation that gave its notifier's address now gives its struct kvm too: guesses at other VMs' end here. */
void vm_learn_mn(struct fold *f, struct op *op, uint64_t kvm)
{
	if (f->mn_delta || !op || op->mn <= kvm || op->mn - kvm >= KVM_BYTES)
		return;
	f->mn_delta = op->mn - kvm;
	for (uint32_t i = 0; i < f->nr_vms; i++)
		if (f->vms[i].kvm)
			f->vms[i].mn = f->vms[i].kvm + f->mn_delta;
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

/* Memory of a process is its VMs' alone; a thread of no process, or of one with several VMs, is told by the slots. */
int vm_by_hva(struct fold *f, struct task *t, hva_t start, hva_t end)
{
	bool of_one = t->vm >= 0 && !t->many_vms && is_live(&f->vms[t->vm]);
	int found = -1;

	if (of_one && (t->vcpu >= 0 || t->pointed || !f->vms[t->vm].nr_slots ||
		       has_hva(&f->vms[t->vm], f->meta->page_shift, start, end)))
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

/*
 * For a thread nothing places.  The threads of a VMM are made one after the other, the one that sets the VM up
 * first: it is the VM whose first vCPU thread comes next, or, behind all of them, the nearest.
 */
static int near_vm(const struct fold *f, uint32_t tid)
{
	int best = -1;

	for (uint32_t i = 0; i < f->nr_vms; i++) {
		uint32_t anchor = f->vms[i].anchor_tid, than = best < 0 ? 0 : f->vms[best].anchor_tid;

		if (!is_busy(&f->vms[i]))
			continue;
		if (best < 0 || (anchor >= tid ? than < tid || anchor < than : than < tid && anchor > than))
			best = i;
	}
	return best;
}

static bool had_vm(const struct fold *f, uint32_t pid)
{
	for (uint32_t i = 0; i < f->nr_vms; i++)
		if (f->meta->vms[i].tgid == pid)
			return true;
	return false;
}

int vm_of_task(struct fold *f, struct task *t)
{
	int vm;

	if (t->vm >= 0)
		return t->vm;
	vm = vm_noted(f, t);
	if (vm >= 0)
		return vm;
	if (!f->nr_vms || (noted_owner(f, t->tid) && !had_vm(f, noted_owner(f, t->tid))))
		return add_vm(f, t);
	vm = near_vm(f, t->tid);
	for (uint32_t i = f->nr_vms; vm < 0 && i-- > 0;)
		if (is_live(&f->vms[i]))
			vm = i;
	return vm >= 0 ? vm : (int)f->nr_vms - 1;
}

/* "kvm-nx-lpage-recovery-PID", where a name is not cut to 15 letters. */
int vm_of_worker(struct fold *f, struct task *t)
{
	const char *comm = f->source->ops->comm(f->source, t->tid), *pid = comm ? strrchr(comm, '-') : NULL;
	uint32_t tgid = pid ? strtoul(pid + 1, NULL, 10) : 0;

	for (uint32_t i = f->nr_vms; tgid && t->vm < 0 && i-- > 0;)
		if (is_live(&f->vms[i]) && f->meta->vms[i].tgid == tgid)
			return i;
	return vm_of_task(f, t);
}

/* Another thread has announced that slot for @vm, and its call is not over yet. */
static bool announced_otherwise(const struct fold *f, const struct task *t, int vm, const struct slot *slot)
{
	for (uint32_t i = 0; i < f->cap_tasks; i++) {	/* a life that does not go on has no open operation */
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
	return vcpu < vm->nr_vcpu_tid && vm->vcpu_tid[vcpu] && vm->vcpu_tid[vcpu] != TID_GONE;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* For a vCPU thread no record placed: the nearest VM that lacks this vCPU, else a new one. */
static int guess_vm(struct fold *f, struct task *t, uint32_t vcpu)
{
	int best = vm_noted(f, t);

	if (best >= 0 || noted_owner(f, t->tid))
		return best >= 0 ? best : add_vm(f, t);
	for (uint32_t i = 0; i < f->nr_vms; i++) {
		const struct fold_vm *vm = &f->vms[i];

		if (!is_busy(vm) || has_vcpu(vm, vcpu))
			continue;
		if (best < 0 || distance(vm->anchor_tid, t->tid) < distance(f->vms[best].anchor_tid, t->tid))
			best = i;
	}
	return best >= 0 ? best : add_vm(f, t);
}

bool vcpu_by_name(const struct fold *f, const struct task *t, uint32_t *vcpu)
{
	const char *comm = f->source->ops->comm(f->source, t->tid);
	const char *at = comm ? strcasestr(comm, "cpu") : NULL;
	int noted = noted_vcpu(f, t->tid);

	if (noted >= 0) {
		*vcpu = noted;
		return true;
	}
	if (!at)
		return false;
	at += 3 + strspn(at + 3, " -_");
	if (!isdigit((unsigned char)*at))
		return false;
	*vcpu = strtoul(at, NULL, 10);
	return true;
}

static bool is_over(const struct fold *f, const struct task *t)
{
	return t->exited || (t->vm >= 0 && !is_running(&f->vms[t->vm]));
}

/* The life of @t's thread that runs @vcpu: of its VM, unless another thread runs that one there. */
static struct task *life_with(struct fold *f, struct task *t, uint32_t vcpu)
{
	int vm = t->vm;

	if (is_over(f, t))
		return task_renew(f, t);
	if (t->vcpu < 0 || t->vcpu == (int)vcpu)
		return t;
	for (struct task *o = t->others; o; o = o->others)
		if (o->vcpu == (int)vcpu && !is_over(f, o))
			return task_resume(f, t, o);
	t = task_renew(f, t);
	if (!has_vcpu(&f->vms[vm], vcpu))
		task_set_vm(f, t, vm);
	return t;
}

struct task *vm_bind_vcpu(struct fold *f, struct task *t, uint32_t vcpu)
{
	struct fold_vm *vm;

	t = life_with(f, t, vcpu);
	if (t->vm < 0 || (t->vcpu < 0 && t->many_vms && !t->runs))	/* notifiers of all VMs tell nothing */
		t->vm = guess_vm(f, t, vcpu);
	if (vcpu >= FOLD_VCPU_IDS)
		return t;
	vm = &f->vms[t->vm];
	vm->deserted = false;
	if (vcpu >= vm->nr_vcpu_tid) {
		vm->vcpu_tid = xreallocarray(vm->vcpu_tid, vcpu + 1, sizeof(*vm->vcpu_tid));
		memset(vm->vcpu_tid + vm->nr_vcpu_tid, 0, (vcpu + 1 - vm->nr_vcpu_tid) * sizeof(*vm->vcpu_tid));
		vm->nr_vcpu_tid = vcpu + 1;
	}
	if (!vm->vcpu_tid[vcpu] && !f->meta->vms[t->vm].nr_vcpus++)
		vm->anchor_tid = t->tid;
	vm->vcpu_tid[vcpu] = t->tid;
	t->vcpu = vcpu;
	if (t->index >= 0)
		f->meta->tasks[t->index].vcpu = vcpu;
	return t;
}

/* The life of @t's thread that runs vCPUs of @kvm's VM. */
static struct task *life_in(struct fold *f, struct task *t, uint64_t kvm)
{
	int vm = find_kvm(f, kvm, false);

	if (is_over(f, t))
		return task_renew(f, t);
	if (t->vcpu < 0 || (vm >= 0 ? vm == t->vm : !f->vms[t->vm].kvm))
		return t;
	for (struct task *o = t->others; o; o = o->others)
		if (o->vm >= 0 && f->vms[o->vm].kvm == kvm && !is_over(f, o))
			return task_resume(f, t, o);
	return task_renew(f, t);
}

struct task *vm_bind_kvm(struct fold *f, struct task *t, uint64_t kvm)
{
	t = life_in(f, t, kvm);
	t->runs = true;
	vm_by_kvm(f, t, kvm, true);
	return t;
}

void vm_unbind(struct fold *f, struct task *t)
{
	struct fold_vm *vm = t->vcpu >= 0 ? &f->vms[t->vm] : NULL;

	if (!vm || (uint32_t)t->vcpu >= vm->nr_vcpu_tid || vm->vcpu_tid[t->vcpu] != t->tid)
		return;
	vm->vcpu_tid[t->vcpu] = TID_GONE;
	vm->deserted = true;
	for (uint32_t i = 0; i < vm->nr_vcpu_tid; i++)
		if (has_vcpu(vm, i))
			vm->deserted = false;
}

/* --- kprobes that name a vCPU and its VM ------------------------------------------------ */

/* The thread that creates vCPUs stands for the VM's process. */
void vcpu_created(struct fold *f, struct task *t, const struct raw *r)
{
	int vm;

	op_end_all(f, t);
	vm = vm_by_kvm(f, t, r->v[1], true);
	f->vms[vm].made = true;
	vm_is_of(f, vm, noted_pid(f, t->tid) ? noted_pid(f, t->tid) : t->tid);
}

void vcpu_ran(struct fold *f, struct task *t, const struct raw *r)
{
	vm_bind_kvm(f, t, r->v[1]);
}
