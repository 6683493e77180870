/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest while it has no fault of its own: thinking, and the touches that the trace does not show. */
#include "replay/drive/tell.h"

/* A touch is late by this much of the run at most. */
#define SLICES		16384
#define SLICE_MIN_NS	20000u

/* A read: whether the guest would have written is not known, and its page, once mapped, is writable. */
static void carry_out(struct drive_task *t, struct drive_vm *vm, const struct touch *due)
{
	struct mmu_access a = { .gfn = due->gfn, .access = MMU_R, .host_level = due->level, .host_writable = true,
				.pfn = drive_frame(t->drive, due->gfn) };
	uint64_t stamp = vm->oracle ? oracle_access_begin(vm->oracle, a.gfn) : 0;

	t->n.touches++;
	if (!mmu_touch(vm->mmu, (unsigned int)t->vcpu, &a))
		vcpu_fault(t, vm, &a, stamp);
	else if (vm->oracle)
		oracle_access_end(vm->oracle, stamp, a.gfn, 0, 0, false);
	touches_note(vm->touches, a.gfn);
}

static void run_due(struct drive_task *t, struct drive_vm *vm)
{
	struct touch due;

	if (!t->loaded || !touches_begin(vm->touches))
		return;
	while (touches_due(vm->touches, (unsigned int)t->vcpu, &due))
		carry_out(t, vm, &due);
	touches_end(vm->touches);
}

static uint64_t slice_ns(const struct drive *d)
{
	uint64_t ns = drive_scaled(d, d->job->scan->last_ns) / SLICES;

	return ns > SLICE_MIN_NS ? ns : SLICE_MIN_NS;
}

/* In slices: whoever makes an entry old or takes it away meanwhile is heard at the next one's end. */
static void think_touching(struct drive_task *t, struct drive_vm *vm, uint64_t ns)
{
	uint64_t slice = slice_ns(t->drive);

	while (ns) {
		uint64_t part = ns < slice ? ns : slice;

		rt_think(part);
		run_due(t, vm);
		ns -= part;
	}
}

void guest_think(struct drive_task *t, uint64_t ns)
{
	struct drive_vm *vm = &t->drive->vms[t->vm];

	if (vm->touches)
		think_touching(t, vm, ns);
	else
		rt_think(ns);
}

void guest_tail(struct drive_task *t)
{
	struct drive *d = t->drive;
	struct drive_vm *vm = &d->vms[t->vm];
	uint64_t end_ns = drive_scaled(d, d->job->scan->last_ns);

	if (!vm->touches || d->job->pacing == PACING_ASAP)
		return;
	op_close_windows(t);
	if (telling(d))
		tell_enter(t);
	while (!rt_peek(&d->failed) && !touches_stopped(vm->touches) &&
	       (rt_peek(&d->hosts_left) || rt_now_ns() < end_ns))
		think_touching(t, vm, slice_ns(d));
}
