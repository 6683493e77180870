/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_NOTIFIER_H
#define ENGINE_CORE_NOTIFIER_H

/*
 * What a VM remembers of the host's invalidations.
 *
 * - seq counts finished invalidations that matched a slot; in_progress counts
 *   those begun and not ended.  Both change under mmu_lock held for write.
 * - The hull is the union of all ranges begun since in_progress was last 0; it
 *   never shrinks before that.  Its unit is that of fault.retry_key: host
 *   addresses (hull-hva), otherwise gfns.
 * - `exact` keeps the open gfn ranges one by one.  When there are more than
 *   the table holds, the hull stands in for all of them until it is empty.
 * - active counts open windows whether they matched or not; a new set of
 *   slots is published only while it is 0, so that the end of a window always
 *   finds the slots its start found.
 */
#include "base/types.h"
#include "engine/config/policy.h"
#include "engine/core/memslots.h"
#include "engine/rt/rt.h"

#define NOTIFIER_MAX_EXACT	256

struct notifier_range {
	rt_u64 start, end;		/* gfns; both 0: unused */
};

struct notifier {
	enum fault_retry_key  key;
	rt_u64		      seq, in_progress;
	rt_u64		      hull_start, hull_end;	/* start == end: no range yet */
	rt_u64		      nr_exact;			/* rows in use are below this */
	rt_u64		      overflow;			/* open ranges that found no row */
	struct notifier_range exact[NOTIFIER_MAX_EXACT];

	struct rt_spinlock    lock;			/* active, drained */
	uint64_t	      active;
	struct rt_cond	      drained;
};

void notifier_init(struct notifier *n, enum fault_retry_key key);

/* A window opens and closes, whatever it matches. */
void notifier_enter(struct notifier *n);
void notifier_leave(struct notifier *n);
/* Publishes @ms's next set as soon as no window is open, atomically with that. */
void notifier_publish(struct notifier *n, struct memslots *ms, unsigned int as_id);

/* --- mmu_lock held for write --- */

/* The window matched a slot for the first time. */
void notifier_begin(struct notifier *n, hva_t start, hva_t end);
/* One slot's part of it. */
void notifier_add(struct notifier *n, gfn_t start, gfn_t end);
void notifier_remove(struct notifier *n, gfn_t start, gfn_t end);
void notifier_end(struct notifier *n);

/* --- faults --- */

static inline uint64_t notifier_snapshot(struct notifier *n)
{
	return rt_load(&n->seq);
}

/*
 * Must a fault on @gfn (at @hva) that took its snapshot @seq start over?  Exact
 * under mmu_lock; without it ("unsafe") wrong answers of both sorts occur: a
 * false "no" is caught under the lock, a false "yes" costs one more fault.
 */
bool notifier_retry(const struct notifier *n, uint64_t seq, gfn_t gfn, hva_t hva);

#endif
