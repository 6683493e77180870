/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_VIEW_H
#define CAPTURE_LIVE_VIEW_H

#include "capture/live/watch.h"

/*
 * A few lines on a terminal, written over each time:
 *
 *	12 s   812k events/s   31.2 MB/s   0 lost
 *	VM                   access/s  walks/s  inval/s  ages/s     p50     p99   stall
 *	web1 (1234)             12.3k        -      120       0   1.3us   9.8us   2.1 %
 *
 * p50 and p99 are of service times, stall is the share of its vCPUs' time a VM spent in them.  "-": this host's
 * events do not tell.  At the end, the same of the whole recording.
 */
struct view;

struct view *view_open(FILE *terminal);
void view_show(struct view *v, const struct watch_now *now);
void view_close(struct view *v);	/* NULL is fine */

#endif
