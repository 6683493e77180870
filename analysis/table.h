/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TABLE_H
#define ANALYSIS_TABLE_H

#include "analysis/select.h"

/*
 * The comparison of one group: what each run says, side by side.  Text, JSON
 * and the HTML report are written from it.
 */
enum table_kind {
	TABLE_METRIC,		/* a: metric */
	TABLE_LATENCY,		/* a: operation, b: phase, c: "n", "p50_ns", ... */
	TABLE_BLAME,		/* a: waiter, b: holder, c: "ns" or "n" */
};

struct table_cell {
	bool	set;		/* the run says something about it */
	int64_t	value;
};

struct table_line {
	enum table_kind		 kind;
	char			*a, *b, *c;
	char			*label;		/* for people */
	char			*unit;		/* as stored: "ns", "ppm", "count", "bytes" */
	int			 better;	/* -1 less, 1 more, 0 neither */
	bool			 extra;		/* left out of tables for people */
	const char		*caveat;	/* metrics: what to know when it is not 0, or NULL */
	struct table_cell	*v;		/* one per run of the group; NULL while no run speaks of it */
};

struct table {
	const struct group	*group;		/* borrowed */
	struct table_line	*v;		/* in the order to show; rows no run speaks of are gone */
	size_t			 nr;
	uint32_t		*slots;		/* index + 1 of each row by the hash of what it is about; 0: free */
	size_t			 nr_slots;	/* a power of two, more than half of them free */
};

int table_load(struct db *db, const struct group *group, struct table *out, struct err *e);
void table_fini(struct table *t);	/* zeroed: fine */
/* NULL when there is no such row. */
const struct table_line *table_find(const struct table *t, enum table_kind kind, const char *a, const char *b,
				   const char *c);
/* A run's cell of that row; not set when there is no such row. */
struct table_cell table_cell(const struct table *t, size_t run, enum table_kind kind, const char *a, const char *b,
			     const char *c);
/* Title of the section that row @i begins, or NULL when it is in the section of the row before; free() it. */
char *table_section(const struct table *t, size_t i);

#endif
