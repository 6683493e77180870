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
 * Did a fault other than @op show in [@from, @to) that the entry of @gfn at @level holds a table?  It made a table
 * below it, or changed an entry there.
 */
bool chains_passed(const struct chains *c, const struct rec_op *op, gfn_t gfn, int level, uint64_t from, uint64_t to);

/*
 * @op found the entry at @level above its page empty, and lost it to the first other fault in [@from, @to] that changed
 * it: when had the last table on the way there been linked before that?  @from if that was earlier.
 */
uint64_t chains_last_way(const struct chains *c, const struct rec_op *op, int level, uint64_t from, uint64_t to);

/*
 * The first time in [@from, @to] at which another fault changed an entry that maps, or leads to, the
 * page of @op; 0: none.
 */
uint64_t chains_taken(const struct chains *c, const struct rec_op *op, uint64_t from, uint64_t to);

/*
 * The last time in [@from, @to) at which a fault found a table above @gfn and put a huge page in its place, or
 * @from: nobody had zapped the table by then.
 */
uint64_t chains_replaced(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t from, uint64_t to);

/*
 * A lockless fault in [@from, @to) that found the entry of @gfn to be @value, which it is no longer: when the first
 * such one began, but not before @from; @to: there is none.
 */
uint64_t chains_found(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t value, uint64_t from, uint64_t to);

/* Without the TDP MMU: the entry that kvm_mmu_set_spte last showed for @gfn at 4 KiB, up to @t; 0: none. */
uint64_t chains_set_last(const struct chains *c, uint16_t vm, gfn_t gfn, uint64_t t);

/*
 * A GET that only copies (@at: as its own records have it): after the marks of pages that the CLEARs which
 * follow it were asked to clear, and before those of pages they were not.  Anything else: @at stays.
 */
void chains_copied(const struct chains *c, const struct recording *r, const struct rec_op *op,
		   struct instant *at);

#endif
