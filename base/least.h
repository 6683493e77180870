/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LEAST_H
#define BASE_LEAST_H

/*
 * The least of many keys, one per number below a limit.  Each number has a leaf of its own,
 * LEAST_NEVER while it takes no part, and a node above is the smallest of its four
 * children.  So the way of a change to the top is known beforehand: nothing on it waits for
 * memory (what has just been stored is not read), and no branch is guessed.
 *
 * The children of node i are 4 * i and the three after it; the row at the top is nodes 2 and 3.
 */
#include "base/types.h"

#define LEAST_NEVER	UINT64_MAX
#define LEAST_TOP_ROW	2u

struct least {
	uint64_t	 top;		/* the smallest key; LEAST_NEVER: there is none */
	uint64_t	*node;		/* the smallest key below each; [leaves + i]: that of i */
	size_t		 leaves;	/* where they begin */
};

/* For numbers below @nr; none takes part yet. */
void least_init(struct least *l, unsigned int nr);
void least_fini(struct least *l);		/* zeroed: fine */

static inline uint64_t least_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* From now on the key of @i is @key. */
static inline void least_set(struct least *l, unsigned int i, uint64_t key)
{
	uint64_t *node = l->node;
	size_t at = l->leaves + i;

	for (; at >= 2 * LEAST_TOP_ROW; at /= 4) {
		node[at] = key;
		key = least_min(least_min(least_min(node[at ^ 1], node[at ^ 2]), node[at ^ 3]), key);
	}
	node[at] = key;
	l->top = least_min(key, node[at ^ 1]);
}

/* The same for an @i that takes no part yet: nodes above its leaf become smaller, or stay. */
static inline void least_add(struct least *l, unsigned int i, uint64_t key)
{
	uint64_t *node = l->node;

	for (size_t at = l->leaves + i; at >= LEAST_TOP_ROW; at /= 4)
		node[at] = least_min(key, node[at]);
	l->top = least_min(l->top, key);
}

#endif
