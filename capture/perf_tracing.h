/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_TRACING_H
#define CAPTURE_PERF_TRACING_H

#include "capture/formats.h"
#include "capture/perf_file.h"

/* One "PID COMM" line of the recorded host's list of threads. */
typedef void (*perf_thread_fn)(void *arg, uint32_t tid, const char *comm, size_t len);

/*
 * The tracing data of a perf.data: what trace-cmd calls the head of a file of
 * version 6.  Adds the event formats to @f and calls @fn with the threads it
 * lists (newer perf only).  A part that ends early is noted; what stands before
 * it is taken.
 */
void perf_tracing_read(const uint8_t *p, uint64_t len, bool swap, struct formats *f, perf_thread_fn fn, void *arg,
		       struct perf_notes *damage);

#endif
