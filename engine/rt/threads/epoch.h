/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_THREADS_EPOCH_H
#define ENGINE_RT_THREADS_EPOCH_H

/*
 * Read sections by epoch.  A reader publishes the epoch it began in; whoever
 * starts a new epoch may go on when no reader of an older one is left.  All
 * sequentially consistent: either the reader sees what was published before
 * the new epoch, or its begin is seen.
 */
#include <stdatomic.h>
#include <stdint.h>

struct epoch_reader {
	_Atomic uint64_t since;		/* 0: outside */
	unsigned int	 depth;		/* its own thread's */
};

struct epoch {
	_Atomic uint64_t now;		/* starts at 1 */
};

static inline void epoch_enter(struct epoch *e, struct epoch_reader *r)
{
	if (!r->depth++)
		atomic_store(&r->since, atomic_load(&e->now));
}

static inline void epoch_leave(struct epoch_reader *r)
{
	if (!--r->depth)
		atomic_store_explicit(&r->since, 0, memory_order_release);
}

/* A new epoch; readers of the old ones have since < the result. */
static inline uint64_t epoch_advance(struct epoch *e)
{
	return atomic_fetch_add(&e->now, 1) + 1;
}

#endif
