// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROTECTS	60
#define SAME		0x5a5a5a5a5a5a5a5aULL	/* in each page, so that KSM finds some */

static void protect(struct vm *vm)
{
	mark("phase mprotect");
	for (int i = 0; i < PROTECTS && !vm->failed; i++) {
		struct range r = range_any(vm);

		mprotect(r.memory, r.bytes, PROT_READ);
		pace_rest(vm, 300);
		mprotect(r.memory, r.bytes, PROT_READ | PROT_WRITE);
	}
}

/* The child writes too, here and there. */
static void share(struct vm *vm)
{
	pid_t child;

	mark("phase fork");
	fflush(NULL);
	child = fork();
	if (!child) {
		for (uint64_t at = 0; at < vm->bytes; at += 17 * vm->page)
			*(volatile char *)(vm->data + at) = 1;
		usleep(300000);
		_exit(0);
	}
	usleep(500000);
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void merge(struct vm *vm)
{
	struct range quarter = { vm->data, vm->bytes / 4 & ~(vm->page - 1) };

	mark("phase ksm");
	range_advise(quarter, MADV_MERGEABLE);
	usleep(800000);
	range_advise(quarter, MADV_UNMERGEABLE);
}

void cow(struct vm *vm)
{
	const struct job fill = { .op = OP_RUNS, .bytes = vm->bytes, .count = vm->bytes / vm->page / 16 + 1,
				  .write_percent = 100, .value = SAME };
	const struct job hot = { .op = OP_HOT, .bytes = vm->bytes, .write_percent = 40, .value = SAME };
	struct pace pace;

	mark("phase warm");
	vm_start_all(vm, &fill);
	vm_wait(vm);
	for (pace = pace_begin(vm); pace_more(vm, &pace);) {
		vm_start_all(vm, &hot);
		protect(vm);
		share(vm);
		merge(vm);
		vm_stop(vm);
	}
}
