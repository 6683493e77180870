/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab compare: runs side by side. */
#include <stdio.h>

#include "analysis/compare.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab compare [options] RESULTS.db\n"
	"\n"
	"Shows runs side by side: what the guest lost (stall), the latency of its accesses and\n"
	"their wait for mmu_lock, what was avoided, added and retried, and who waited for whom.\n"
	"Runs that differ in their seeds alone are one column.  From the second column on each value\n"
	"is followed by its ratio to the first column's, and a mark that says whether the difference\n"
	"is sure and whether it is large.  Runs stand in one table when trace, clones, runtime, pacing,\n"
	"costs and host are the same; of runs that differ in nothing the newest counts.  Without\n"
	"--all, --trace or --run: the runs of the trace that was replayed last.\n"
	"\n"
	RUNS_USAGE
	"      --all             every trace in the database\n"
	"      --json            { groups: [ { trace, trace_hash, arch, kernel, runtime, figures,\n"
	"                        pacing, clones, runs: [ { run, policy, label, seed, time, version,\n"
	"                        command, assumed,\n"
	"                        metrics: { NAME: { value, unit, ratio } },\n"
	"                        latency: { OP: { PHASE: { n, min_ns, mean_ns, p50_ns, p90_ns,\n"
	"                        p99_ns, p999_ns, max_ns } } },\n"
	"                        blame: [ { waiter, holder, ns, n } ] } ],\n"
	"                        sides: [ { label, policy, runs: [ N ], seeds: [ N ],\n"
	"                        metrics: { NAME: { value, ratio, low, high, about, confident,\n"
	"                        large } }, latency: { OP: { PHASE: { mean_ns: { value, ... } } } } }\n"
	"                        ] } ] }\n";

static int print_all(struct db *db, const struct selection *s, bool json, struct err *e)
{
	json_t *groups = json_array();
	int rc = 0;

	for (size_t i = 0; !rc && i < s->nr; i++) {
		struct compare c;

		rc = compare_load(db, &s->v[i], &c, e);
		if (rc)
			break;
		if (json) {
			json_array_append_new(groups, compare_json(&c));
		} else {
			fputs(i ? "\n\n" : "", stdout);
			compare_print(&c, stdout);
		}
		compare_fini(&c);
	}
	if (!rc && json) {
		json_t *root = json_pack("{s:O}", "groups", groups);

		json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		putchar('\n');
		json_decref(root);
	}
	json_decref(groups);
	return rc;
}

static int compare(const char *path, const struct select_rule *rule, bool json, struct err *e)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	if (!rc)
		rc = select_runs(&db, rule, &s, e);
	if (!rc)
		rc = print_all(&db, &s, json, e);
	selection_fini(&s);
	db_close(&db);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct runs runs = { 0 };
	bool all = false, json = false;
	const struct opt opts[] = {
		RUNS_OPTS(runs),
		{ 0, "all", OPT_FLAG, &all },
		{ 0, "json", OPT_FLAG, &json },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc) {
		struct select_rule rule = runs_rule(&runs);

		rule.last = !all && !runs.trace;
		rc = compare(argv[first], &rule, json, e);
	}
	runs_fini(&runs);
	return rc;
}

const struct verb verb_compare = {
	.name = "compare",
	.summary = "show runs side by side: stall, latencies, ratios, who waited for whom",
	.usage = usage,
	.run = run,
};
