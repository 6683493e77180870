/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CHAINS_H
#define REPLAY_CHAINS_H

#include "replay/instants.h"

/*
 * What a later value says of an earlier one's time.  Two steps of dirty logging have no record of their
 * own, but what others recorded follows from them.
 */
struct chains;

struct chains *chains_new(const struct recording *r);
void chains_free(struct chains *c);	/* NULL is fine */

/*
 * The entry of @gfn at @level, frozen before @from, was empty again by @to at the latest: when at the latest, given
 * what faults put there meanwhile.
 */
uint64_t chains_thawed(const struct chains *c, uint16_t vm, gfn_t gfn, int level, uint64_t from, uint64_t to);

/*
 * The last time in [@from, @to) at which a fault found a table above @gfn and put a huge page in its place, or
 * @from: nobody had zapped the table by then.
 */
uint64_t chains_replaced(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t from, uint64_t to);

/*
 * A GET that only copies (@at: as its own records have it): after the marks of pages that the CLEARs which
 * follow it were asked to clear, and before those of pages they were not.  Anything else: @at stays.
 */
void chains_copied(const struct chains *c, const struct recording *r, const struct rec_op *op,
		   struct instant *at);

#endif
