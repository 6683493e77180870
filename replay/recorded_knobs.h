/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_RECORDED_KNOBS_H
#define REPLAY_RECORDED_KNOBS_H

#include "engine/config/policy.h"
#include "replay/recording.h"

/*
 * Knobs whose value no kernel release decides but the recorded machine: what a VM chose for itself (a
 * quirk), module parameters and how the kernel is preempted.  Where no note in the recording says it
 * (capture/notes.h), what followed may show it.  A set of such knobs is a mask with one bit each.
 */
#define RECORDED_KNOBS_ALL	UINT32_MAX

/* The bit of the knob @name (of @len characters); 0: it is none of these. */
uint32_t recorded_knob(const char *name, size_t len);

/* Gives those of @mask in @p the value @vm had.  Where nothing shows it, @p keeps its own. */
void recorded_knobs_take(const struct recording *rec, uint32_t vm, uint32_t mask, struct policy *p);

#endif
