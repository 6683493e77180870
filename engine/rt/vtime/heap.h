/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_HEAP_H
#define ENGINE_RT_VTIME_HEAP_H

/*
 * Whose turn it is: keys of time in ns above random tie bits above the task's number.  A task in the heap has a
 * seat, a leaf of the tree; the one that goes on leaves its seat to the one that stops, which changes one path of
 * the tree.
 */
#include "base/least.h"

#define HEAP_NEVER	LEAST_NEVER
#define HEAP_ID_BITS	12
#define HEAP_TIE_BITS	4
#define HEAP_NS_SHIFT	(HEAP_ID_BITS + HEAP_TIE_BITS)
#define HEAP_MAX_NS	(BIT_ULL(64 - HEAP_NS_SHIFT) - 1)

struct heap {
	struct least	 least;
	uint16_t	*seat;		/* of each task, while it is in the heap */
	uint16_t	*vacant;	/* seats of nobody: a stack */
	unsigned int	 nr_vacant;
};

/* For @nr tasks; none is in it yet. */
void heap_init(struct heap *h, unsigned int nr);
void heap_fini(struct heap *h);			/* zeroed: fine */

static inline uint64_t heap_key(uint64_t ns, unsigned int tie, unsigned int id)
{
	return ns << HEAP_NS_SHIFT | (uint64_t)tie << HEAP_ID_BITS | id;
}

static inline unsigned int heap_id(uint64_t key)
{
	return key & (BIT_ULL(HEAP_ID_BITS) - 1);
}

static inline uint64_t heap_ns(uint64_t key)
{
	return key >> HEAP_NS_SHIFT;
}

/* The smallest key; HEAP_NEVER: there is none. */
static inline uint64_t heap_top(const struct heap *h)
{
	return h->least.top;
}

/* The task of @key is in the heap with another key. */
static inline void heap_correct(struct heap *h, uint64_t key)
{
	least_set(&h->least, h->seat[heap_id(key)], key);
}

/* The task of @key comes, that of @leaving goes. */
static inline void heap_swap(struct heap *h, uint64_t leaving, uint64_t key)
{
	unsigned int seat = h->seat[heap_id(leaving)];

	h->seat[heap_id(key)] = (uint16_t)seat;
	least_set(&h->least, seat, key);
}

static inline void heap_enter(struct heap *h, uint64_t key)
{
	unsigned int seat = h->vacant[--h->nr_vacant];

	h->seat[heap_id(key)] = (uint16_t)seat;
	least_add(&h->least, seat, key);
}

static inline void heap_leave(struct heap *h, uint64_t key)
{
	unsigned int seat = h->seat[heap_id(key)];

	least_set(&h->least, seat, HEAP_NEVER);
	h->vacant[h->nr_vacant++] = (uint16_t)seat;
}

#endif
