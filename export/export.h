/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "base/err.h"
#include "event/meta.h"
#include "replay/told.h"

/*
 * A run of the engine, written down as the recording that a host would have left: a trace.dat of version 6 in which
 * each task is a thread, and everything that it does is in the kernel's own events and in those of the probes that
 * `mmulab capture` makes.  trace-cmd, KernelShark and `mmulab import` read it.
 *
 * Recorded times begin where the imported recording began.  What the engine has no number for (instruction pointers,
 * addresses of kernel objects) is made up, and the same for the same thing everywhere in the file.
 */
struct exporter;

struct export_options {			/* texts are borrowed until export_close() */
	const char		*path;
	const struct ev_meta	*meta;	/* of the event file that is run */
	const char		*program;	/* "mmulab VERSION: policy x86-6.12, seed 1" */
};

struct export_counts {
	uint64_t records, bytes;
	uint64_t late;			/* records that got the time of the one before on their CPU */
	uint64_t unsaid;		/* operations that no kernel has a record of */
};

/* ERR_MACHINE for an architecture or a way of paging that no records are known for here. */
int export_open(const struct export_options *o, struct exporter **out, struct err *e);
/* For struct drive_job; good until export_close(). */
const struct told_sink *export_sink(struct exporter *x);
/* The run is over: the file is there, whole.  Closes @x whatever it returns. */
int export_close(struct exporter *x, struct export_counts *out, struct err *e);
/* The run failed: there is no file.  NULL is fine. */
void export_abort(struct exporter *x);

#endif
