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

/* Index of the smallest of the four keys from @first on. */
static inline unsigned int heap_least(const uint64_t *key, unsigned int first)
{
	unsigned int a = key[first + 1] < key[first] ? first + 1 : first;
	unsigned int b = key[first + 3] < key[first + 2] ? first + 3 : first + 2;

	return key[b] < key[a] ? b : a;
}

/* Puts @k where the hole at the top leads. */
static inline void heap_sift_down(struct heap *h, uint64_t k)
{
	unsigned int at = 0;

	for (;;) {
		unsigned int first = 4 * at + 1, least;

		if (first >= h->nr)
			break;
		least = heap_least(h->key, first);
		if (h->key[least] > k)
			break;
		h->key[at] = h->key[least];
		at = least;
	}
	h->key[at] = k;
}

static inline void heap_push(struct heap *h, uint64_t k)
{
	unsigned int at = h->nr++;

	while (at) {
		unsigned int up = (at - 1) / 4;

		if (h->key[up] < k)
			break;
		h->key[at] = h->key[up];
		at = up;
	}
	h->key[at] = k;
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
