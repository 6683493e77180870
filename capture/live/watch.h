/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_WATCH_H
#define CAPTURE_LIVE_WATCH_H

#include <stdio.h>

#include "base/err.h"
#include "capture/live/drain.h"
#include "capture/live/loss.h"
#include "capture/live/meter.h"

/*
 * Tells of a recording while it is made, about once a second: on a terminal (capture/live/view.h), in a file
 * for Prometheus (capture/live/metrics.h), or both.
 */
struct watch_options {
	FILE		*terminal;	/* NULL: none */
	const char	*metrics;	/* path; NULL: none */
	const char	*clock;		/* of the recording */
	const struct meter_format *formats;	size_t nr_formats;	/* borrowed until watch_start() returns */
};

/* What is told, at one moment. */
struct watch_now {
	double		seconds;	/* since the beginning */
	bool		over;		/* the recording is complete */
	const struct record_loss *cpus;	uint32_t nr_cpus;
	uint64_t	bytes;		/* of the ring buffers' pages */
	double		share;		/* of what came since the last time, how much the VMs' figures are of; 1: all */
	const struct meter_vm *vms;	size_t nr_vms;	/* [0]: of no VM */
};

uint64_t watch_events(const struct watch_now *now);	/* that are recorded, or going to be */
uint64_t watch_lost(const struct watch_now *now);

struct watch;

/**
 * watch_start() - what @in records from now on is told of.
 * @d:	takes it to the disk; both must outlive the watch.
 *
 * Return: 0, or what is wrong with the metrics' file.
 */
int watch_start(const struct watch_options *o, struct instance *in, const struct drain *d, struct watch **out,
		struct err *e);
/* To be called several times a second; tells once a second.  @seconds: since the beginning. */
void watch_tick(struct watch *w, double seconds);
/**
 * watch_end() - after drain_stop(), a last word on the whole recording.
 *
 * Return: 0, or what was wrong with the metrics' file the first time it could not be written.
 */
int watch_end(struct watch *w, double seconds, struct err *e);
void watch_close(struct watch *w);	/* NULL is fine */

#endif
