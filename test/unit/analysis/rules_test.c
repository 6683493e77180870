/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a gate: what a line means, and for whom it is. */
#include "analysis/rules.h"

#include <stdio.h>
#include <unistd.h>

#include "analysis/stats.h"
#include "test/table.h"

struct row {
	const char		*name;
	const char		*text;		/* of the file */
	enum rule_kind		 kind;
	uint32_t		 what;
	enum rule_compare	 compare;
	enum rule_of		 of;
	double			 limit;
	uint32_t		 confidence;
	const char		*trace, *policy; /* it is tried on */
	bool			 elsewhere;	/* and is not for them */
	bool			 warns;
	int			 fails;
	const char		*want;		/* in the error */
};

static const char *home_made(void *arg, const char *metric)
{
	return strcmp(metric, "home_made") ? NULL : "ns";
}

static void check(const void *arg)
{
	const struct row *row = arg;
	char path[] = "/tmp/mmulab-rules-XXXXXX";
	struct rules rules = { 0 };
	struct err e = { 0 };
	const struct rule *r;
	FILE *out = fdopen(mkstemp(path), "w");

	fputs(row->text, out);
	fclose(out);
	assert_int_equal(rules_read(path, home_made, NULL, &rules, &e), -row->fails);
	unlink(path);
	if (row->fails) {
		assert_non_null(strstr(e.text, row->want));
		return;
	}
	r = &rules.v[rules.nr - 1];
	assert_int_equal(r->kind, row->kind);
	if (r->kind == RULE_LATENCY)
		assert_int_equal(r->what, row->what);
	assert_int_equal(r->compare, row->compare);
	assert_int_equal(r->of, row->of);
	assert_true(r->limit == row->limit);
	assert_int_equal(r->confidence, row->confidence);
	assert_int_equal(rules.missing_fails, !row->warns);
	assert_int_equal(rule_applies(r, row->trace ? row->trace : "any.mmt", row->policy ? row->policy : "any"),
			 !row->elsewhere);
	rules_fini(&rules);
}

#define LATENCY(w)	.kind = RULE_LATENCY, .what = w

static const struct row rows[] = {
	{ .name = "a share more", .text = "stall <= +2%", .of = RULE_SHARE, .limit = 0.02 },
	{ .name = "a share less", .text = "avoided >= -1.5%", .compare = RULE_AT_LEAST, .of = RULE_SHARE, .limit = -0.015 },
	{ .name = "either way", .text = "operations == 0%", .compare = RULE_WITHIN, .of = RULE_SHARE },
	{ .name = "either way, with a sign", .text = "stall == -5us", .compare = RULE_WITHIN, .of = RULE_DIFFERENCE,
	  .limit = 5000 },
	{ .name = "no more at all", .text = "retries <= +0", .of = RULE_DIFFERENCE },
	{ .name = "a difference", .text = "retries <= +10", .of = RULE_DIFFERENCE, .limit = 10 },
	{ .name = "a time", .text = "longest_stretch<=5ms", .of = RULE_VALUE, .limit = 5e6 },
	{ .name = "a time, apart from its unit", .text = "longest_stretch <= 2.5 ms", .of = RULE_VALUE, .limit = 2.5e6 },
	{ .name = "a size", .text = "bytes <= 1 MiB", .of = RULE_VALUE, .limit = 1048576 },
	{ .name = "a share as such", .text = "stall_share <= 5%", .of = RULE_VALUE, .limit = 50000 },
	{ .name = "a share, more of it", .text = "stall_share <= +5%", .of = RULE_SHARE, .limit = 0.05 },
	{ .name = "a share, by millionths", .text = "stall_share <= +100ppm", .of = RULE_DIFFERENCE, .limit = 100 },
	{ .name = "nothing needs no unit", .text = "zap_time <= 0", .of = RULE_VALUE },
	{ .name = "a quantile", .text = "access.total.p99 <= +3% @ 95%", LATENCY(990000), .of = RULE_SHARE, .limit = 0.03,
	  .confidence = 95 },
	{ .name = "a far quantile", .text = "access.lock_wait.p99.99 <= +3% @99%", LATENCY(999900), .of = RULE_SHARE,
	  .limit = 0.03, .confidence = 99 },
	{ .name = "the mean", .text = "invalidate.total.mean <= +3%", LATENCY(STATS_MEAN), .of = RULE_SHARE, .limit = 0.03 },
	{ .name = "the number", .text = "age.total.n <= +3", LATENCY(RULE_NUMBER), .of = RULE_DIFFERENCE, .limit = 3 },
	{ .name = "the longest", .text = "age.total.max <= 1s", LATENCY(RULE_MAX), .of = RULE_VALUE, .limit = 1e9 },
	{ .name = "a detail of a metric", .text = "stall.vm0.vcpu3 <= 1s", .of = RULE_VALUE, .limit = 1e9 },
	{ .name = "a metric that runs have and no table", .text = "home_made <= 1s", .of = RULE_VALUE, .limit = 1e9 },
	{ .name = "a comment", .text = "stall <= +2% ; two per cent", .of = RULE_SHARE, .limit = 0.02 },
	{ .name = "missing ones are only said", .text = "missing = warn\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02,
	  .warns = true },
	{ .name = "a trace's rule", .text = "[x86-*]\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02, .trace = "x86-a.mmt" },
	{ .name = "is not for others", .text = "[x86-*]\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02, .trace = "arm64.mmt",
	  .elsewhere = true },
	{ .name = "a trace's ending may be left out", .text = "[x86-a]\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02,
	  .trace = "x86-a.mmt" },
	{ .name = "a policy's rule", .text = "[* / age-*]\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02,
	  .policy = "age-lockless" },
	{ .name = "is not for other policies", .text = "[* / age-*]\nstall <= +2%", .of = RULE_SHARE, .limit = 0.02,
	  .policy = "x86-6.12", .elsewhere = true },

	{ .name = "nothing follows a quantile", .text = "access.total.p99x <= +3%", .fails = ERR_USAGE, .want = ":1: figure 'p99x'" },
	{ .name = "no such quantile", .text = "access.total.p101 <= +3%", .fails = ERR_USAGE, .want = "p101" },
	{ .name = "the 0th is the minimum", .text = "access.total.p0 <= +3%", .fails = ERR_USAGE, .want = "p0" },
	{ .name = "too many parts", .text = "access.total.p99.p99 <= +3%", .fails = ERR_USAGE, .want = "figure" },
	{ .name = "a limit that is a word", .text = "stall <= inf", .fails = ERR_USAGE, .want = "needs a limit" },
	{ .name = "no limit", .text = "stall <= ", .fails = ERR_USAGE, .want = "needs a limit" },
	{ .name = "sure of a value", .text = "stall <= 5ms @ 95%", .fails = ERR_USAGE, .want = "no sign" },
	{ .name = "a count of seconds", .text = "retries <= 5s", .fails = ERR_USAGE, .want = "has no unit" },
	{ .name = "the line is the right one", .text = "\n\nstall <= +2%\nretires <= +0\n", .fails = ERR_USAGE,
	  .want = ":4: metric 'retires' is unknown; did you mean 'retries'?" },
};

int main(void)
{
	return table_run("rules", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
