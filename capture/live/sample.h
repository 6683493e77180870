/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_SAMPLE_H
#define CAPTURE_LIVE_SAMPLE_H

#include "capture/live/drain.h"
#include "capture/live/meter.h"

/*
 * Reads again, while a recording goes on, what its drain has put into the spools: the newest pages of each CPU, up to a
 * budget, so that it costs the same however much is recorded.  Nothing waits for it: the drain is not asked
 * to do anything, and pages that are passed over are only counted.
 */
struct sample;

struct sample *sample_open(const struct drain *d, struct meter *m);
void sample_close(struct sample *s);	/* NULL is fine */

/*
 * Shows the meter what came since the last call.  To be called several times a second: whose VM a thread is can only
 * be found out while it lives.
 */
void sample_take(struct sample *s);
/* How much of what came since this was last asked the meter was shown, by bytes; 1: all, or nothing came. */
double sample_share(struct sample *s);

#endif
