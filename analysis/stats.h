/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_STATS_H
#define ANALYSIS_STATS_H

#include "result/hist.h"

/*
 * How large a difference is, and how sure: two questions, answered apart.
 *
 * A difference is a ratio: another configuration's quantile, mean or metric over that of
 * the configuration it is held against (the base).  Its interval comes from a bootstrap,
 * and what it is about depends on what there was to resample:
 *
 * - one run on a side: its operations.  Were they drawn anew from the same lot, would the
 *   difference stay?  It takes operations for independent, and says nothing about other
 *   schedules.  A metric of one run is one number: there is nothing to draw from, in
 *   virtual time it is exact for its schedule, and no interval is given.
 * - several runs on both sides that differ in their seeds alone: schedules.  Whole runs are drawn,
 *   and the interval is widened as Student's t is against the normal, since few runs
 *   know little of how they vary (two: by a factor of nine; ten: of 1.2).
 *
 * Chance is seeded and no function of libm is used: same runs, same digits, everywhere.
 */
enum stats_about {
	STATS_NOTHING,		/* no interval: too few operations, one number, or nothing to divide by */
	STATS_OPERATIONS,	/* within a run */
	STATS_SCHEDULES,	/* runs of several seeds */
};

struct stats_ratio {
	double			ratio;		/* 1 when both are 0, INFINITY when only the base is */
	double			low, high;	/* of the interval, INFINITY at most; the ratio when there is none */
	enum stats_about	about;
};

struct stats_rule {
	uint32_t	confidence;	/* of the interval, per cent: 80, 90, 95 or 99 */
	double		floor;		/* a difference beyond this share of the base is large */
	bool		paired;		/* the i-th runs of both sides had the same seed: they are drawn together */
	uint64_t	seed;
};

/* 95 %, 3 %, not paired, seed 1. */
extern const struct stats_rule stats_rule_default;

/* Is it one of the four? */
bool stats_confidence_known(uint32_t confidence);

/* In place of a quantile. */
#define STATS_MEAN		UINT32_MAX
/* Fewer operations than these, or fewer than STATS_MIN_BEYOND above a quantile, give no interval. */
#define STATS_MIN_OPERATIONS	20
#define STATS_MIN_BEYOND	5

/* One operation's and phase's histograms under one configuration, a run each. */
struct stats_side {
	const struct hist *const *hist;
	size_t			  nr;
};

/**
 * stats_hists() - ratios of what two configurations' histograms say.
 * @base, @other:	one run or more each; they are merged for the ratio itself.
 * @what:		@nr quantiles in millionths, or STATS_MEAN.
 * @out:		@nr ratios, @other's to @base's.
 *
 * All of @what come from the same resamples: 1 000 of them take a few milliseconds,
 * however many operations there are.
 */
void stats_hists(const struct stats_side *base, const struct stats_side *other, const uint32_t *what, size_t nr,
		 const struct stats_rule *rule, struct stats_ratio *out);

/* The same of one run each, one quantile, the default rule with this seed. */
struct stats_ratio stats_ratio(const struct hist *base, const struct hist *other, uint32_t what, uint64_t seed);

/* Ratio of means of a metric, one value for each run; with one run on a side there is no interval. */
struct stats_ratio stats_samples(const double *base, size_t nr_base, const double *other, size_t nr_other,
				 const struct stats_rule *rule);

/* The interval leaves 1 out. */
bool stats_confident(const struct stats_ratio *r);
/* Beyond @floor (0.03: 3 %), in either direction; says nothing about being sure. */
bool stats_large(const struct stats_ratio *r, double floor);

/*
 * Both in a word or two: "sure, large", "sure, small", "unsure, large", "unsure, small"; without an interval
 * "large", "small".
 */
const char *stats_verdict(const struct stats_ratio *r, double floor);
/* Both in one character for tables: "!" sure and large, "*" sure and small, "?" large but not sure, "" neither. */
const char *stats_mark(const struct stats_ratio *r, double floor);
/* What an interval is about: "nothing", "operations", "schedules". */
const char *stats_about_name(enum stats_about about);

#endif
