/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_RT_VTIME_HEAP_H
#define ENGINE_RT_VTIME_HEAP_H

/*
 * Whose turn it is: per task a key of time in ns above random tie bits above the task's
 * number, HEAP_NEVER while it is not in the heap.
 */
#include "base/least.h"

#define HEAP_NEVER	LEAST_NEVER
#define HEAP_ID_BITS	12
#define HEAP_TIE_BITS	4
#define HEAP_NS_SHIFT	(HEAP_ID_BITS + HEAP_TIE_BITS)
#define HEAP_MAX_NS	(BIT_ULL(64 - HEAP_NS_SHIFT) - 1)

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

#endif
