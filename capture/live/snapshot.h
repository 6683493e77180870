/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_SNAPSHOT_H
#define CAPTURE_LIVE_SNAPSHOT_H

#include "capture/live/refused.h"
#include "capture/live/vms.h"

/*
 * What no event tells and a replay depends on, one "NAME=VALUE" at a time, in the words of capture/notes.h:
 * the kernel's configuration and KVM's module parameters, transparent huge pages, how the kernel preempts;
 * the VMs that run, their threads and vCPUs; KVM's statistics of each.
 */
struct snapshot {
	void	(*note)(void *arg, const char *line);
	void	*arg;
	const struct vms *vms;
	int	 only;		/* index of the process that is recorded; -1: all */
	struct refused *refused;	/* what the host does not let be read */
};

/* Before a recording begins; what cannot be read is left out. */
void snapshot_host(const struct snapshot *s);
/* KVM's statistics, when it has begun and when it ends: @when is "begin" or "end". */
void snapshot_stats(const struct snapshot *s, const char *when);

#endif
