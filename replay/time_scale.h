/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_TIME_SCALE_H
#define REPLAY_TIME_SCALE_H

#include "engine/config/costs.h"
#include "event/reader.h"
#include "replay/scan.h"

/*
 * A trace keeps the recorded host's times: how long the guest thought, how long an invalidation was
 * open.  What a replay does in between costs what the cost model says.  Where the two are not of
 * one machine (a trace from an emulated one takes 50 us for what the model does in 2.5), a window that saw three
 * attempts in the recording sees sixty in the replay.  Multiplying recorded times by the ratio of a fault attempt's
 * time in the model to its time in the recording puts windows and faults on one scale again.
 *
 * Both are medians over attempts, those of one access sharing its service time equally.  The model's are
 * what the costs add up to without contention: a first touch for the attempt that maps, and for the others what an
 * attempt costs until it finds the window (before the host page is looked up since 6.12, under the lock in 6.1).
 *
 * Attempts that found a huge page count only where there are no others: most of their time is the clearing of the
 * page, of which a recording does not say whether it was needed, and which no window waits for.
 */
#define TIME_SCALE_ONE	1000000u	/* parts per million */
#define TIME_SCALE_DEFAULT	"1"	/* of the command */
#define TIME_SCALE_MAX	1000		/* times as long, at most */

struct time_scale {
	uint32_t ppm;
	/* Medians, of small pages where there are any; 0: no attempt of known duration. */
	uint64_t recorded_ns, modelled_ns;
};

/* TIME_SCALE_ONE when the recording does not say how long its faults took.  Return: 0 or negative with @e filled. */
int time_scale_auto(struct ev_file *file, const struct costs *costs, struct time_scale *out, struct err *e);
/*
 * The same roughly, of means and without reading the file again: to say whether it would matter.
 * TIME_SCALE_ONE when nothing is known.
 */
uint32_t time_scale_rough(const struct scan *scan, enum kvm_release release, const struct costs *costs);
/* "0.05", "1", "12.5": ERR_USAGE for anything that is no number above 0 and up to TIME_SCALE_MAX. */
int time_scale_parse(const char *text, uint32_t *ppm, struct err *e);
/* "0.0463", "1"; @size of 16 is enough. */
void time_scale_print(uint32_t ppm, char *text, size_t size);

#endif
