/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_NX_ROUNDS_H
#define REPLAY_NX_ROUNDS_H

#include "replay/recording.h"

/*
 * Rounds of the NX recovery worker.  Nothing in a recording says where one begins or ends: what the worker's thread
 * did without a pause is taken for one.  It sleeps for the same time after each round (a module parameter of the
 * host), which shows two things more: where a round lost its CPU and looks like two, and how many rounds there were
 * in a silence, which took no table away and left no record.
 */

/*
 * How long @task sleeps after a round: the lower quartile of its silences; 0: it is no NX recovery worker, or has
 * too few rounds to tell.
 */
uint64_t nx_rounds_sleep(const struct recording *r, uint32_t task);

/*
 * Gives what looks like a round less than a third of a sleep after another one to that one.  The operation it
 * was keeps no observation.
 */
void nx_rounds_join(struct recording *r);

/* How many rounds there were in a silence of @silence_ns between two that left a record. */
uint64_t nx_rounds_silent(uint64_t silence_ns, uint64_t sleep_ns);

#endif
