/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_PROBES_H
#define CAPTURE_LIVE_PROBES_H

#include "base/err.h"
#include "capture/live/btf.h"
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
 *	<6.3 p mn_inv_end kvm_mmu_notifier_invalidate_range_end start=+{mmu_notifier_range.start|16}($arg2):x64
 *	>=6.3 p mn_inv_end kvm_mmu_notifier_invalidate_range_end start=+{mmu_notifier_range.start|8}($arg2):x64
 *
 * p: at the beginning of the function, r: at its return; then the event's name, the symbol, its
 * arguments as tracefs has them.  In front, where layouts differ, the releases the line is for.  A
 * symbol the kernel does not have is no news: releases differ in them.  Where no argument is asked for, one the
 * compiler made a function of its own of (SYMBOL.isra.0, SYMBOL.constprop.0) will do.
 *
 * Behind the word "if" stands what an event must say to be recorded, as tracefs has it ("if old != 0").
 *
 * {STRUCT.MEMBER|NUMBER} is where the kernel says the member lies, or NUMBER where it does not describe that
 * struct; without one ({STRUCT.MEMBER}) the probe is refused then.  So it is when the struct has no such member.
 */

/* Is a line that begins with @condition ("<6.3", ">=6.3") for @release ("6.12.9-amd64")?  -1: it is no condition. */
int probes_for_release(const char *condition, const char *release);

/**
 * probes_make() - the probe events of the tables @p names, in the instance's own group.
 * @release:	of the running kernel.
 * @kallsyms:	text of /proc/kallsyms: which symbols there are.
 * @types:	the kernel's, or NULL when it does not describe them.
 * @p:		their events are appended, so that they are turned on with the others.
 * @refused:	what the kernel did not take; one entry for all when it takes no probes.
 *
 * Return: 0, or ERR_INPUT with FILE:LINE of a table that cannot be read.
 */
int probes_make(struct instance *in, const char *release, const char *kallsyms, const struct btf *types,
		struct profile *p, struct refused *refused, struct err *e);

/*
 * Calls a probe of ours had no room for: a return that too many waited for, a call from within a probe.  Where
 * another capture has a probe of the same name, its calls are counted too.
 */
void probes_missed(struct instance *in, const struct profile *p, struct refused *missed);

/*
 * A probe event of @kind 'p' or 'r' on @symbol.  Return: 0, or -errno as the kernel does not take it.
 */
int probes_define(const char *group, char kind, const char *name, const char *symbol, const char *args);

/* --- for tests ---------------------------------------------------------------------------- */

/* @args with numbers for members; the caller's to free().  NULL, and *@why, which is too, when one has no place. */
char *probes_expand(const char *args, const struct btf *types, char **why);
/* The name that @kallsyms has of function @symbol, the caller's to free(); NULL: none.  @clone: see above. */
char *probes_symbol(const char *kallsyms, const char *symbol, bool clone);
/* Of kprobe_profile's @text, how many calls of event @name were missed. */
uint64_t probes_missed_of(const char *text, const char *name);

#endif
