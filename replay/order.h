/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_ORDER_H
#define REPLAY_ORDER_H

#include "engine/config/policy.h"
#include "replay/swaps.h"

/*
 * Which orders of faults and changes do the records allow?  Each instant has a
 * span of its own (instants.h); what other operations show makes it narrower: a
 * fault that mapped holds the lock from its first event to its last, so no window begins or ends
 * in between, and the windows over its page ended before its snapshot.  One assumption: no step takes longer than
 * half of the recording's calls take for it and more (an end: unless another operation shows that it did).
 *
 * An outcome is determined when the retry test gives the same under every placement of every
 * instant in its span, by the rules of the policy (fault.retry_key, fault.precheck).  What
 * a fault itself came to is never used for itself: each bound is kept with
 * the operation that gave it, and a fault is asked about without its own.
 *
 * Immutable once made.  The recording must outlive it.
 */
struct order;

/* @has_checks: probes show which faults came to the test under the lock, so that counts as outcome, too. */
struct order *order_new(const struct recording *r, const struct swaps *swaps, const struct policy *policy,
			bool has_checks);
void order_free(struct order *o);	/* NULL is fine */

/* Does every order the records allow lead @op to the same outcome?  True for anything but faults. */
bool order_determines(const struct order *o, uint32_t op);

/*
 * Repair of in_progress, seq and hull: where two faults show that a window did not begin or end where its own evidence
 * puts it (a call was held up), it is put where they show.  So a held-up call costs one fault, or two.
 */
void order_mend_change(const struct order *o, uint32_t op, struct instant *change);

/*
 * One order in which as many faults as can be found came to what they came to: replaces what
 * instants_fault(), instants_change() and instants_unseen_end() said.
 */
void order_place_fault(const struct order *o, uint32_t op, struct fault_instants *f);
void order_place_change(const struct order *o, uint32_t op, struct instant *change);
/* The end of the window that @start opened. */
void order_place_end(const struct order *o, uint32_t start, struct instant *end);

#endif
