/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_SYMBOLS_H
#define CAPTURE_LIVE_SYMBOLS_H

#include "base/types.h"

/*
 * The symbols a recording needs, out of the five megabytes a kernel has: the functions that have probes, which
 * tell what a probe is on, and what writes trace_marker, which `trace-cmd report` names in front of each line.
 */

/* Does this event's format file print addresses as functions ("%ps")?  Then its recording needs all of them. */
bool symbols_printed(const char *format);

/**
 * symbols_needed() - a text like /proc/kallsyms, the caller's to free(); NULL: addresses are hidden.
 * @kallsyms:	of /proc/kallsyms.
 * @probes:	of dynamic_events; NULL: there are none.
 * @group:	of the probes that are ours.
 */
char *symbols_needed(const char *kallsyms, const char *probes, const char *group);

#endif
