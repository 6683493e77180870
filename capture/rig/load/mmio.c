// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

void mmio(struct vm *vm)
{
	const struct job job = {
		.op = OP_RANDOM, .bytes = min_u64(8ULL << 20, vm->bytes), .write_percent = 50, .device_permille = 50,
	};
	struct pace pace;

	mark("phase mmio");
	vm_start_all(vm, &job);
	for (pace = pace_begin(vm); pace_more(vm, &pace);)
		pace_rest(vm, 20000);
	vm_stop(vm);
}
