/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals of ratios by bootstrap, and what they are called. */
#include "analysis/stats.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/resample.h"
#include "base/alloc.h"

#define RESAMPLES	1000

const struct stats_rule stats_rule_default = { .confidence = 95, .floor = 0.03, .seed = 1 };

/* Student's t over the normal at the edges of an interval, by degrees of freedom. */
static const uint32_t freedoms[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 60 };
static const struct {
	uint32_t	confidence;
	double		widening[ARRAY_SIZE(freedoms)];
} students[] = {
	{ 80, { 2.402, 1.471, 1.278, 1.196, 1.152, 1.123, 1.104, 1.090,
		1.079, 1.071, 1.058, 1.046, 1.034, 1.023, 1.011 } },
	{ 90, { 3.838, 1.775, 1.431, 1.296, 1.225, 1.181, 1.152, 1.131,
		1.114, 1.102, 1.084, 1.066, 1.049, 1.032, 1.016 } },
	{ 95, { 6.483, 2.195, 1.624, 1.417, 1.312, 1.248, 1.206, 1.177,
		1.154, 1.137, 1.112, 1.087, 1.064, 1.042, 1.021 } },
	{ 99, { 24.713, 3.853, 2.268, 1.787, 1.565, 1.439, 1.359, 1.303,
		1.262, 1.230, 1.186, 1.144, 1.105, 1.068, 1.033 } },
};

bool stats_confidence_known(uint32_t confidence)
{
	for (size_t i = 0; i < ARRAY_SIZE(students); i++)
		if (students[i].confidence == confidence)
			return true;
	return false;
}

/* By how much an interval over @nr runs of a side is too narrow. */
static double widening(uint32_t confidence, size_t nr)
{
	size_t row = 0, column = 0;

	while (row + 1 < ARRAY_SIZE(students) && students[row].confidence != confidence)
		row++;
	while (column + 1 < ARRAY_SIZE(freedoms) && freedoms[column + 1] <= nr - 1)
		column++;
	return students[row].widening[column] * sqrt((double)nr / (double)(nr - 1));
}

static double ratio_of(double base, double other)
{
	if (base > 0)
		return other / base;
	return other > 0 ? INFINITY : 1;
}

#define TAIL_MOST	(RESAMPLES / 10)	/* of 80 % */

/* The @nr-th smallest of RESAMPLES @drawn, or the @nr-th largest when @sign is -1; @nr is small. */
static double edge(const double *drawn, size_t nr, double sign)
{
	double least[TAIL_MOST + 1];

	for (size_t i = 0; i < ARRAY_SIZE(least); i++)
		least[i] = INFINITY;
	for (size_t i = 0; i < RESAMPLES; i++) {
		double v = sign * drawn[i];
		size_t at;

		if (v >= least[nr - 1])
			continue;
		for (at = nr - 1; at && least[at - 1] > v; at--)
			least[at] = least[at - 1];
		least[at] = v;
	}
	return sign * least[nr - 1];
}

static void interval(struct stats_ratio *r, const double *drawn, uint32_t confidence)
{
	size_t tail = RESAMPLES * (100 - confidence) / 200;

	r->low = edge(drawn, tail + 1, 1);
	r->high = edge(drawn, tail + 1, -1);
}

/* About the ratio, by @factor; a ratio is never negative. */
static void widen(struct stats_ratio *r, double factor)
{
	if (isinf(r->ratio))
		return;
	r->low = r->ratio - factor * (r->ratio - r->low);
	r->high = r->ratio + factor * (r->high - r->ratio);
	if (r->low < 0)
		r->low = 0;
}

/* --- histograms -------------------------------------------------------------------- */

static double value_of(const struct hist *h, uint32_t what)
{
	return what == STATS_MEAN ? (h->n ? (double)h->sum / (double)h->n : 0) : (double)hist_quantile(h, what);
}

static double drawn_value(const struct resample *r, uint32_t what)
{
	return what == STATS_MEAN ? resample_mean(r) : resample_quantile(r, what);
}

static bool enough(uint64_t n, uint32_t what)
{
	return n >= STATS_MIN_OPERATIONS &&
	       (what == STATS_MEAN || (double)n * (1e6 - what) >= STATS_MIN_BEYOND * 1e6);
}

static void draw_which(struct prng *p, uint32_t *which, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		which[i] = (uint32_t)prng_below(p, (uint32_t)nr);
}

/* RESAMPLES ratios of each of @what, one behind the other in @drawn. */
static void draw_all(struct resample *base, struct resample *other, const uint32_t *what, size_t nr, bool schedules,
		     const struct stats_rule *rule, double *drawn)
{
	uint32_t *which = xcalloc(base->runs + other->runs, sizeof(*which));
	struct prng p;

	prng_seed(&p, rule->seed);
	for (size_t round = 0; round < RESAMPLES; round++) {
		if (schedules) {
			draw_which(&p, which, base->runs);
			resample_runs(base, which);
			if (!rule->paired)
				draw_which(&p, which, other->runs);
			resample_runs(other, which);
		} else {
			resample_operations(base, &p);
			resample_operations(other, &p);
		}
		for (size_t i = 0; i < nr; i++)
			drawn[i * RESAMPLES + round] = ratio_of(drawn_value(base, what[i]),
								drawn_value(other, what[i]));
	}
	free(which);
}

static void merge_side(struct hist *into, const struct stats_side *side)
{
	hist_init(into);
	for (size_t i = 0; i < side->nr; i++)
		hist_merge(into, side->hist[i]);
}

/* Bins are coarser than histograms: the interval is moved by what that did to the ratio. */
static void move(struct stats_ratio *r, double binned)
{
	if (isinf(r->ratio) || isinf(binned) || !(binned > 0) || !(r->ratio > 0))
		return;
	r->low *= r->ratio / binned;
	r->high *= r->ratio / binned;
}

/* The smaller side says how much is known. */
static size_t fewer(size_t a, size_t b)
{
	return a < b ? a : b;
}

void stats_hists(const struct stats_side *base, const struct stats_side *other, const uint32_t *what, size_t nr,
		 const struct stats_rule *rule, struct stats_ratio *out)
{
	bool schedules = base->nr > 1 && other->nr > 1, wanted = false;
	struct resample from_base = { 0 }, from_other = { 0 };
	struct hist b, o;
	double *drawn;

	merge_side(&b, base);
	merge_side(&o, other);
	for (size_t i = 0; i < nr; i++) {
		double ratio = ratio_of(value_of(&b, what[i]), value_of(&o, what[i]));

		out[i] = (struct stats_ratio){ .ratio = ratio, .low = ratio, .high = ratio };
		if (b.n && o.n && (enough(b.n, what[i]) && enough(o.n, what[i])))
			out[i].about = schedules ? STATS_SCHEDULES : STATS_OPERATIONS;
		wanted |= out[i].about != STATS_NOTHING;
	}
	if (wanted) {
		resample_init(&from_base, base->hist, base->nr, &b);
		resample_init(&from_other, other->hist, other->nr, &o);
	}
	hist_fini(&b);
	hist_fini(&o);
	if (!wanted)
		return;
	drawn = xcalloc(nr * RESAMPLES, sizeof(*drawn));
	draw_all(&from_base, &from_other, what, nr, schedules, rule, drawn);
	resample_all(&from_base);
	resample_all(&from_other);
	for (size_t i = 0; i < nr; i++) {
		if (out[i].about == STATS_NOTHING)
			continue;
		interval(&out[i], drawn + i * RESAMPLES, rule->confidence);
		move(&out[i], ratio_of(drawn_value(&from_base, what[i]), drawn_value(&from_other, what[i])));
		if (schedules)
			widen(&out[i], widening(rule->confidence, fewer(base->nr, other->nr)));
	}
	free(drawn);
	resample_fini(&from_base);
	resample_fini(&from_other);
}

struct stats_ratio stats_ratio(const struct hist *base, const struct hist *other, uint32_t what, uint64_t seed)
{
	struct stats_rule rule = stats_rule_default;
	struct stats_ratio r;

	rule.seed = seed;
	stats_hists(&(struct stats_side){ &base, 1 }, &(struct stats_side){ &other, 1 }, &what, 1, &rule, &r);
	return r;
}

/* --- a number for each run ------------------------------------------------------------ */

static double mean(const double *v, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += v[i];
	return nr ? sum / (double)nr : 0;
}

static bool all_same(const double *v, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		if (v[i] != v[0])
			return false;
	return true;
}

static double mean_of(const double *v, const uint32_t *which, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += v[which[i]];
	return sum / (double)nr;
}

struct stats_ratio stats_samples(const double *base, size_t nr_base, const double *other, size_t nr_other,
				 const struct stats_rule *rule)
{
	double ratio = ratio_of(mean(base, nr_base), mean(other, nr_other)), drawn[RESAMPLES];
	struct stats_ratio r = { .ratio = ratio, .low = ratio, .high = ratio };
	uint32_t *which;
	struct prng p;

	if (nr_base < 2 || nr_other < 2)
		return r;
	r.about = STATS_SCHEDULES;
	if (all_same(base, nr_base) && all_same(other, nr_other))
		return r;
	which = xcalloc(nr_base + nr_other, sizeof(*which));
	prng_seed(&p, rule->seed);
	for (size_t round = 0; round < RESAMPLES; round++) {
		double b;

		draw_which(&p, which, nr_base);
		b = mean_of(base, which, nr_base);
		if (!rule->paired)
			draw_which(&p, which, nr_other);
		drawn[round] = ratio_of(b, mean_of(other, which, nr_other));
	}
	free(which);
	interval(&r, drawn, rule->confidence);
	widen(&r, widening(rule->confidence, fewer(nr_base, nr_other)));
	return r;
}

/* --- words ------------------------------------------------------------------------------ */

bool stats_confident(const struct stats_ratio *r)
{
	return r->about != STATS_NOTHING && (r->low > 1 || r->high < 1);
}

bool stats_large(const struct stats_ratio *r, double floor)
{
	return r->ratio > 1 + floor || r->ratio < 1 - floor;
}

const char *stats_verdict(const struct stats_ratio *r, double floor)
{
	if (r->about == STATS_NOTHING)
		return stats_large(r, floor) ? "large" : "small";
	if (stats_confident(r))
		return stats_large(r, floor) ? "sure, large" : "sure, small";
	return stats_large(r, floor) ? "unsure, large" : "unsure, small";
}

const char *stats_mark(const struct stats_ratio *r, double floor)
{
	if (stats_confident(r))
		return stats_large(r, floor) ? "!" : "*";
	return r->about != STATS_NOTHING && stats_large(r, floor) ? "?" : "";
}

const char *stats_about_name(enum stats_about about)
{
	static const char *const names[] = {
		[STATS_NOTHING] = "nothing", [STATS_OPERATIONS] = "operations", [STATS_SCHEDULES] = "schedules",
	};

	return names[about];
}
