/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_GUIDE_H
#define REPLAY_DRIVE_GUIDE_H

#include "engine/config/policy.h"
#include "replay/chains.h"
#include "replay/gpt_pages.h"
#include "replay/inherited.h"
#include "replay/order.h"
#include "replay/stores.h"
#include "replay/verdict.h"

/*
 * A guided replay: every recorded task runs its recorded operations, attempt
 * by attempt, on the engine; nothing costs time, so that time passes only where the
 * recording says (rt_idle_until() between operations, pins inside them).  What the engine
 * emits is compared with what was recorded as soon as an operation is over, and
 * where it differs the engine's state is repaired from the recording.
 */
struct guide_job {
	const struct recording	*rec;
	const struct policy	*policy;
	const struct swaps	*swaps;		/* of @rec, as the next */
	const struct yields	*yields;
	const struct chains	*chains;
	const struct stores	*stores;
	const struct inherited	*inherited;
	const struct gptes	*gptes;
	const struct gpt_pages	*gpt_pages;
	const struct order	*order;		/* and where it has the last word */
	bool			 consistent;	/* instants as it places them, else at the evidence */
	uint64_t		 seed;
	/*
	 * Knobs of @policy that are the recording's instead (recorded_knobs.h): all of them under the recorded
	 * kernel's preset, but those that somebody set; none under another.
	 */
	uint32_t		 recorded;
	/*
	 * The run at the evidence fills outcomes, classes and counts; the consistent one comes after
	 * it and only says what is exact there.
	 */
	struct verdict		*verdict;
};

/* Compiled per runtime; only virtual time can be guided.  ERR_MACHINE: out of memory or stacks. */
int guide_vtime(const struct guide_job *job, struct err *e);

#endif
