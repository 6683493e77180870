// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"


void notifier(struct vm *vm)
{
	struct pace pace;

	mark("phase warm");
	vm_touch_all(vm, 50, 0);
	mark("phase notifier");
	vm_touch_hot(vm, 50);
	for (pace = pace_begin(vm); pace_more(vm, &pace); pace_rest(vm, 4000))
		range_advise(range_any(vm), MADV_DONTNEED);
	vm_stop(vm);
}
