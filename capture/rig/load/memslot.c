// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

#include <linux/kvm.h>
#include <unistd.h>

static void away(struct vm *vm, uint32_t us)
{
	usleep(prng_below(&vm->chance, us));
}

static void drop(struct vm *vm, unsigned int s)
{
	vm_set_slot(vm, s, vm_slot_gpa(vm, s), 0, NULL, 0);
}

static void move(struct vm *vm, unsigned int s)
{
	vm_set_slot(vm, s, GPA_AWAY, vm->slot_bytes, vm_slot_memory(vm, s), 0);
	away(vm, 2000);
}

static void halve(struct vm *vm, unsigned int s)
{
	drop(vm, s);
	vm_set_slot(vm, s, vm_slot_gpa(vm, s), vm->slot_bytes / 2 & ~(vm->page - 1), vm_slot_memory(vm, s), 0);
	away(vm, 2000);
	drop(vm, s);
}

static void change(struct vm *vm)
{
	unsigned int s = 1 + (unsigned int)prng_below(&vm->chance, vm->nr_slots);
	uint64_t chance = prng_below(&vm->chance, 10);

	if (chance < 5) {
		drop(vm, s);
		away(vm, 2000);
	} else if (chance < 7) {
		move(vm, s);
	} else if (chance < 9) {
		halve(vm, s);
	} else {
		vm_restore_slot(vm, s, KVM_MEM_LOG_DIRTY_PAGES);
		away(vm, 20000);
	}
	vm_restore_slot(vm, s, 0);
}

void memslot(struct vm *vm)
{
	struct pace pace;

	mark("phase warm");
	vm_touch_all(vm, 50, 0);
	mark("phase memslot");
	vm_touch_hot(vm, 50);
	for (pace = pace_begin(vm); pace_more(vm, &pace); pace_rest(vm, 30000))
		change(vm);
	vm_stop(vm);
}
