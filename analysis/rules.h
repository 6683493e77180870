/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_RULES_H
#define ANALYSIS_RULES_H

#include "base/err.h"
#include "base/types.h"

/*
 * What a candidate may do to a baseline: an INI file.
 *
 *	missing = fail				; a configuration that only one side has: fail (default) or warn
 *
 *	access.total.p99 <= +3% @ 95%		; of OPERATION.PHASE.WHAT: n, min, mean, max, p50, p99, p99.9, ...
 *	stall <= +2%				; a metric (result/metric.def)
 *	retries <= +0				; a sign: against the baseline; a share, or a difference
 *	avoided >= -1%				; at least
 *	operations == 0%			; no further off than that, either way
 *	longest_stretch <= 5ms			; no sign: the candidate alone, in its worst run
 *
 *	[x86-6.12-aging* / age-*]		; from here on for these traces / and these policies only
 *	access_waits_age <= +0
 *
 * With "@ C%" a rule is broken only where the C % interval of the ratio (analysis/stats.h) lies wholly beyond the
 * limit; C is 80, 90, 95 or 99.
 */
enum rule_kind { RULE_METRIC, RULE_LATENCY };
enum rule_compare { RULE_AT_MOST, RULE_AT_LEAST, RULE_WITHIN };
enum rule_of { RULE_SHARE, RULE_DIFFERENCE, RULE_VALUE };

/* In place of a quantile or STATS_MEAN. */
enum rule_what { RULE_NUMBER = 0x10000000, RULE_MIN, RULE_MAX };

struct rule {
	enum rule_kind		 kind;
	char			*name;		/* "stall", "access.total.p99" */
	char			*op, *phase;	/* RULE_LATENCY */
	uint32_t		 what;		/* RULE_LATENCY: millionths, STATS_MEAN or enum rule_what */
	const char		*unit;		/* "ns", "ppm", "count", "bytes" */
	enum rule_compare	 compare;
	enum rule_of		 of;
	double			 limit;		/* of a share: 0.03; else in the unit */
	uint32_t		 confidence;	/* per cent, 0: the numbers themselves */
	char			*trace, *policy; /* shell patterns, NULL: any */
	char			*text;		/* "stall <= +2%" */
	int			 line;
};

struct rules {
	char		*path;
	struct rule	*v;
	size_t		 nr;
	bool		 missing_fails;
};

/**
 * rules_read() - read a file of rules.
 * @unit_of:	unit of a metric that metric.def does not name, or NULL when there is no such
 *		metric; may itself be NULL.
 *
 * Return: 0; ERR_INPUT (negative) for a file that is no INI file or has no rule; ERR_USAGE for a wrong word,
 * with FILE:LINE and the nearest right one.
 */
int rules_read(const char *path, const char *(*unit_of)(void *arg, const char *metric), void *arg, struct rules *out,
	       struct err *e);
/* Figures by their names alone, for those who only want to read them; an error says "--metric NAME". */
int rules_named(const char *const *names, size_t nr, const char *(*unit_of)(void *arg, const char *metric), void *arg,
		struct rules *out, struct err *e);
void rules_fini(struct rules *r);	/* zeroed: fine */

/* Is it about runs of this trace under this policy? */
bool rule_applies(const struct rule *r, const char *trace, const char *policy);

#endif
