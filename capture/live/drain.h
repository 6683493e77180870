/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_DRAIN_H
#define CAPTURE_LIVE_DRAIN_H

#include "base/err.h"
#include "base/types.h"
#include "capture/live/instance.h"

/*
 * Takes the pages of each CPU's ring buffer to a spool: one thread per CPU, which
 * the kernel wakes; pages are spliced, so memory is a pipe's per CPU however long it
 * runs and however slow the disk is.  What the disk cannot take in time the kernel counts as lost.
 */
struct drain;

/**
 * drain_start() - from now on what the instance records goes to spools.
 * @path:	the output they are going to be part of.
 */
int drain_start(struct instance *in, const char *path, struct drain **out, struct err *e);

/* Has a spool failed?  The capture should stop then; drain_stop() says why. */
bool drain_failed(const struct drain *d);

/**
 * drain_stop() - takes what is left and ends the threads; the instance records no more.
 *
 * Return: 0, or what the first spool that failed says.
 */
int drain_stop(struct drain *d, struct err *e);

uint32_t drain_page_size(const struct drain *d);
uint32_t drain_nr_cpus(const struct drain *d);
/*
 * Of CPU @cpu: its spool (-1: it has none) and the bytes there, which are whole pages after drain_stop().
 * While it runs, what is there so far may be read (pread) by one who does not mind half a page at its end.
 */
int drain_spool(const struct drain *d, uint32_t cpu, uint64_t *bytes);
void drain_close(struct drain *d);	/* after drain_stop(); NULL is fine */

#endif
