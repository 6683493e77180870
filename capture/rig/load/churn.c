// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"


static void run(struct vm *vm, bool drop)
{
	const struct job job = { .op = OP_CHURN, .bytes = vm->bytes, .write_percent = 50 };
	struct pace pace;

	mark("phase churn");
	vm_start_all(vm, &job);
	for (pace = pace_begin(vm); pace_more(vm, &pace); pace_rest(vm, drop ? 10000 : 20000))
		if (drop)
			range_advise(range_any(vm), MADV_DONTNEED);
	vm_stop(vm);
}

void churn(struct vm *vm)
{
	run(vm, false);
}

void churn_notifier(struct vm *vm)
{
	run(vm, true);
}
