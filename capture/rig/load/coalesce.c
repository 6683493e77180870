// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include "capture/rig/load/dirty_log.h"
#include "capture/rig/load/scenario.h"

static void touch_blocks(struct vm *vm, uint64_t block_bytes)
{
	for (uint64_t at = 0; at + block_bytes <= vm->bytes; at += block_bytes) {
		const struct job same = {
			.op = OP_RANDOM, .offset = at, .bytes = block_bytes, .count = 12, .write_percent = 75,
		};

		vm_start_all(vm, &same);
		vm_wait(vm);
	}
}

static void race(struct vm *vm)
{
	const struct job some = {
		.op = OP_RANDOM, .bytes = min_u64(4 * vm->block, vm->bytes), .write_percent = 100,
	};

	mark("phase coalesce against drops");
	vm_start_all(vm, &some);
	dirty_log_set(vm, true);
	usleep(5000);
	dirty_log_set(vm, false);
	for (int i = 0; i < 6; i++) {
		struct range block = range_block(vm);

		range_advise(range_page(vm, block), MADV_DONTNEED);
		range_advise(block, MADV_COLLAPSE);
	}
	vm_stop(vm);
}

void coalesce(struct vm *vm)
{
	const uint64_t blocks = max_u64(vm->bytes / vm->block, 1);
	const struct job writes = { .op = OP_RANDOM, .bytes = vm->bytes, .count = blocks * 6, .write_percent = 100 };
	const struct job load = { .op = OP_RANDOM, .bytes = vm->bytes, .write_percent = 100 };
	struct pace pace;

	mark("phase populate blocks");
	vm_touch_all(vm, 100, 0);
	for (pace = pace_begin(vm); pace_more(vm, &pace);) {
		mark("phase log on, split, round %u", pace.rounds);
		dirty_log_set(vm, true);
		vm_start_all(vm, &writes);
		vm_wait(vm);
		if (pace.rounds % 3 == 2 && !vm->load->ring)
			dirty_log_read(vm);
		if (pace.rounds % 2) {
			mark("phase log off under load");
			vm_start_all(vm, &load);
			usleep(5000);
			dirty_log_set(vm, false);
			pace_rest(vm, 20000);
			vm_stop(vm);
		} else {
			dirty_log_set(vm, false);
		}
		mark("phase coalesce the same blocks");
		touch_blocks(vm, min_u64(vm->block, vm->bytes));
		if (pace.rounds % 4 == 0)
			race(vm);
	}
}
