/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_ATTRIBUTES_H
#define ENGINE_CORE_ATTRIBUTES_H

/*
 * Which gfns of a VM are private (KVM_MEMORY_ATTRIBUTE_PRIVATE, since 6.8).
 *
 * - A sorted list of ranges that never changes once it is published; a change publishes
 *   another one, and the old one is freed after an RCU grace period.
 * - Writers hold slots_lock.  Readers need no lock: what they find is good only as far as the
 *   invalidation that every change goes with lets it be (memattr.c).
 */
#include "base/types.h"
#include "engine/rt/rt.h"

struct attributes {
	rt_u64 ranges;		/* struct attribute_ranges *; 0: all memory is shared */
};

void attributes_init(struct attributes *a);
void attributes_fini(struct attributes *a);	/* nobody reads any more */

bool attributes_private_slow(const struct attributes *a, gfn_t gfn);
bool attributes_uniform_slow(const struct attributes *a, gfn_t start, gfn_t end);

static inline bool attributes_private(const struct attributes *a, gfn_t gfn)
{
	return unlikely(rt_peek(&a->ranges)) && attributes_private_slow(a, gfn);
}

/* All of [start, end) is private, or none of it. */
static inline bool attributes_uniform(const struct attributes *a, gfn_t start, gfn_t end)
{
	return likely(!rt_peek(&a->ranges)) || attributes_uniform_slow(a, start, end);
}

/* All of [start, end) is as @private says. */
bool attributes_are(const struct attributes *a, gfn_t start, gfn_t end, bool private);
void attributes_set(struct attributes *a, gfn_t start, gfn_t end, bool private);

#endif
