/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_PERF_H
#define CAPTURE_LIVE_PERF_H

#include "capture/live/record.h"

/*
 * The same recording through `perf record`, into a perf.data: for hosts that allow perf_event_open(2) and do not let
 * tracefs be written.  No probe events, no facts of the host; each event costs several times as much.
 *
 * perf is a child with its events off until it says that all of them are there, so that the recording begins before
 * the command does.  It writes into a file without a name.  When we are killed, so is it.
 */

/**
 * perf_host() - as record_host(), with the same ends and errors.
 *
 * @o->clock: mono, mono_raw, boot or tai; no view, no metrics.  @out->cpus is counted in the file, by the same
 * reader that imports it; what was lost is in its "dropped".
 *
 * ERR_MACHINE also when there is no perf, or it ends before it is asked to.
 */
int perf_host(const struct record_options *o, struct record_result *out, struct err *e);

#endif
