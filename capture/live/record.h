/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_RECORD_H
#define CAPTURE_LIVE_RECORD_H

#include <stdio.h>

#include "base/err.h"
#include "base/types.h"
#include "capture/live/loss.h"
#include "capture/live/refused.h"

/* One recording of this host, from tracefs into a trace.dat. */
struct record_options {
	const char	*output;
	const char	*profile;	/* path: capture/live/profile.h */
	const char	*clock;		/* a word of trace_clock */
	const char	*vm;		/* the one whose events are recorded: vms_choose(); NULL: all */
	const char	*program;	/* what the file says recorded it */
	const char	*metrics;	/* file for Prometheus: capture/live/metrics.h; NULL: none */
	FILE		*view;		/* terminal: capture/live/view.h; NULL: none */
	uint32_t	 buffer_kb;	/* of each CPU */
	double		 duration_s;	/* 0: until a signal or the end of the command */
	char		*const *command;	/* ends with NULL; NULL: none */
};

struct record_result {		/* of record_host(); record_result_fini() */
	struct record_loss *cpus;	uint32_t nr_cpus;
	struct refused	refused;
	unsigned int	nr_events;	/* kinds that were turned on */
	uint64_t	bytes;		/* of the file */
	double		seconds;
	int		command_status;	/* as waitpid() has it; 0 without one */
};

/**
 * record_host() - record until SIGINT, SIGTERM, SIGHUP, the time is over or the command ends.
 *
 * Those signals, and SIGCHLD, are blocked while it runs.  Whatever ends it, no instance, probe or
 * enabled event is left.  @out->refused is filled also on failure.
 *
 * ERR_MACHINE: rights, no tracefs, none of the events is there, a full disk; ERR_INPUT: the profile, the
 * command; ERR_USAGE: a clock or a buffer size the kernel does not take, a VM that is not there.  The
 * output is as it was then, but when it is the metrics' file that cannot be written any more: that does
 * not end a recording.
 */
int record_host(const struct record_options *o, struct record_result *out, struct err *e);
void record_result_fini(struct record_result *r);

#endif
