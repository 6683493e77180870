/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_SIDES_H
#define ANALYSIS_SIDES_H

#include "analysis/select.h"
#include "analysis/stats.h"

/*
 * What a group compares: its configurations, each with the runs that differ in nothing but
 * their seeds.  The first side is what the others are held against.
 */
struct side {
	const struct run	**run;		/* borrowed from the group */
	size_t			  nr;
	char			 *label;	/* without the seed where there are several */
};

struct sides {
	struct side	*v;
	size_t		 nr;
	bool		 paired;	/* all sides have the same seeds in the same order, and several */
};

/* One quantity under one side. */
struct side_value {
	bool			set;
	int64_t			value;		/* of a metric the mean, of a latency that of the merged histograms */
	struct stats_ratio	ratio;		/* to the first side, where both are set */
};

void sides_of(const struct group *group, struct sides *out);
void sides_fini(struct sides *s);		/* zeroed: fine */

/* @out: one for each side. */
int sides_metric(struct db *db, const struct sides *s, const char *name, struct side_value *out, struct err *e);
/* @what: @nr quantiles in millionths, or STATS_MEAN; @out: [quantile * sides + side]. */
int sides_latency(struct db *db, const struct sides *s, const char *op, const char *phase, const uint32_t *what,
		  size_t nr, struct side_value *out, struct err *e);

#endif
