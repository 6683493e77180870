/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_LINE_H
#define CAPTURE_TEXT_LINE_H

#include "base/types.h"

/*
 * One line of a trace printed as text, whoever printed it: tracefs (trace and
 * trace_pipe, with or without irq-info and print-tgid, latency-format), trace-cmd
 * report (default, -l, -t, --ts-diff, --raw-ts, "BUFFER:" before it), perf script
 * (also with callchains, periods, PID/TID, --ns) or the kernel's log.  Marks of quotation before it ("> ", "| ") and a time stamp of the log
 * are stepped over.
 *
 *	COMM-TID [(TGID)] [CPU] [FLAGS] TIME: EVENT: BODY
 *	COMM-TID CPUFLAGS TIME: EVENT: BODY
 *	COMM TID [CPU] TIME: SYSTEM:EVENT: BODY		perf script; the system is stepped over
 */
enum text_kind {
	TEXT_EVENT,
	TEXT_HEAD,	/* all up to the time, and no event after it: the rest may be on the next line */
	TEXT_LOST,	/* "CPU:1 [LOST 123 EVENTS]": cpu and lost are set; lost 0: it does not say how many */
	TEXT_QUIET,	/* blank, a comment, a line of a printer's own; no event and nothing lost by leaving it */
	TEXT_OTHER,
};

enum text_clock {
	TEXT_SECONDS,	/* "53.171055", "53.171055123": times are nanoseconds */
	TEXT_MICROS,	/* "53us": since the trace began; times are nanoseconds */
	TEXT_TICKS,	/* "1234": of a clock that does not say what it counts */
};

struct text_line {
	const char	*comm, *event, *body;	/* into the line; not terminated.  @event: or into @name */
	uint32_t	 comm_len, event_len, body_len;
	uint32_t	 tid, cpu;
	uint64_t	 ts;		/* as @clock says */
	enum text_clock	 clock;
	uint64_t	 lost;
	char		 name[64];
};

#define TEXT_CPUS	8192	/* CONFIG_NR_CPUS of the largest kernels: more is not a CPU */

/* @line .. @line + @len - 1 has no newline.  All of @out but @name points into it. */
enum text_kind text_line_parse(const char *line, size_t len, struct text_line *out);

/* Behind marks of quotation and the time stamp of a log. */
const char *text_line_begin(const char *line, size_t len);

#endif
