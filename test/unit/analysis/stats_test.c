/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What intervals hold, how often they err, and the words for it. */
#include "analysis/stats.h"

#include <math.h>
#include <stdio.h>

#include "test/noise.h"
#include "test/table.h"

#define MEDIAN	500000
#define RUNS	12

/* Skewed, as latencies are: about @typical, tail to the right; @factor on top. */
static uint64_t latency(struct prng *p, double typical, double factor)
{
	double z = noise_normal(p), root = 1 + z / 4;

	return (uint64_t)(typical * factor * root * root) + 1;
}

static void fill(struct hist *h, struct prng *p, uint32_t n, double factor)
{
	hist_init(h);
	for (uint32_t i = 0; i < n; i++)
		hist_record(h, latency(p, 4000, factor));
}

/* @runs each side of @n operations, the other's times @factor, each run's times about @vary of its own. */
struct sides {
	struct hist		 hist[2][RUNS];
	const struct hist	*v[2][RUNS];
	struct stats_side	 side[2];
};

static void sides_make(struct sides *s, uint32_t n, size_t runs, double factor, double vary, uint64_t seed)
{
	struct prng p;

	prng_seed(&p, seed);
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < runs; i++) {
			double own = 1 + vary * noise_normal(&p);

			fill(&s->hist[side][i], &p, n, own * (side ? factor : 1));
			s->v[side][i] = &s->hist[side][i];
		}
		s->side[side] = (struct stats_side){ s->v[side], runs };
	}
}

static void sides_fini(struct sides *s)
{
	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < s->side[side].nr; i++)
			hist_fini(&s->hist[side][i]);
}

static struct stats_ratio sides_ratio(struct sides *s, uint32_t what, const struct stats_rule *rule)
{
	struct stats_ratio r;

	stats_hists(&s->side[0], &s->side[1], &what, 1, rule, &r);
	return r;
}

/* --- rows ---------------------------------------------------------------------------- */

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	uint32_t	 n;			/* operations of a run */
	size_t		 runs;
	double		 factor, vary;
	uint32_t	 what, confidence;
	const char	*want, *mark;
	enum stats_about about;
	int		 trials, least, most;	/* of them, intervals that leave the truth out */
	double		 value[2];
	bool		 paired;
};

static struct stats_rule rule_of(const struct row *row)
{
	struct stats_rule rule = stats_rule_default;

	if (row->confidence)
		rule.confidence = row->confidence;
	rule.paired = row->paired;
	return rule;
}

static void verdict(const struct row *row)
{
	struct stats_rule rule = rule_of(row);
	struct stats_ratio r;
	struct sides s;

	sides_make(&s, row->n, row->runs, row->factor, row->vary, 9);
	r = sides_ratio(&s, row->what, &rule);
	sides_fini(&s);
	assert_int_equal(r.about, row->about);
	assert_string_equal(stats_verdict(&r, rule.floor), row->want);
	assert_string_equal(stats_mark(&r, rule.floor), row->mark);
	assert_true(r.low <= r.ratio && r.ratio <= r.high);
	if (!r.about)
		assert_true(r.low == r.ratio && r.high == r.ratio);
}

static void misses(const struct row *row)
{
	struct stats_rule rule = rule_of(row);
	int missed = 0;

	for (int trial = 0; trial < row->trials; trial++) {
		struct stats_ratio r;
		struct sides s;

		rule.seed = (uint64_t)trial;
		sides_make(&s, row->n, row->runs, row->factor, row->vary, 1000 + (uint64_t)trial);
		r = sides_ratio(&s, row->what, &rule);
		missed += r.low > row->factor || r.high < row->factor;
		sides_fini(&s);
	}
	print_message("# %d of %d\n", missed, row->trials);
	assert_in_range(missed, row->least, row->most);
}

/* A metric of @runs runs a side; paired: its noise is the seed's, the same on both sides. */
static void sample_misses(const struct row *row)
{
	struct stats_rule rule = rule_of(row);
	int missed = 0;

	for (int trial = 0; trial < row->trials; trial++) {
		double v[2][RUNS];
		struct stats_ratio r;
		struct prng p;

		prng_seed(&p, (uint64_t)trial);
		for (size_t i = 0; i < row->runs; i++) {
			double base = noise_normal(&p), other = row->paired ? base : noise_normal(&p);

			v[0][i] = 1000 * (1 + row->vary * base);
			v[1][i] = row->factor * 1000 * (1 + row->vary * other) * (1 + 0.001 * noise_normal(&p));
		}
		r = stats_samples(v[0], row->runs, v[1], row->runs, &rule);
		missed += r.low > row->factor || r.high < row->factor;
		if (row->paired)	/* what the seeds share is not in doubt */
			assert_true(r.high - r.low < row->factor * row->vary / 2);
	}
	print_message("# %d of %d\n", missed, row->trials);
	assert_in_range(missed, row->least, row->most);
}

static void one_number(const struct row *row)
{
	struct stats_ratio r = stats_samples(&row->value[0], 1, &row->value[1], 1, &stats_rule_default);

	assert_int_equal(r.about, STATS_NOTHING);
	assert_false(stats_confident(&r));
	assert_true(r.ratio == row->factor);
	assert_string_equal(stats_verdict(&r, 0.03), row->want);
	assert_string_equal(stats_mark(&r, 0.03), "");
}

static void same_everywhere(const struct row *row)
{
	struct stats_ratio r;
	struct sides s;
	char text[96];

	sides_make(&s, row->n, row->runs, row->factor, row->vary, 7);
	r = sides_ratio(&s, row->what, &stats_rule_default);
	sides_fini(&s);
	snprintf(text, sizeof(text), "%.15g %.15g %.15g", r.ratio, r.low, r.high);
	assert_string_equal(text, row->want);
}

/* Ten times the operations: an interval of about a third of the width. */
static void narrower(const struct row *row)
{
	double width[2];

	for (int i = 0; i < 2; i++) {
		struct stats_ratio r;
		struct sides s;

		sides_make(&s, i ? 10 * row->n : row->n, 1, 1, 0, 7);
		r = sides_ratio(&s, row->what, &stats_rule_default);
		width[i] = r.high - r.low;
		sides_fini(&s);
	}
	assert_true(width[1] < width[0] / 2 && width[1] > width[0] / 6);
}

static void confidences(const struct row *row)
{
	double width = 0;
	struct sides s;

	sides_make(&s, 2000, row->runs, 1.1, 0.01, 7);
	for (uint32_t confidence = 0; confidence <= 100; confidence++) {
		struct stats_rule rule = stats_rule_default;
		struct stats_ratio r;

		if (!stats_confidence_known(confidence))
			continue;
		rule.confidence = confidence;
		r = sides_ratio(&s, STATS_MEAN, &rule);
		assert_true(r.high - r.low > width);
		width = r.high - r.low;
	}
	assert_true(width > 0);
	sides_fini(&s);
}

static void check(const void *row)
{
	((const struct row *)row)->check(row);
}

static const struct row rows[] = {
	{ .name = "a tenth more, many operations", .check = verdict, .n = 20000, .runs = 1, .factor = 1.1, .what = MEDIAN,
	  .about = STATS_OPERATIONS, .want = "sure, large", .mark = "!" },
	{ .name = "a tenth less", .check = verdict, .n = 20000, .runs = 1, .factor = 0.9, .what = 990000,
	  .about = STATS_OPERATIONS, .want = "sure, large", .mark = "!" },
	{ .name = "a hundredth more, very many", .check = verdict, .n = 200000, .runs = 1, .factor = 1.01, .what = STATS_MEAN,
	  .about = STATS_OPERATIONS, .want = "sure, small", .mark = "*" },
	{ .name = "a tenth more, few operations", .check = verdict, .n = 25, .runs = 1, .factor = 1.1, .what = MEDIAN,
	  .about = STATS_OPERATIONS, .want = "unsure, large", .mark = "?" },
	{ .name = "the same", .check = verdict, .n = 20000, .runs = 1, .factor = 1, .what = MEDIAN,
	  .about = STATS_OPERATIONS, .want = "unsure, small", .mark = "" },
	{ .name = "too few operations", .check = verdict, .n = 19, .runs = 1, .factor = 2, .what = STATS_MEAN,
	  .about = STATS_NOTHING, .want = "large", .mark = "" },
	{ .name = "too few beyond the quantile", .check = verdict, .n = 499, .runs = 1, .factor = 2, .what = 990000,
	  .about = STATS_NOTHING, .want = "large", .mark = "" },
	{ .name = "enough beyond the quantile", .check = verdict, .n = 500, .runs = 1, .factor = 2, .what = 990000,
	  .about = STATS_OPERATIONS, .want = "sure, large", .mark = "!" },
	{ .name = "no operations", .check = verdict, .n = 0, .runs = 1, .factor = 1, .what = STATS_MEAN,
	  .about = STATS_NOTHING, .want = "small", .mark = "" },
	{ .name = "five seeds", .check = verdict, .n = 2000, .runs = 5, .factor = 1.1, .vary = 0.01, .what = MEDIAN,
	  .about = STATS_SCHEDULES, .want = "sure, large", .mark = "!" },
	{ .name = "what runs differ by among themselves is not the policy's", .check = verdict, .n = 20000, .runs = 5,
	  .factor = 1.05, .vary = 0.1, .what = MEDIAN, .about = STATS_SCHEDULES, .want = "unsure, small", .mark = "" },
	{ .name = "two seeds know little", .check = verdict, .n = 20000, .runs = 2, .factor = 1.3, .vary = 0.1,
	  .what = MEDIAN, .about = STATS_SCHEDULES, .want = "unsure, large", .mark = "?" },

	/* Binomial: the bounds leave out one in 10 000. */
	{ .name = "median, 95 %", .check = misses, .n = 400, .runs = 1, .factor = 1, .what = MEDIAN, .trials = 200,
	  .least = 2, .most = 22 },
	{ .name = "p90, 95 %", .check = misses, .n = 400, .runs = 1, .factor = 1.2, .what = 900000, .trials = 200,
	  .least = 2, .most = 22 },
	{ .name = "p99, 95 %", .check = misses, .n = 4000, .runs = 1, .factor = 1, .what = 990000, .trials = 200,
	  .least = 2, .most = 22 },
	{ .name = "mean, 95 %", .check = misses, .n = 200, .runs = 1, .factor = 1, .what = STATS_MEAN, .trials = 200,
	  .least = 2, .most = 22 },
	{ .name = "mean, 80 %", .check = misses, .n = 200, .runs = 1, .factor = 1, .what = STATS_MEAN, .confidence = 80,
	  .trials = 200, .least = 20, .most = 62 },
	{ .name = "median over three seeds", .check = misses, .n = 200, .runs = 3, .factor = 1, .vary = 0.05,
	  .what = MEDIAN, .trials = 200, .least = 0, .most = 22 },
	{ .name = "median over ten seeds", .check = misses, .n = 200, .runs = 10, .factor = 1, .vary = 0.05,
	  .what = MEDIAN, .trials = 200, .least = 2, .most = 22 },
	{ .name = "a metric of two seeds", .check = sample_misses, .runs = 2, .factor = 1.1, .vary = 0.05, .trials = 1000,
	  .least = 0, .most = 78 },
	{ .name = "a metric of three seeds", .check = sample_misses, .runs = 3, .factor = 1.1, .vary = 0.05,
	  .trials = 1000, .least = 2, .most = 78 },
	{ .name = "a metric of ten seeds", .check = sample_misses, .runs = 10, .factor = 1.1, .vary = 0.05,
	  .trials = 1000, .least = 26, .most = 88 },
	{ .name = "a metric of ten seeds, the same ones", .check = sample_misses, .runs = 10, .factor = 1.1, .vary = 0.05,
	  .paired = true, .trials = 1000, .least = 26, .most = 88 },

	{ .name = "a metric of one run", .check = one_number, .value = { 200, 300 }, .factor = 1.5, .want = "large" },
	{ .name = "nothing on both sides", .check = one_number, .value = { 0, 0 }, .factor = 1, .want = "small" },
	{ .name = "nothing to divide by", .check = one_number, .value = { 0, 3 }, .factor = INFINITY, .want = "large" },
	{ .name = "more operations know more", .check = narrower, .n = 1000, .what = STATS_MEAN },
	{ .name = "more confidence is a wider interval", .check = confidences, .runs = 1 },
	{ .name = "over seeds, too", .check = confidences, .runs = 4 },
	{ .name = "the same digits: operations", .check = same_everywhere, .n = 3000, .runs = 1, .factor = 1.07,
	  .what = 990000, .want = "1.09976680523167 1.04625577349651 1.18607496040168" },
	{ .name = "the same digits: schedules", .check = same_everywhere, .n = 1000, .runs = 4, .factor = 1.07, .vary = 0.02,
	  .what = STATS_MEAN, .want = "1.10459290132495 1.03097477841686 1.18132095740134" },
};

int main(void)
{
	return table_run("stats", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
