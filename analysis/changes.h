/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CHANGES_H
#define ANALYSIS_CHANGES_H

#include "base/types.h"

/*
 * Where a series changed for good: e-divisive (Matteson, James: A Nonparametric Approach for
 * Multiple Change Point Analysis of Multivariate Data, JASA 2014), with one value per point.
 *
 * A place splits a segment where the values before it and those from it on (up to some later
 * point, so that a change that was taken back is seen, too) have the largest energy distance.
 * It counts when fewer than the level's share of shuffled copies of the segment reach
 * as much anywhere.  The pieces are searched likewise.  Nothing is assumed of the values'
 * distribution but that neighbours are no more alike than others: of series that wander the
 * detector finds changes that are none.
 */
struct changes_rule {
	double		 floor;		/* share of the value before by which medians differ at least: 0.03 is 3 % */
	uint32_t	 min_segment;	/* points between changes, and before the first and after the last; >= 2 */
	double		 level;		/* false alarms of a series without a change, before the floor; >= 0.002 */
	/*
	 * The values repeat to the last digit when nothing changed, as those of virtual time do.
	 * Then a step between stretches of equal values needs no shuffling, nor points to
	 * be sure by: one of them at least min_segment long, the other 2 or the series' end.
	 */
	bool		 exact;
	uint64_t	 seed;
};

/* 3 %, 3 points, 0.6 %, not exact, seed 1. */
extern const struct changes_rule changes_rule_default;

struct change {
	size_t	at;		/* the first point of the new state, 1 .. nr - 1 */
	double	before, after;	/* medians, from the change before to the next one */
	double	p;		/* share of shuffles that did as well, 0 for steps of exact values */
};

/**
 * changes_find() - the changes of a series.
 * @v:		@nr finite values, of oldest to newest.
 * @out:	the changes, ascending; the caller's to free().
 *
 * Same values, same answer: chance is seeded.  Time grows with the square of @nr: 6 ms for 100 points
 * with a change, 0.7 s for 1 000; a hundredth of that without one.
 *
 * Return: how many there are.
 */
size_t changes_find(const double *v, size_t nr, const struct changes_rule *rule, struct change **out);

#endif
