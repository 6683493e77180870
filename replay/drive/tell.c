/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of a run, task by task: what the driver knows of guests and operations, and what the engine says. */
#include "replay/drive/tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kvm/entry.h"

static struct drive_task *task_of(struct drive *d, unsigned int task)
{
	return task < d->nr_tasks ? &d->tasks[task] : NULL;
}

static void tell(const struct drive *d, struct told *what)
{
	what->t_ns = rt_now_ns();
	what->task = rt_self();
	what->cpu = rt_cpu();
	d->job->told->told(d->job->told->arg, what);
}

/* Of the operation under way, or else the task's. */
static int vm_of(const struct drive_task *t)
{
	return t->story.ops ? t->story.op[t->story.ops - 1].vm : t->vm;
}

static void tell_plain(const struct drive_task *t, enum told_kind kind)
{
	tell(t->drive, &(struct told){ .kind = kind, .vm = vm_of(t), .vcpu = t->vcpu });
}

/* --- who they are ------------------------------------------------------------------------ */

static struct told_task worker(enum told_who who, unsigned int vm)
{
	return (struct told_task){ .who = who, .vm = (int)vm, .vcpu = -1 };
}

/* Slots nobody was seen to make. */
static void tell_slots(struct drive *d, const struct drive_vm *vm, unsigned int task)
{
	struct told what = { .task = task, .vm = (int)(vm - d->vms), .vcpu = -1 };

	for (size_t i = 0; i < vm->slots.nr; i++) {
		what.ev = (struct ev){ .kind = EV_MEMSLOT, .vm = (uint16_t)what.vm, .slot = vm->slots.v[i] };
		for (unsigned int end = 0; end < 2; end++) {
			what.kind = end ? TOLD_OP_END : TOLD_OP;
			d->job->told->told(d->job->told->arg, &what);
		}
	}
}

void tell_tasks(struct drive *d, unsigned int nr, unsigned int nr_cpus)
{
	const unsigned int nr_vms = (unsigned int)d->meta->nr_vms;
	struct told_task *tasks = xcalloc(nr + nr_vms, sizeof(*tasks));

	for (unsigned int i = 0; i < d->nr_tasks; i++)
		tasks[i] = (struct told_task){
			.who = TOLD_RECORDED, .recorded = d->tasks[i].recorded,
			.copy = d->tasks[i].copy, .vm = d->tasks[i].vm, .vcpu = d->tasks[i].vcpu,
		};
	for (unsigned int i = 0; i < d->nr_workers; i++)
		tasks[d->nr_tasks + i] = worker(TOLD_ZAP_WORKER, i);
	for (unsigned int i = 0; i < d->nr_nx_workers; i++)
		tasks[d->nr_tasks + d->nr_workers + i] = worker(TOLD_NX_WORKER, i);
	for (unsigned int i = 0; i < nr_vms; i++)
		tasks[nr + i] = worker(TOLD_VMM, i);
	d->job->told->tasks(d->job->told->arg, tasks, nr + nr_vms, nr_cpus ? nr_cpus : nr);
	for (unsigned int i = 0; i < nr_vms; i++)
		tell_slots(d, &d->vms[i], nr + i);
	free(tasks);
}

/* --- the guest ------------------------------------------------------------------------------ */

void tell_enter(struct drive_task *t)
{
	if (t->story.in_guest || !t->loaded)
		return;
	t->story.in_guest = true;
	tell_plain(t, TOLD_ENTRY);
}

void tell_leave(struct drive_task *t)
{
	if (!t->story.in_guest)
		return;
	t->story.in_guest = false;
	tell_plain(t, TOLD_EXIT);
}

/* --- faults ----------------------------------------------------------------------------------- */

/* arm64: what the hardware's walk ends with, at a leaf. */
static enum abort_kind abort_of(const struct drive *d, const struct mmu_access *a, uint64_t entry)
{
	if (!(entry & STAGE2_AF) && d->old_faults)
		return ABORT_ACCESS;
	return stage2_permits(entry, a->access & MMU_R, a->access & MMU_W, a->access & MMU_X) ? ABORT_TRANSLATION
											      : ABORT_PERMISSION;
}

/* The hardware's walk: what it met of @a's page, which is in the tables now. */
static void look(const struct drive_task *t, const struct mmu_access *a, struct told_fault *f)
{
	struct entry_kind kind = t->drive->entries;
	int level;
	uint64_t entry = mmu_peek(t->drive->vms[t->vm].mmu, a->gfn, 0, &level);

	f->class = (uint8_t)level;
	if (!level || !entry_is_leaf(kind, entry, level))
		return;
	f->access |= EV_F_P;
	if (kind.arch == KVM_ARM64)
		f->kind = (uint8_t)abort_of(t->drive, a, entry);
}

static struct told_fault fault_of(const struct drive_task *t, const struct mmu_access *a)
{
	struct told_fault f = {
		.gfn = a->gfn, .gva = a->gva,
		.access = (uint8_t)((a->access & MMU_R ? EV_F_R : 0) | (a->access & MMU_W ? EV_F_W : 0) |
				    (a->access & MMU_X ? EV_F_X : 0)),
	};

	if (a->found == MMU_FOUND_UNKNOWN || t->drive->entries.arch == KVM_ARM64)
		look(t, a, &f);
	f.access |= a->found == MMU_FOUND_PRESENT ? EV_F_P : 0;
	f.mmio = a->found == MMU_FOUND_MMIO;
	return f;
}

static void tell_about(struct drive_task *t, enum told_kind kind, enum ret_pf result)
{
	t->story.fault.result = (uint8_t)result;
	tell(t->drive, &(struct told){ .kind = kind, .vm = t->vm, .vcpu = t->vcpu, .fault = t->story.fault });
}

/* Its root is void: whoever made it so has asked for the guest's exit, and there will be another before it goes on. */
static bool wants_root(const struct drive_task *t)
{
	return mmu_wants_root(t->drive->vms[t->vm].mmu, (unsigned int)t->vcpu);
}

static void exit_for(struct drive_task *t, const struct mmu_access *a)
{
	tell_enter(t);
	t->story.in_guest = false;
	t->story.fault = fault_of(t, a);
	tell_about(t, TOLD_FAULT_EXIT, RET_PF_UNKNOWN);
}

void tell_fault_exit(struct drive_task *t, const struct mmu_access *a)
{
	if (!t->story.faults && !wants_root(t)) {
		exit_for(t, a);
		t->story.left = true;
	}
}

static void take_root(struct drive_task *t)
{
	const struct ev load = { .kind = EV_VCPU_LOAD, .vm = (uint16_t)t->vm };

	tell_op(t, &load);
	mmu_vcpu_load(t->drive->vms[t->vm].mmu, (unsigned int)t->vcpu);
	tell_op_end(t);
}

void tell_fault(struct drive_task *t, const struct mmu_access *a)
{
	struct mmu_access now = *a;

	if (t->story.faults)
		return;
	if (!t->story.left) {
		if (wants_root(t))
			take_root(t);
		now.found = MMU_FOUND_UNKNOWN;
		exit_for(t, &now);
	}
	t->story.left = false;
	t->story.faults = true;
	tell_about(t, TOLD_FAULT, RET_PF_UNKNOWN);
}

static void end_look_up(struct drive_task *t, enum ret_pf result)
{
	if (t->story.looks)
		tell_about(t, TOLD_LOOKED_UP, result);
	t->story.looks = false;
}

/* Who is waited for may wait for all faults that use the memslots of before. */
void tell_await(struct drive_task *t, uint32_t number)
{
	if (!task_waits(t, number))
		return;
	rt_srcu_unlock();
	task_await(t, number);
	rt_srcu_lock((unsigned int)t->vm);
}

/* Releases that do not look again before they take the lock find out under it. */
static void end_around(struct drive_task *t)
{
	bool arm64 = t->drive->entries.arch == KVM_ARM64;

	if (t->drive->job->policy->fault_precheck == FAULT_PRECHECK_BOTH)
		return;
	end_look_up(t, RET_PF_CONTINUE);
	t->story.checks = !arm64;
	tell_about(t, TOLD_STALE, RET_PF_UNKNOWN);
}

void tell_fault_ret(struct drive_task *t, enum ret_pf result)
{
	if (t->story.around) {
		end_around(t);
		rt_srcu_unlock();
	}
	t->story.around = false;
	end_look_up(t, result);
	if (t->story.checks)
		tell_about(t, TOLD_STALE_RET, RET_PF_RETRY);
	t->story.checks = t->story.faults = false;
	tell_about(t, TOLD_FAULT_RET, result);
	tell_enter(t);
}

/*
 * The guest may not write to what is mapped: KVM first tries to allow it without a look for the page, and says so; an
 * entry that the host does not let be written stays as it is.
 */
static void tell_fast(struct drive_task *t, const struct mmu_access *a)
{
	const struct told_fault *f = &t->story.fault;
	struct told what = { .kind = TOLD_OBS, .vm = t->vm, .vcpu = t->vcpu };
	uint64_t entry;
	int level;

	if (t->drive->entries.arch != KVM_X86 || !(f->access & EV_F_P) || !(f->access & EV_F_W))
		return;
	entry = mmu_peek(t->drive->vms[t->vm].mmu, a->gfn, 0, &level);
	what.ev = (struct ev){
		.kind = OBS_FAST_PAGE_FAULT, .vm = (uint16_t)t->vm,
		.fast = { .gfn = a->gfn, .ret = RET_PF_INVALID, .write = 1, .exec = !!(f->access & EV_F_X),
			  .present = 1, .old = entry, .new = entry },
	};
	tell(t->drive, &what);
}

void tell_fault_around(struct drive_task *t, const struct mmu_access *a)
{
	tell_fault_exit(t, a);
	rt_charge(COST_EXIT_ENTRY, 1);
	tell_fault(t, a);
	rt_charge(COST_FAULT_FIXED, 1);
	rt_srcu_lock((unsigned int)t->vm);
	tell_fast(t, a);
	t->story.looks = t->story.around = true;
	tell_about(t, TOLD_SNAPSHOT, RET_PF_UNKNOWN);
	rt_charge(COST_WALK_STEP, 1);	/* what the notifiers do is after it */
}

void tell_fault_void(struct drive_task *t)
{
	if (t->story.faults)
		tell_fault_ret(t, RET_PF_RETRY);
}

/* --- operations ---------------------------------------------------------------------------------- */

void tell_op(struct drive_task *t, const struct ev *ev)
{
	tell_leave(t);
	t->story.op[t->story.ops++] = *ev;
	tell(t->drive, &(struct told){ .kind = TOLD_OP, .vm = ev->vm, .vcpu = t->vcpu, .ev = *ev });
}

void tell_count(struct drive_task *t, uint64_t entries)
{
	struct ev *ev = &t->story.op[t->story.ops - 1];

	if (ev->kind == EV_DIRTY_RESET)
		ev->gfns.count = entries;
}

void tell_op_end(struct drive_task *t)
{
	const struct ev *ev = &t->story.op[--t->story.ops];

	tell(t->drive, &(struct told){ .kind = TOLD_OP_END, .vm = ev->vm, .vcpu = t->vcpu, .ev = *ev });
}

void tell_worker_op(const struct drive_vm *vm, enum told_kind kind, enum ev_kind op)
{
	int number = (int)(vm - vm->drive->vms);

	if (telling(vm->drive))
		tell(vm->drive, &(struct told){ .kind = kind, .vm = number, .vcpu = -1,
						.ev = { .kind = op, .vm = (uint16_t)number } });
}

/* --- what happens inside ---------------------------------------------------------------------------- */

static void pin_fault(struct drive_task *t, enum rt_pin pin)
{
	bool arm64 = t->drive->entries.arch == KVM_ARM64;

	switch (pin) {
	case RT_PIN_SNAPSHOT:
		t->story.looks = true;
		tell_about(t, TOLD_SNAPSHOT, RET_PF_UNKNOWN);
		break;
	case RT_PIN_LOOKED_UP:
		t->story.fault.pfn = t->access ? t->access->pfn : 0;
		if (arm64)		/* the prechecks come after */
			end_look_up(t, RET_PF_CONTINUE);
		break;
	case RT_PIN_LOCK:
		end_look_up(t, RET_PF_CONTINUE);
		break;
	case RT_PIN_LOCKED:
		t->story.checks = !arm64;
		tell_about(t, TOLD_STALE, RET_PF_UNKNOWN);
		break;
	case RT_PIN_MAP:
		t->story.checks = false;
		tell_about(t, TOLD_STALE_RET, RET_PF_CONTINUE);
		break;
	default:
		break;
	}
}

static void pin_op(const struct drive_task *t, enum rt_pin pin)
{
	const struct ev *ev = &t->story.op[t->story.ops - 1];

	if (pin == RT_PIN_INV_END && ev->kind == EV_INVALIDATE_END)
		tell_plain(t, TOLD_WINDOW);
	else if (pin == RT_PIN_SWAP || pin == RT_PIN_SWAPPED)
		tell(t->drive, &(struct told){ .kind = pin == RT_PIN_SWAP ? TOLD_SWAP : TOLD_SWAPPED,
					       .vm = ev->vm, .vcpu = t->vcpu, .ev = *ev });
}

uint64_t tell_pin(void *arg, unsigned int task, enum rt_pin pin)
{
	struct drive *d = arg;
	struct drive_task *t = task_of(d, task);

	if (d->job->check)
		check_look_up(arg, task, pin);
	if (t && t->story.ops)
		pin_op(t, pin);
	else if (t && t->story.faults)
		pin_fault(t, pin);
	return 0;
}

void tell_wait(void *arg, unsigned int task, const char *lock, bool write, bool begins)
{
	struct drive *d = arg;
	const struct drive_task *t = task_of(d, task);
	struct told what = { .kind = begins ? TOLD_WAIT : TOLD_WAITED, .vcpu = -1, .write = write };

	if (strcmp(lock, "mmu_lock") != 0)
		return;
	what.vm = t ? vm_of(t) : (int)((task - d->nr_tasks) % d->meta->nr_vms);
	what.vcpu = t ? t->vcpu : -1;
	tell(d, &what);
}

/* --- what the engine says ------------------------------------------------------------------------------ */

static void heard(void *arg, unsigned int task, const struct obs *o)
{
	const struct drive_vm *vm = arg;
	struct drive *d = (struct drive *)vm->drive;
	const struct drive_task *t = task_of(d, task);
	struct told what = { .kind = TOLD_OBS, .vm = (int)(vm - d->vms), .vcpu = t ? t->vcpu : -1 };

	if (vm->next_sink)
		vm->next_sink->emit(vm->next_sink->arg, task, o);
	memcpy(&what.ev, o, sizeof(*o));
	tell(d, &what);
}

static void heard_enters(void *arg, unsigned int task, const struct obs *o)
{
	const struct drive_vm *vm = arg;
	struct drive *d = (struct drive *)vm->drive;
	const struct drive_task *t = task_of(d, task);
	struct told what = { .kind = TOLD_ENTERS, .vm = (int)(vm - d->vms), .vcpu = t ? t->vcpu : -1 };

	memcpy(&what.ev, o, sizeof(*o));
	tell(d, &what);
}

static void heard_broken(void *arg, unsigned int task, gfn_t gfn, uint64_t nr, uint64_t old)
{
	const struct drive_vm *vm = arg;

	vm->next_sink->broken(vm->next_sink->arg, task, gfn, nr, old);
}

void tell_sink(struct drive_vm *vm, const struct mmu_sink *next)
{
	vm->next_sink = next;
	vm->sink = (struct mmu_sink){
		.emit = heard, .enters = heard_enters, .broken = next && next->broken ? heard_broken : NULL, .arg = vm,
	};
}
