/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_GAP_LAW_H
#define REPLAY_GAP_LAW_H

#include "base/types.h"

/*
 * How long until somebody touches a page again: a distribution estimated from
 * spells of which some were cut short and some were only looked at from time to time.
 *
 * A spell begins when an entry goes away or goes old.  It ends in one of three ways:
 * a fault shows the touch itself; a look (aging) shows that it came between the look before and
 * this one; or the recording, or the next invalidation, ends it without a touch
 * (censored).  The estimate is Turnbull's: the distribution under which these
 * observations are likeliest, nothing assumed about its shape (Turnbull, JRSS B 38, 1976; for
 * exact and censored gaps alone it is Kaplan and Meier's).
 *
 * Gaps are kept by bucket, four to an octave.  Fixed point throughout: the same bytes on
 * every compiler and machine.
 */
#define GAP_BUCKETS	128		/* 1 us .. 73 minutes; shorter and longer ones go to the ends */
#define GAP_ONE		(1ULL << 32)	/* certainty */

struct gap_counts {			/* all zero: nothing seen */
	uint32_t touched[GAP_BUCKETS][GAP_BUCKETS];	/* [last look without a touch][first sign of it] */
	uint32_t censored[GAP_BUCKETS];	/* not touched up to here */
	uint64_t spells;
};

struct gap_law {			/* cumulative, of GAP_ONE; what is missing at the end: never */
	uint64_t within[GAP_BUCKETS];
};

unsigned int gap_bucket(uint64_t ns);
uint64_t gap_bucket_start_ns(unsigned int bucket);

/* The touch itself came @gap_ns after the spell began. */
void gap_touched_at(struct gap_counts *c, uint64_t gap_ns);
/* It came after the look at @after_ns (0: none) and up to the one at @by_ns. */
void gap_touched_between(struct gap_counts *c, uint64_t after_ns, uint64_t by_ns);
void gap_not_touched(struct gap_counts *c, uint64_t by_ns);
void gap_add(struct gap_counts *sum, const struct gap_counts *c);

/* Return: false when @c holds no touch: then *@out says never. */
bool gap_fit(const struct gap_counts *c, struct gap_law *out);

/* Chance, of GAP_ONE, of a touch by @by_ns when there was none up to @after_ns (0: since the spell began). */
uint64_t gap_chance(const struct gap_law *law, uint64_t after_ns, uint64_t by_ns);
/*
 * Expected number of touches of a spell watched without a break up to @by_ns: what a count of
 * touches is held against.
 */
uint64_t gap_expected(const struct gap_law *law, uint64_t by_ns);
/* The gap that @draw (uniform) stands for; UINT64_MAX: never. */
uint64_t gap_draw_ns(const struct gap_law *law, uint64_t draw);

#endif
