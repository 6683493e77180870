/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab changes: at which commits did figures change? */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/quantity.h"
#include "analysis/trend.h"
#include "cmd/opts.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab changes [options] RESULTS.db\n"
	"\n"
	"Lists where figures changed for good, newest first.  A trend is runs of one trace, policy\n"
	"name, branch, clones, seed, runtime, pacing, access model and time scale, in the order they\n"
	"were made; a run stands for what replay --subject said, or for mmulab's own commit.  Changes\n"
	"are found by e-divisive, the same ones every time; steps of virtual time are exact.\n"
	"\n"
	"  -m, --metric NAME     this figure, by a metric's name or as OPERATION.PHASE.WHAT; may be\n"
	"                        given several times (default: stall, stall_max, access.total.p50,\n"
	"                        access.total.p99, access.lock_wait.mean, faults, retries, flushes,\n"
	"                        longest_stretch, window_max)\n"
	"      --trace NAME      trends of this trace only (shell pattern; the ending may be left out)\n"
	"      --floor N         changes of N per cent at least (default 3)\n"
	"      --json            { trends, changes: [ { subject, before_subject, run, name, unit, before,\n"
	"                        after, ratio, p, trace, policy, branch, clones, seed, runtime, pacing,\n"
	"                        access } ] }\n";

static const char *const usual[] = {
	"stall", "stall_max", "access.total.p50", "access.total.p99", "access.lock_wait.mean", "faults", "retries",
	"flushes", "longest_stretch", "window_max",
};

static const char *before_subject(const struct trend_change *c)
{
	return c->trend->subject[c->at - 1];
}

static void print_one(const struct trend_change *c)
{
	const struct config *k = &c->trend->config;
	char before[48], after[48], ratio[24] = "";

	quantity_text(c->figure->unit, (int64_t)c->change.before, before, sizeof(before));
	quantity_text(c->figure->unit, (int64_t)c->change.after, after, sizeof(after));
	if (c->change.before > 0)
		snprintf(ratio, sizeof(ratio), " (%.3fx)", c->change.after / c->change.before);
	printf("%s: %s %s -> %s%s, %s", c->trend->subject[c->at], c->figure->name, before, after, ratio, k->trace);
	if (k->clones > 1)
		printf(" x%lld", (long long)k->clones);
	printf(" under %s%s%s, run %lld\n", k->policy, *c->trend->branch ? ", branch " : "", c->trend->branch,
	       (long long)k->run[c->at].id);
}

static json_t *one_json(const struct trend_change *c)
{
	const struct config *k = &c->trend->config;
	double ratio = c->change.before != 0 ? c->change.after / c->change.before : INFINITY;

	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:f, s:f, s:o, s:f, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "subject",
			 c->trend->subject[c->at], "before_subject", before_subject(c), "run", (json_int_t)k->run[c->at].id,
			 "name", c->figure->name, "unit", c->figure->unit, "before", c->change.before, "after",
			 c->change.after, "ratio", isfinite(ratio) ? json_real(ratio) : json_null(), "p", c->change.p, "trace",
			 k->trace, "policy", k->policy, "branch", c->trend->branch, "clones", (json_int_t)k->clones, "seed",
			 (json_int_t)k->run[c->at].seed, "runtime", k->runtime, "pacing", k->pacing, "access", k->access);
}

static void print(const struct trends *t, const struct trend_changes *c, bool json)
{
	json_t *list = json_array(), *root;

	for (size_t i = 0; i < c->nr; i++) {
		if (json)
			json_array_append_new(list, one_json(&c->v[i]));
		else
			print_one(&c->v[i]);
	}
	if (!json && !c->nr)
		printf("no change in %zu trends\n", t->nr);
	root = json_pack("{s:I, s:o}", "trends", (json_int_t)t->nr, "changes", list);
	if (json) {
		json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
		putchar('\n');
	}
	json_decref(root);
}

static int changes(const char *path, const char *const *names, size_t nr, const char *trace, uint32_t floor_percent,
		   bool json, struct err *e)
{
	struct changes_rule rule = changes_rule_default;
	struct trend_changes found = { 0 };
	struct rules figures = { 0 };
	struct trends trends = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	rule.floor = floor_percent / 100.0;
	if (!rc)
		rc = rules_named(names, nr, gate_unit_of, &db, &figures, e);
	if (!rc)
		rc = trends_load(&db, trace, &trends, e);
	if (!rc && !trends.nr)
		rc = err_set(e, ERR_INPUT, "%s: no such run; `mmulab compare --all` lists what there is", path);
	if (!rc)
		rc = trends_changes(&db, &trends, &figures, &rule, &found, e);
	if (!rc)
		print(&trends, &found, json);
	free(found.v);
	trends_free(&trends);
	rules_fini(&figures);
	db_close(&db);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct opt_list metrics = { 0 };
	const char *trace = NULL;
	uint32_t floor_percent = 3;
	bool json = false;
	const struct opt opts[] = {
		{ 'm', "metric", OPT_LIST, &metrics },
		{ 0, "trace", OPT_TEXT, &trace },
		{ 0, "floor", OPT_U32, &floor_percent },
		{ 0, "json", OPT_FLAG, &json },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc && metrics.nr)
		rc = changes(argv[first], metrics.v, metrics.nr, trace, floor_percent, json, e);
	else if (!rc)
		rc = changes(argv[first], usual, ARRAY_SIZE(usual), trace, floor_percent, json, e);
	opt_list_fini(&metrics);
	return rc;
}

const struct verb verb_changes = {
	.name = "changes",
	.summary = "list the commits at which figures changed",
	.usage = usage,
	.run = run,
};
