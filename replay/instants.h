/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_INSTANTS_H
#define REPLAY_INSTANTS_H

#include "replay/recording.h"

/*
 * When, inside a recorded operation, did the steps happen that decide its
 * outcome?  Events fire after a store and probes before it, so the records
 * give a span, not a point: no earlier than @lo, no later than @hi, and @at is
 * where the guided replay puts it first.  docs/fidelity.md tables the evidence.
 */
struct instant {
	uint64_t lo, at, hi;
};

struct fault_instants {
	/* The attempt of fast_page_fault: at its event, the page's mark, or the begin. */
	uint64_t	fast;
	uint64_t	fast_said;	/* its event, which reads the entry again */
	struct instant	snapshot;	/* mmu_invalidate_seq is read */
	uint64_t	looked_up;	/* the host page is there: prechecks are over */
	uint64_t	lock;		/* it queues for mmu_lock */
	struct instant	prechecked;	/* the last precheck, before the look-up returns */
	struct instant	check;		/* the retry test under mmu_lock */
	uint64_t	map;		/* first event of the map, or @check */
	bool		mapped;		/* it has such an event: it passed the retry test */
	uint64_t	mapped_last;	/* and had the lock until its last one */
};

void instants_fault(const struct recording *r, const struct rec_op *op, struct fault_instants *out);

/* INVALIDATE_START: in_progress++; INVALIDATE_END: seq++; anything else: its first change under the lock. */
void instants_change(const struct recording *r, const struct rec_op *op, struct instant *out);

/* When @op queued for mmu_lock: begin of its first recorded wait, or @otherwise. */
uint64_t instants_lock(const struct recording *r, const struct rec_op *op, uint64_t otherwise);

/* No later than this the call is over: its return, or, where no probe shows that, the task's next record. */
uint64_t instants_over(const struct recording *r, const struct rec_op *op);

/* A window whose end is not in the recording (meta.has_ends): when it may have closed. */
void instants_unseen_end(const struct recording *r, const struct rec_op *start, struct instant *out);

#endif
