/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_METRICS_H
#define CAPTURE_LIVE_METRICS_H

#include "base/err.h"
#include "capture/live/watch.h"

/*
 * The text exposition format of Prometheus, version 0.0.4, for the node exporter's textfile collector
 * or anything else that reads it: names mmulab_capture_..., HELP and TYPE of each, seconds and bytes.  What
 * this host's events do not tell is not there.
 */

/* Replaces @path, at once: whoever reads it sees the old one or the new one, whole. */
int metrics_write(const char *path, const struct watch_now *now, struct err *e);

/* --- for tests ------------------------------------------------------------------------------ */

/* The same text; the caller's to free(). */
char *metrics_text(const struct watch_now *now);

#endif
