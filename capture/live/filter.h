/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_FILTER_H
#define CAPTURE_LIVE_FILTER_H

#include "capture/live/instance.h"
#include "capture/live/refused.h"
#include "capture/live/vms.h"

/*
 * Keeps the events of other VMs out of an instance, in the kernel: the threads of their processes,
 * those they make from now on, and the kernel threads that serve them are not traced
 * (set_event_notrace_pid, event-fork).  Nothing is asked of a thread that is of no VM:
 * what kswapd, khugepaged, kcompactd or any process does to the memory of the VM that is recorded
 * is recorded.  So is what they do to the memory of others, whose events do not say whose it was.
 * What another VM's own thread does to it (it reclaims memory directly) is not.
 *
 * A VM that starts later is kept out as soon as the kernel tells of it, which is before it has a vCPU.
 */
struct filter;

/**
 * filter_start() - from now on, of all VMs, those of process @only alone are recorded.
 * @refused:	what the kernel did not take, or cannot be known here.
 *
 * A thread of its own waits for VMs that start, until filter_close().
 */
struct filter *filter_start(struct instance *in, pid_t only, struct refused *refused);
/* Ends that; @refused: what went wrong since. */
void filter_close(struct filter *f, struct refused *refused);	/* NULL is fine */

/* --- for tests -------------------------------------------------------------------------------- */

/* The thread that made a VM, from a kernel's message ("change@...\0...\0EVENT=create\0PID=77\0"); 0: it says something else. */
pid_t filter_new_vm(const char *message, size_t len);

#endif
