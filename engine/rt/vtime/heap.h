/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_HEAP_H
#define ENGINE_RT_VTIME_HEAP_H

/*
 * Min-heap of packed keys, four children per node: time in ns above random tie
 * bits above the task's number.  Entries past the end are HEAP_NEVER, so that
 * the smallest of four needs no bounds; children of a node share a half line.
 */
#include "base/types.h"

#define HEAP_NEVER	UINT64_MAX
#define HEAP_ID_BITS	12
#define HEAP_TIE_BITS	4
#define HEAP_NS_SHIFT	(HEAP_ID_BITS + HEAP_TIE_BITS)
#define HEAP_MAX_NS	(BIT_ULL(64 - HEAP_NS_SHIFT) - 1)

struct heap {
	uint64_t	*key;		/* key[0] is the smallest */
	unsigned int	 nr;
	void		*memory;
};

void heap_init(struct heap *h, unsigned int max);
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

/* Index of the smallest of the four keys from @first on; no branches, none would be predicted. */
static inline unsigned int heap_least(const uint64_t *key, unsigned int first)
{
	uint64_t a = key[first], b = key[first + 1], c = key[first + 2], d = key[first + 3];
	unsigned int ab = b < a, cd = d < c;
	uint64_t low = ab ? b : a, high = cd ? d : c;
	unsigned int right = high < low;

	return first + 2 * right + ((cd & -right) | (ab & (right - 1)));
}

/* Puts @k where the hole @at, or one further up, may have it. */
static inline void heap_sift_up(uint64_t *key, unsigned int at, uint64_t k)
{
	while (at) {
		unsigned int up = (at - 1) / 4;

		if (key[up] < k)
			break;
		key[at] = key[up];
		at = up;
	}
	key[at] = k;
}

/*
 * Puts @k into the heap, whose top is a hole.  The hole goes all the way down
 * first, since that is where most keys belong and how far can be predicted.
 */
static inline void heap_sift_down(struct heap *h, uint64_t k)
{
	uint64_t *key = h->key;
	unsigned int at = 0, nr = h->nr;

	for (unsigned int first = 1; first < nr; first = 4 * at + 1) {
		unsigned int least = heap_least(key, first);

		key[at] = key[least];
		at = least;
	}
	heap_sift_up(key, at, k);
}

static inline void heap_push(struct heap *h, uint64_t k)
{
	heap_sift_up(h->key, h->nr++, k);
}

/* Takes the smallest out; the heap must not be empty. */
static inline uint64_t heap_pop(struct heap *h)
{
	uint64_t top = h->key[0], last = h->key[--h->nr];

	h->key[h->nr] = HEAP_NEVER;
	if (h->nr)
		heap_sift_down(h, last);
	return top;
}

/* Takes the smallest out and puts @k in; the heap must not be empty. */
static inline uint64_t heap_exchange(struct heap *h, uint64_t k)
{
	uint64_t top = h->key[0];

	heap_sift_down(h, k);
	return top;
}

#endif
