/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_HEAP_H
#define ENGINE_RT_VTIME_HEAP_H

/*
 * Min-heap of packed keys: time in ns above random tie bits above the task's
 * number.  Each task has a leaf of its own, HEAP_NEVER while it is not in the
 * heap, and a node above is the smallest of its four children.  So the way of a
 * change to the top is known beforehand: nothing on it waits for memory.  The row at the top
 * has eight nodes, which the smallest key of all is the smallest of.
 *
 * Rows follow each other from the top, so that the parent of node i is i / 4 - 2, and siblings are aligned.
 */
#include "base/types.h"

#define HEAP_NEVER	UINT64_MAX
#define HEAP_ID_BITS	12
#define HEAP_TIE_BITS	4
#define HEAP_NS_SHIFT	(HEAP_ID_BITS + HEAP_TIE_BITS)
#define HEAP_MAX_NS	(BIT_ULL(64 - HEAP_NS_SHIFT) - 1)

#define HEAP_TOP_ROW	8u

struct heap {
	uint64_t	 top;		/* the smallest key; HEAP_NEVER: there is none */
	uint64_t	*least;		/* of the leaves below each node; [leaves + id]: a task's */
	unsigned int	 leaves;	/* where they begin */
};

/* For ids below @nr. */
void heap_init(struct heap *h, unsigned int nr);
void heap_fini(struct heap *h);

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
	return h->top;
}

static inline bool heap_empty(const struct heap *h)
{
	return heap_top(h) == HEAP_NEVER;
}

static inline size_t heap_parent(size_t at)
{
	return at / 4 - 2;
}

static inline uint64_t heap_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t heap_min4(const uint64_t *v)
{
	return heap_min(heap_min(v[0], v[1]), heap_min(v[2], v[3]));
}

static inline void heap_set(struct heap *h, unsigned int id, uint64_t key)
{
	uint64_t *least = h->least;
	size_t at = h->leaves + id;

	least[at] = key;
	while (at >= HEAP_TOP_ROW) {
		uint64_t others = heap_min(heap_min(least[at ^ 1], least[at ^ 2]), least[at ^ 3]);

		key = heap_min(others, key);
		at = heap_parent(at);
		least[at] = key;
	}
	h->top = heap_min(heap_min4(least), heap_min4(least + 4));
}

/* The task must not be in the heap: nodes above its leaf become smaller, or stay, and then those above, too. */
static inline void heap_push(struct heap *h, uint64_t key)
{
	uint64_t *least = h->least;
	size_t at = h->leaves + heap_id(key);

	least[at] = key;
	while (at >= HEAP_TOP_ROW) {
		at = heap_parent(at);
		if (least[at] < key)
			return;
		least[at] = key;
	}
	h->top = heap_min(h->top, key);
}

/* Takes the smallest out; the heap must not be empty. */
static inline uint64_t heap_pop(struct heap *h)
{
	uint64_t top = heap_top(h);

	heap_set(h, heap_id(top), HEAP_NEVER);
	return top;
}

#endif
