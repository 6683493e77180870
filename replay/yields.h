/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_YIELDS_H
#define REPLAY_YIELDS_H

#include "replay/recording.h"

/*
 * Where did a walk under mmu_lock let others in without anybody having queued for the lock?  A walk yields
 * to waiters, which are recorded, and when its CPU is wanted, which is not.  Two things give the latter away:
 * a flush in the middle of a walk, since a walk flushes there only before it drops the lock; and an operation of
 * another task that had the lock for write, without a wait, between two records of the walk.
 * Where the kernel yields to waiters and somebody was waiting nothing is said: that yield is the engine's to predict.
 */
struct yields;

/* @to_waiters: walks yield to waiters, too (lock.needbreak). */
struct yields *yields_new(const struct recording *r, bool to_waiters);
void yields_free(struct yields *y);	/* NULL is fine */

/* Between the observation before it (of its operation) and r->obs[@obs]? */
bool yields_before(const struct yields *y, uint32_t obs);

/*
 * Did others take the lock for write, without a wait, while @op waited for it from @begin to @end?  Then it was
 * not in the queue all the while: its CPU had stopped.
 */
bool yields_overtaken(const struct yields *y, const struct rec_op *op, uint64_t begin, uint64_t end);

/* In what follows @next counts from @op's first observation: that which the walk has not come to. */

/* The first observation of @op's walk that begins at @t: what told of the lock and the handler is over. */
uint32_t yields_walk_start(const struct recording *r, const struct rec_op *op, uint32_t next, uint64_t t);
/*
 * When @op had begun to yield, if that is what its next observation tells of, or somebody who queued and had
 * the lock before that; else 0.
 */
uint64_t yields_seen(const struct yields *y, const struct recording *r, const struct rec_op *op, uint32_t next);
/*
 * After its last observation at @t @op may hold the lock no longer than until then: when the first of those whom it
 * keeps out had it, or its end.
 */
uint64_t yields_over(const struct yields *y, const struct recording *r, const struct rec_op *op, uint64_t t);
/*
 * @op yielded at @t: when it queued for the lock again.  @next moves on over the records of the yield.
 * Where others overtook it: when it had the lock.  Where it did not have to wait: as late as can be, which is
 * before its next record and before somebody else queued who had to wait beyond that.
 */
uint64_t yields_relock(const struct yields *y, const struct recording *r, const struct rec_op *op, uint32_t *next,
		       uint64_t t);

/* Does an operation of this kind walk tables under the lock, and yield? */
bool yields_walks(const struct recording *r, unsigned int kind);

#endif
