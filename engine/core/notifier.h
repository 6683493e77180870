/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_NOTIFIER_H
#define ENGINE_CORE_NOTIFIER_H

/*
 * What a VM remembers of the host's invalidations.
 *
 * - seq counts finished invalidations that matched a slot (under notifier.lock = always: all);
 *   in_progress counts those begun and not ended.  Both change under mmu_lock held for write.
 * - The hull is the union of all ranges begun since in_progress was last 0; under
 *   notifier.hull_reset = exact, of those that are open.  Its unit is that of fault.retry_key:
 *   host addresses (hull-hva), otherwise gfns.
 * - `open` keeps the open gfn ranges one by one, each with its window's host addresses.  When
 *   there are more than the table holds, the hull stands in for all of them, and
 *   does not shrink, until as many have ended.
 * - `ended` remembers the last gfn ranges that ended: only to tell a retry for the sake of
 *   its own page from one that the counter alone asked for.
 * - active counts open windows whether they matched or not; a new set of
 *   slots is published only while it is 0 (memslot.swap_waits), so that the end of a
 *   window always finds the slots its start found.
 */
#include "base/types.h"
#include "engine/config/policy.h"
#include "engine/core/memslots.h"
#include "engine/core/mutant.h"
#include "engine/rt/rt.h"

#define NOTIFIER_MAX_OPEN	256
#define NOTIFIER_MAX_ENDED	64

struct notifier_range {
	rt_u64 start, end;		/* gfns; both 0: the window matched no slot */
	rt_u64 hva_start, hva_end;	/* of its window; hva_end 0: unused */
};

struct notifier_ended {
	rt_u64 start, end;		/* gfns */
	rt_u64 seq;			/* that its end made */
};

/* How long, how wide, how many; nothing is decided by it. */
struct notifier_stats {
	uint64_t swaps;			/* publications of slots */
	uint64_t swap_wait_ns;		/* they waited for open windows, summed */
	uint64_t swap_wait_max_ns;
	uint64_t active_max_ns;		/* longest time in which none could have been published */
	uint64_t active_max;		/* windows open at once */
	uint64_t hull_max_pages;	/* the widest hull */
	uint64_t hull_open_pages;	/* the ranges that were open then, summed */
};

struct notifier {
	const struct policy  *policy;
	rt_u64		      seq, in_progress;
	rt_u64		      hull_start, hull_end;	/* hull_end 0: no range yet; equal: nothing */
	rt_u64		      nr_open;			/* rows in use are below this */
	rt_u64		      overflow;			/* open ranges that found no row */
	struct notifier_range open[NOTIFIER_MAX_OPEN];
	rt_u64		      nr_ended;			/* ever; the last NOTIFIER_MAX_ENDED are kept */
	struct notifier_ended ended[NOTIFIER_MAX_ENDED];
	uint64_t	      open_pages;		/* mmu_lock held for write */

	struct rt_spinlock    lock;			/* active, active_since_ns, drained */
	uint64_t	      active, active_since_ns;
	struct rt_cond	      drained;
	struct notifier_stats stats;
};

/* @policy must outlive it. */
void notifier_init(struct notifier *n, const struct policy *policy);

/* A window opens and closes, whatever it matches. */
void notifier_enter(struct notifier *n);
void notifier_leave(struct notifier *n);
/* Publishes @ms's next set as soon as no window is open, atomically with that; memslot.swap_waits = no: at once. */
void notifier_publish(struct notifier *n, struct memslots *ms, unsigned int as_id);

/* --- mmu_lock held for write --- */

/* A window: its host addresses.  What is by gfn names those of its pages, or [0, UINT64_MAX): all there are. */
struct notifier_window {
	hva_t start, end;
};

/* The window matched a slot for the first time, or always counts. */
void notifier_begin(struct notifier *n, const struct notifier_window *w);
/* One slot's part of it, in gfns; [0, 0): it has none. */
void notifier_add(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end);
/* The same part is about to end. */
void notifier_remove(struct notifier *n, const struct notifier_window *w, gfn_t start, gfn_t end);
void notifier_end(struct notifier *n);

/* --- faults --- */

static inline uint64_t notifier_snapshot(struct notifier *n)
{
	return rt_load(&n->seq);
}

/* Something is in progress: does it concern @gfn of @slot, in pages of 1 << @page_shift, by the key of the policy? */
bool notifier_covers(const struct notifier *n, gfn_t gfn, const struct mmu_slot *slot, unsigned int page_shift);

/*
 * Must a fault on @gfn of @slot that took its snapshot @seq start over?  Exact
 * under mmu_lock; without it ("unsafe") wrong answers of both sorts occur: a
 * false "no" is caught under the lock, a false "yes" costs one more fault.
 */
static inline bool notifier_retry(const struct notifier *n, uint64_t seq, gfn_t gfn, const struct mmu_slot *slot,
				  unsigned int page_shift)
{
	if (!MUTANT(skip_in_progress) && rt_load(&n->in_progress) && notifier_covers(n, gfn, slot, page_shift))
		return true;
	return !MUTANT(skip_seq) && rt_load(&n->seq) != seq;
}

/* Why a fault that must start over must. */
enum notifier_why {
	NOTIFIER_WHY_OPEN,		/* its page is in an open range */
	NOTIFIER_WHY_HULL,		/* it is not, but the key covers it */
	NOTIFIER_WHY_ENDED,		/* its page was in a range that ended since the snapshot */
	NOTIFIER_WHY_SEQ,		/* something else ended */
};

/* Asked right after notifier_retry() said yes; for statistics only. */
enum notifier_why notifier_why(const struct notifier *n, uint64_t seq, gfn_t gfn);

#endif
