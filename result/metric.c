/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics that every report knows. */
#include "result/metric.h"

#include <string.h>

const struct metric metrics[] = {
#define METRIC(name, unit, better, label, help) { #name, unit, label, help, better, false },
#define CAVEAT(name, unit, label, help) { #name, unit, label, help, 0, true },
#include "result/metric.def"
#undef METRIC
#undef CAVEAT
};
const size_t nr_metrics = ARRAY_SIZE(metrics);

const struct metric *metric_find(const char *name)
{
	for (size_t i = 0; i < nr_metrics; i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}
