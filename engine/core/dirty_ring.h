/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_DIRTY_RING_H
#define ENGINE_CORE_DIRTY_RING_H

/*
 * The dirty ring of one vCPU: pages it made dirty, in that order.
 *
 * - Its vCPU's task pushes; whoever holds slots_lock takes.  Neither waits for the other.
 * - It never gets full: a kernel would let the vCPU exit to user space, which then empties it, and
 *   when that happened is in the recording, as a reset.
 */
#include "engine/rt/rt.h"

struct dirty_entry {
	uint16_t id;		/* slot */
	uint8_t	 as_id;
	uint64_t page;		/* in it */
};

#define DIRTY_CHUNK	255

struct dirty_chunk {
	struct dirty_chunk *next;	/* set before an entry of it is pushed */
	struct dirty_entry  v[DIRTY_CHUNK];
};

struct dirty_ring {
	rt_u64		    pushed;	/* entries, ever */
	uint64_t	    taken;
	struct dirty_chunk *head, *tail;
};

void dirty_ring_init(struct dirty_ring *r);
void dirty_ring_fini(struct dirty_ring *r);	/* fine for a zeroed one */
void dirty_ring_push(struct dirty_ring *r, const struct dirty_entry *e);
/* Return: false when it is empty. */
bool dirty_ring_take(struct dirty_ring *r, struct dirty_entry *out);
/* Is @e in it?  For checks, while nobody takes. */
bool dirty_ring_has(const struct dirty_ring *r, const struct dirty_entry *e);

#endif
