/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TREND_H
#define ANALYSIS_TREND_H

#include "analysis/changes.h"
#include "analysis/gate_side.h"

/*
 * Runs that differ in nothing but what they stand for (branch kept, subject or version not), in
 * the order they were made, and where a figure of theirs changed.
 */
struct trend {
	struct config	 config;	/* its runs ascending by when they were made, one per subject: the newest */
	char		*branch;
	char		**subject;	/* of each run */
};

struct trends {
	struct trend	*v;
	size_t		 nr;
};

/* @trace: shell pattern, NULL: all of them. */
int trends_load(struct db *db, const char *trace, struct trends *out, struct err *e);
void trends_free(struct trends *t);	/* zeroed: fine */

/* One change of one figure. */
struct trend_change {
	const struct trend	*trend;
	const struct rule	*figure;
	size_t			 at;		/* the first run of the new state */
	struct change		 change;
};

struct trend_changes {
	struct trend_change	*v;
	size_t			 nr;
};

/* Of each of @figures (their names; what they allow does not matter) in each trend; free() @out->v. */
int trends_changes(struct db *db, const struct trends *t, const struct rules *figures, const struct changes_rule *rule,
		   struct trend_changes *out, struct err *e);

#endif
