/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_PROBES_H
#define CAPTURE_LIVE_PROBES_H

#include "base/err.h"
#include "capture/live/instance.h"
#include "capture/live/profile.h"
#include "capture/live/refused.h"

/*
 * Probe events for what has no tracepoint, from a file of lines
 * (capture/profiles/ARCH.probes):
 *
 *	# a comment
 *	p set_memslot kvm_set_memslot kvm=$arg1:x64 change=$arg4:s32
 *	r set_memory_region_ret __kvm_set_memory_region ret=$retval:s32
 *	<6.3 p mn_inv_end kvm_mmu_notifier_invalidate_range_end mn=$arg1:x64 start=+16($arg2):x64
 *	>=6.3 p mn_inv_end kvm_mmu_notifier_invalidate_range_end mn=$arg1:x64 start=+8($arg2):x64
 *
 * p: at the beginning of the function, r: at its return; then the event's name, the symbol, its
 * arguments as tracefs has them; at the end, what must hold of those for an event to be recorded
 * ("if old != 0").  In front, where layouts differ, the releases the line is for.  A
 * symbol the kernel does not have is no news: releases differ in them.
 */

/* Is a line that begins with @condition ("<6.3", ">=6.3") for @release ("6.12.9-amd64")?  -1: it is no condition. */
int probes_for_release(const char *condition, const char *release);

/**
 * probes_make() - the probe events of the tables @p names, in the instance's own group.
 * @release:	of the running kernel.
 * @kallsyms:	text of /proc/kallsyms: which symbols there are.
 * @p:		their events are appended, so that they are turned on with the others.
 * @refused:	what the kernel did not take; one entry for all when it takes no probes.
 *
 * Return: 0, or ERR_INPUT with FILE:LINE of a table that cannot be read.
 */
int probes_make(struct instance *in, const char *release, const char *kallsyms, struct profile *p,
		struct refused *refused, struct err *e);

#endif
