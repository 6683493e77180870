/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_DRIVE_METRICS_H
#define TEST_UNIT_DRIVE_METRICS_H

/* What a run's metrics must be: a list that ends with a row without a name. */
#include "result/result.h"
#include "test/table.h"

struct metric {
	const char	*name;
	int64_t		 min, max;
};

#define IS(name, v)	{ name, v, v }

static inline void assert_metrics(const struct result *result, const struct metric *want)
{
	for (; want->name; want++) {
		const struct result_metric *got = result_metric_find(result, want->name);

		if (!got)
			fail_msg("no metric %s", want->name);
		if (got->value < want->min || got->value > want->max)
			fail_msg("%s is %lld, not %lld .. %lld", want->name, (long long)got->value,
				 (long long)want->min, (long long)want->max);
	}
}

#endif
