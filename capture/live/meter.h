/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_METER_H
#define CAPTURE_LIVE_METER_H

#include <sys/types.h>

#include "base/types.h"
#include "capture/dat_stream.h"
#include "result/hist.h"

/*
 * What a recording tells while it is made, by VM.  It sees records of one CPU at a time, in order, possibly
 * only some of them: then each counts for several, so that the counts are estimates.
 *
 * An access is an exit of a vCPU with a fault of KVM's in it, retried ones one by one; its service time lasts from the
 * exit to the next entry of the same thread, when both were on one CPU with nothing left out between.  A host whose
 * KVM records no exits (software KVM) has walks and invalidations only.
 */
struct meter_count {		/* since the beginning */
	double	exits, accesses, walks, invalidations, ages;
	double	service_ns;	/* of all accesses together */
};

struct meter_vm {
	pid_t	 pid;		/* of its process; 0: threads of no VM, such as kswapd, and those that ended too soon */
	char	*name;
	uint32_t nr_vcpus;	/* threads that were seen to run the guest */
	struct meter_count count;
	struct hist service, recent;	/* ns of accesses: since the beginning, since meter_forget() */
};

struct meter_format {		/* of one event that is recorded; borrowed until meter_open() returns */
	const char *system, *text;
};

struct meter;

/* @clock: of the records; with one that does not count nanoseconds, accesses have no service times. */
struct meter *meter_open(const struct meter_format *formats, size_t nr, const char *clock);
void meter_close(struct meter *m);	/* NULL is fine */

/**
 * meter_window() - the records that follow are of @cpu, and each stands for @weight of them.
 * @gap:	records were left out since the last ones of that CPU.
 */
void meter_window(struct meter *m, uint32_t cpu, bool gap, double weight);
void meter_record(struct meter *m, const struct dat_record *rec);

/* Those seen so far; [0] is of no VM.  Valid until the next record. */
const struct meter_vm *meter_vms(const struct meter *m, size_t *nr);
void meter_forget(struct meter *m);

#endif
