// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

#define EXECUTE_PERCENT	5	/* of the writes: nothing is dropped here */

void populate(struct vm *vm)
{
	const uint64_t part = vm->bytes / vm->nr_vcpus & ~(vm->page - 1), pages = part / vm->page;
	const struct job anywhere = {
		.op = OP_RANDOM, .bytes = vm->bytes, .count = pages, .write_percent = 70,
		.execute_percent = EXECUTE_PERCENT,
	};
	const struct job runs = { .op = OP_RUNS, .bytes = vm->bytes, .count = pages / 32 + 1, .write_percent = 50 };

	mark("phase sequence");
	for (unsigned int i = 0; i < vm->nr_vcpus; i++) {
		const struct job half = {
			.op = OP_SEQUENCE, .offset = i * part, .bytes = part / 2, .write_percent = 100,
			.execute_percent = EXECUTE_PERCENT,
		};

		vm_start(vm, i, &half);
	}
	vm_wait(vm);
	mark("phase anywhere");
	vm_start_all(vm, &anywhere);
	vm_wait(vm);
	mark("phase runs");
	vm_start_all(vm, &runs);
	vm_wait(vm);
	mark("phase read all");
	vm_touch_all(vm, 0, 0);
}
