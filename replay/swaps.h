/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SWAPS_H
#define REPLAY_SWAPS_H

#include "replay/instants.h"

/*
 * When did new memslots become visible?  kvm_swap_active_memslots() is entered at a known time, but
 * publishes only when it finds no invalidation window open, which can be tens of milliseconds and as many
 * gaps between windows later.  The one instant is found from all faults of that time on frames
 * whose slot changed: one that mapped, was sent back or made an MMIO entry saw the slot of before or of
 * after.  The gap that contradicts the fewest of them is taken; where several do equally well, the first.
 * Nothing of a single fault decides it, and nothing is known of faults on other frames.
 */
struct swap {
	struct instant published;
	struct instant advanced;	/* the generation, after the grace period */
	uint64_t       from, to;	/* what the probes alone say of both */
};

struct swaps;

struct swaps *swaps_new(const struct recording *r);
void swaps_free(struct swaps *s);	/* NULL is fine */

/* The @nth (from 0) publication in @op, an operation of kind MEMSLOT; NULL: it has no such. */
const struct swap *swaps_of(const struct swaps *s, uint32_t op, unsigned int nth);

#endif
