/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/quantity.h"
#include "analysis/sides.h"
#include "analysis/table.h"

/*
 * A group's configurations side by side, runs that differ in their seeds alone as one: means of
 * metrics, quantiles of merged histograms, and each one's ratio to the first.
 */
struct compare {
	const struct group	*group;		/* borrowed */
	struct sides		 sides;
	struct table		 table;		/* a column per run */
	struct side_value	*v;		/* [line * sides + side]; of lines for people */
};

int compare_load(struct db *db, const struct group *group, struct compare *out, struct err *e);
void compare_fini(struct compare *c);	/* zeroed: fine */

/* The comparison as text: a heading, then a table per section. */
void compare_print(const struct compare *c, FILE *out);

/*
 * The same as JSON, one object per group:
 *
 *	trace, trace_hash, arch, kernel, runtime, figures, pacing, clones,
 *	runs: [ { run, policy, label, seed, time, version, command, assumed,
 *		metrics: { NAME: { value, unit, ratio } },
 *		latency: { OP: { PHASE: { n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns } } },
 *		blame: [ { waiter, holder, ns, n } ] } ],
 *	sides: [ { label, policy, runs: [ N ], seeds: [ N ],
 *		metrics: { NAME: DIFFERENCE }, latency: { OP: { PHASE: { mean_ns: DIFFERENCE, ... } } } } ]
 *
 * A DIFFERENCE is { value, ratio, low, high, about, confident, large }: ratio is to the first side (null: it has
 * none or 0), low and high are its 95 % interval's (null: there is none), about says of what ("nothing",
 * "operations", "schedules"; analysis/stats.h).  The ratios of runs are to the first run.
 */
json_t *compare_json(const struct compare *c);

/* The scale that suits the cells of a row. */
struct scale compare_scale(const struct table *t, const struct table_line *r);

#endif
