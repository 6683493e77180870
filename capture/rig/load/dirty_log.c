// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/dirty_log.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/alloc.h"
#include "capture/rig/load/scenario.h"

#define READS		4	/* of the bitmaps, while logging is on */
#define READ_US		150000
#define CLEAR_PAGES	4096	/* in one KVM_CLEAR_DIRTY_LOG; a multiple of 64 */
#define DROPPED		8
#define COLLAPSED	16

void dirty_log_set(struct vm *vm, bool on)
{
	for (unsigned int s = 1; s <= vm->nr_slots; s++)
		vm_restore_slot(vm, s, on ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

static void clear(struct vm *vm, unsigned int slot, char *bitmap)
{
	const uint64_t pages = vm->slot_bytes / vm->page;

	for (uint64_t first = 0; first < pages; first += CLEAR_PAGES) {
		struct kvm_clear_dirty_log log = {
			.slot = slot, .first_page = first, .num_pages = (uint32_t)min_u64(pages - first, CLEAR_PAGES),
			.dirty_bitmap = bitmap + first / 8,
		};

		if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
			die_errno("KVM_CLEAR_DIRTY_LOG");
	}
}

void dirty_log_read(struct vm *vm)
{
	char *bitmap = xcalloc(vm->slot_bytes / vm->page / 64 + 1, 8);

	for (unsigned int s = 1; s <= vm->nr_slots; s++) {
		struct kvm_dirty_log log = { .slot = s, .dirty_bitmap = bitmap };

		mark("get_dirty_log slot %u", s);
		if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
			die_errno("KVM_GET_DIRTY_LOG");
		if (vm->load->clear)
			clear(vm, s, bitmap);
	}
	free(bitmap);
}

static void harvest(struct vm *vm)
{
	mark("harvest rings");
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vm_harvest(vm, &vm->vcpus[i]);
}

/* Blocks that have been split come back, where pages of them were not dropped. */
static void collapse(struct vm *vm)
{
	mark("phase drop and collapse");
	for (int i = 0; i < DROPPED; i++)
		range_advise(range_page(vm, range_block(vm)), MADV_DONTNEED);
	vm_touch_all(vm, 100, 0);
	for (int i = 0; i < COLLAPSED; i++)
		range_advise(range_block(vm), MADV_COLLAPSE);
	vm_touch_all(vm, 0, 0);
}

void dirty_log(struct vm *vm)
{
	const struct job runs = { .op = OP_RUNS, .bytes = vm->bytes, .write_percent = 40 };
	struct pace pace;

	mark("phase warm");
	vm_touch_all(vm, 100, 0);
	for (pace = pace_begin(vm); pace_more(vm, &pace);) {
		mark("phase dirty round %u", pace.rounds);
		if (pace.rounds % 2)
			vm_touch_hot(vm, 40);
		else
			vm_start_all(vm, &runs);
		dirty_log_set(vm, true);
		for (int i = 0; i < READS; i++) {
			pace_rest(vm, READ_US);
			if (vm->load->ring)
				harvest(vm);
			else
				dirty_log_read(vm);
		}
		dirty_log_set(vm, false);
		mark("phase recovered");
		pace_rest(vm, READ_US);
		vm_stop(vm);
		vm_touch_all(vm, 100, 0);
		collapse(vm);
	}
}
