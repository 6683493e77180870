/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_OUT_DATOUT_H
#define CAPTURE_OUT_DATOUT_H

#include "base/err.h"
#include "base/outfile.h"
#include "base/types.h"

/*
 * Writes trace.dat version 6 (trace-cmd.dat.v6(5)): what trace-cmd, KernelShark
 * and `mmulab import` read.  Of this machine's byte order and words.  The head says
 * where each CPU's pages are, so all sizes must be known when it is written.
 */
struct datout_event {		/* one event's format file */
	const char *system;
	const char *format;
};

struct datout_head {		/* texts are borrowed until datout_head() returns; NULL is the same as "" */
	const char	*header_page, *header_event;	/* of tracefs events/ */
	const struct datout_event *ftrace;	size_t nr_ftrace;	/* of system ftrace */
	const struct datout_event *events;	size_t nr_events;	/* those of one system stand together */
	const char	*kallsyms, *printk_formats;
	const char	*cmdlines;		/* "PID COMM" per line */
	const char	*clocks;		/* "local [mono] boot": trace_clock as the kernel prints it */
	const char	*uname;			/* "Linux HOST RELEASE MACHINE" */
	const char	*program;		/* what recorded it */
	const char	*const *cpu_stats;	/* per_cpu/cpuN/stats when the recording ended, nr_cpus of them */
	uint32_t	 page_size;		/* of the ring buffer, bytes: a power of two */
	uint32_t	 nr_cpus;
};

/**
 * datout_head() - everything in front of the pages.
 * @o:		a file in which nothing is written yet.
 * @cpu_bytes:	of each CPU's pages, a multiple of the page size; 0: it has none.
 *
 * The pages of CPU 0, 1, ... must follow, without gaps.
 */
int datout_head(struct outfile *o, const struct datout_head *h, const uint64_t *cpu_bytes, struct err *e);

#endif
