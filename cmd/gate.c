/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab gate: did it get worse? */
#include <stdio.h>

#include "analysis/gate.h"
#include "cmd/opts.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab gate [options] RESULTS.db --rules RULES.ini --baseline WHAT\n"
	"       mmulab gate RESULTS.db --rules RULES.ini --save BASELINE.ini\n"
	"\n"
	"Judges a candidate's runs by a baseline's, rule by rule, and exits with 1 when one is\n"
	"broken.  Configurations (trace, policy by name, clones, runtime, pacing, access model,\n"
	"time scale) of both sides are paired; of runs made again the newest counts, and several\n"
	"seeds are judged together.  Virtual time is exact: the same runs get the same verdict.\n"
	"\n"
	"  -r, --rules FILE      what may not get worse: \"stall <= +2%\", one rule a line\n"
	"  -b, --baseline WHAT   run:3 (or run:3,4), branch:NAME (its newest subject), subject:NAME,\n"
	"                        another database, or a file that --save wrote\n"
	"      --against WHAT    the candidate, named likewise; default: the newest run's branch\n"
	"      --save FILE       write the candidate's figures as a baseline, and judge nothing\n"
	"      --measured        judge runs of real threads or hardware; each rule needs an '@'\n"
	"  -a, --all             show the rules that hold, too\n"
	"      --json            { ok, rules, missing_is, baseline, candidate, checked, regressions,\n"
	"                        unsure, missing, configurations: [ { trace, trace_hash, policy,\n"
	"                        runtime, pacing, access, time_scale, assumed, clones, seeds, on,\n"
	"                        baseline_subject, candidate_subject, notes, checks: [ { rule, line,\n"
	"                        name, unit, verdict, baseline, candidate, allowed, ratio, low, high,\n"
	"                        about, confident, large } ] } ] }\n"
	"      --junit           a JUnit file on stdout: a suite per configuration, a case per rule\n"
	"      --github          annotations for GitHub's log, at the lines of the rules\n";

struct asked {
	const char	*rules, *baseline, *against, *save;
	bool		 measured, all, json, junit, github;
};

static void print(const struct gate *g, const struct asked *a)
{
	if (a->json)
		gate_print_json(g, stdout);
	else if (a->junit)
		gate_print_junit(g, stdout);
	else if (a->github)
		gate_print_github(g, stdout);
	else
		gate_print(g, a->all, stdout);
}

static int open_candidate(struct db *db, const struct asked *a, struct gate_side *out, struct err *e)
{
	if (a->against)
		return gate_side_open(db, a->against, a->measured, out, e);
	return gate_side_newest(db, a->baseline ? a->baseline : "", a->measured, out, e);
}

static int judge(struct db *db, const struct rules *rules, struct gate_side *cand, const struct asked *a, struct err *e)
{
	struct gate_side base = { 0 };
	struct gate g = { 0 };
	int rc = gate_side_open(db, a->baseline, a->measured, &base, e);

	if (!rc)
		rc = gate_judge(rules, &base, cand, a->measured, &g, e);
	if (!rc) {
		print(&g, a);
		rc = gate_failed(&g) ? ERR_NO : 0;
	}
	gate_fini(&g);
	gate_side_close(&base);
	return rc;
}

static int gate(const char *path, const struct asked *a, struct err *e)
{
	struct rules rules = { 0 };
	struct gate_side cand = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	if (!rc)
		rc = rules_read(a->rules, gate_unit_of, &db, &rules, e);
	if (!rc)
		rc = open_candidate(&db, a, &cand, e);
	if (!rc)
		rc = a->save ? gate_side_save(&cand, &rules, a->save, e) : judge(&db, &rules, &cand, a, e);
	gate_side_close(&cand);
	rules_fini(&rules);
	db_close(&db);
	return rc;
}

static int complete(const struct asked *a, struct err *e)
{
	if (!a->rules)
		return err_set(e, ERR_USAGE, "--rules FILE is missing: what may not get worse");
	if (!a->baseline && !a->save)
		return err_set(e, ERR_USAGE, "--baseline WHAT is missing: run:N, branch:NAME, a database, or a file that --save wrote");
	if (a->baseline && a->save)
		return err_set(e, ERR_USAGE, "--save judges nothing; give --baseline or --save");
	if (a->json + a->junit + a->github > 1)
		return err_set(e, ERR_USAGE, "--json, --junit and --github: one of them");
	return 0;
}

static int run(int argc, char **argv, struct err *e)
{
	struct asked a = { 0 };
	const struct opt opts[] = {
		{ 'r', "rules", OPT_TEXT, &a.rules },
		{ 'b', "baseline", OPT_TEXT, &a.baseline },
		{ 0, "against", OPT_TEXT, &a.against },
		{ 0, "save", OPT_TEXT, &a.save },
		{ 0, "measured", OPT_FLAG, &a.measured },
		{ 'a', "all", OPT_FLAG, &a.all },
		{ 0, "json", OPT_FLAG, &a.json },
		{ 0, "junit", OPT_FLAG, &a.junit },
		{ 0, "github", OPT_FLAG, &a.github },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc)
		rc = complete(&a, e);
	return rc ? rc : gate(argv[first], &a, e);
}

const struct verb verb_gate = {
	.name = "gate",
	.summary = "fail when runs got worse than a baseline, by rules",
	.usage = usage,
	.run = run,
};
