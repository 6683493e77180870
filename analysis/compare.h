/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include <jansson.h>
#include <stdio.h>

#include "analysis/quantity.h"
#include "analysis/table.h"

/* The comparison as text: a heading, then a table per section. */
void compare_print(const struct table *t, FILE *out);

/*
 * The same as JSON, one object per group:
 *
 *	trace, trace_hash, arch, kernel, runtime, figures, pacing, clones,
 *	runs: [ { run, policy, label, seed, time, version, command, assumed,
 *		metrics: { NAME: { value, unit, ratio } },
 *		latency: { OP: { PHASE: { n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns } } },
 *		blame: [ { waiter, holder, ns, n } ] } ]
 *
 * ratio is to the first run, null when that has none or 0.
 */
json_t *compare_json(const struct table *t);

/* The scale that suits the cells of a row. */
struct scale compare_scale(const struct table *t, const struct table_line *r);

#endif
