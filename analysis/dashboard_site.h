/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DASHBOARD_SITE_H
#define ANALYSIS_DASHBOARD_SITE_H

/* What the parts of the dashboard's generator share. */
#include <stdio.h>

#include "analysis/dashboard.h"
#include "analysis/intern.h"

#define SITE_UNSET INT64_MIN
#define SITE_METRICS 512	/* beyond them a metric has no column, and no unit */

/* A quantity by which runs are sorted, drawn and held against each other. */
struct column {
	char		*name;		/* "stall", "access.total.p99" */
	char		*label, *unit;
	int		 better;	/* as in metric.def */
	bool		 used;		/* by some run */
	int64_t		*v;		/* one per run, SITE_UNSET where it has none */
};

struct site_run {
	const struct run	*run;
	size_t			 group;		/* in the selection */
	bool			 drawn;
};

struct site {
	const struct dashboard	*d;
	struct outdir		*out;
	struct site_run		*v;		/* by number */
	size_t			 nr;
	struct column		*columns;
	size_t			 nr_columns;
	struct intern		 strings;	/* of data.js */
	struct intern		 metrics;	/* names: metric.def's, then others */
	struct intern		 ops, rows;	/* "access"; "access lock_wait" */
	int			 column_of[SITE_METRICS]; /* by metric: 0 not looked for, -1 none, else number + 1 */
	char			*unit_of[SITE_METRICS];	/* of those that are not metric.def's */
};

/* --- dashboard_columns.c --- */

void columns_init(struct site *s);
void columns_fini(struct site *s);
/* @metric: its number in s->metrics.  Return: whether it has a column. */
bool columns_metric(struct site *s, size_t run, uint32_t metric, const char *unit, int64_t value);
/* @st: op, phase, n, p50_ns, p90_ns, p99_ns, p999_ns, max_ns from column @first on. */
void columns_latency(struct site *s, size_t run, sqlite3_stmt *st, int first);
void columns_put(const struct site *s, FILE *out);

/* --- dashboard_details.c --- */

/* Writes runs/N.js and fills the columns. */
int details_write(struct site *s, struct err *e);
/* What the numbers in runs/N.js are of: names of metrics, of latencies. */
void details_put_names(const struct site *s, FILE *out);

/* --- dashboard_trends.c --- */

/*
 * A series of runs that differ in what they stand for, in the order of time.
 */
struct trend {
	size_t			*v;		/* runs */
	size_t			 nr;
	struct trend_change {
		size_t	 column, at;		/* v[at] is the first run after the change */
		int64_t	 before, after;		/* medians */
	}			*changes;
	size_t			 nr_changes;
};

struct trends {
	struct trend	*v;
	size_t		 nr;
};

void trends_find(const struct site *s, struct trends *out);
void trends_fini(struct trends *t);
void trends_put(const struct site *s, const struct trends *t, FILE *out);

/* --- dashboard_sure.c --- */

/* By the newest run of each cell of the overview that is one of several seeds: a mark for each column. */
void sure_put(const struct site *s, FILE *out);

/* --- dashboard_pictures.c --- */

/* Draws what was asked for and writes into @out which runs have which pictures. */
int pictures_write(struct site *s, const struct trends *t, FILE *out, struct err *e);

#endif
