/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_PERF_EVENTS_H
#define CAPTURE_LIVE_PERF_EVENTS_H

#include <sys/types.h>

#include "capture/live/profile.h"
#include "capture/live/refused.h"

/*
 * Which events of a profile perf_event_open(2) gives here.  Each is opened and closed again, so that one that is
 * refused does not spoil the rest, as it does for `perf record`.  The numbers of events are read in tracefs, which must
 * be mounted and readable; it need not be writable.
 */

/**
 * perf_events_list() - "kvm:kvm_exit,kvm:kvm_entry", as perf's -e has it; the caller's to free().
 * @pid:	of this process; -1: of the whole machine.
 * @refused:	what the profile asks for and is not in the list; probes among it.
 * @nr:		how many are in the list.
 *
 * Return: NULL when it would be empty.
 */
char *perf_events_list(const struct profile *p, pid_t pid, struct refused *refused, unsigned int *nr);

/* 0, or the errno of opening event @system:@name so; ENOENT: there is none. */
int perf_events_try(const char *system, const char *name, pid_t pid);

#endif
