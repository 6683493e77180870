/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_METRIC_H
#define RESULT_METRIC_H

#include "base/types.h"

/* metric.def as a table, in its order. */
struct metric {
	const char	*name, *unit, *label, *help;
	int		 better;	/* -1 less, 1 more, 0 neither */
	bool		 caveat;	/* what a reader must know when it is not 0 */
};

extern const struct metric metrics[];
extern const size_t nr_metrics;

/* NULL: a run stored it, and metric.def does not know it. */
const struct metric *metric_find(const char *name);

#endif
