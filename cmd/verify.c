/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mmulab verify: does the engine do what the recorded kernel did?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/opts.h"
#include "cmd/paths.h"
#include "cmd/verb.h"
#include "replay/audit_report.h"
#include "replay/flip_report.h"
#include "replay/recorded_knobs.h"
#include "replay/verify.h"
#include "replay/verify_report.h"
#include "result/store.h"

struct options {
	const char	*policy, *limit, *db;
	struct opt_list	 sets, flips;
	uint64_t	 seed;
	bool		 baseline, audit, json;
};

/* The preset of the kernel the recording was made on. */
static const char *recorded_preset(const struct ev_meta *meta)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s-%s", kvm_arch_name(meta->arch),
		 kvm_release_name(meta->release));
	return name;
}

static int load_policy(const struct options *o, const struct ev_meta *meta, struct policy *out, struct err *e)
{
	const char *name = o->policy ? o->policy : recorded_preset(meta);
	int rc = policy_load(name, paths_dirs("policies"), meta->arch, out, e);

	for (size_t i = 0; rc == 0 && i < o->sets.nr; i++)
		rc = policy_set(out, o->sets.v[i], meta->arch, e);
	return rc;
}

/* Whatever policy is tried, evidence is read by the rule of the kernel that made it. */
static int read_rules(const struct ev_meta *meta, struct verify_job *job, struct err *e)
{
	struct policy own;
	int rc = policy_load(recorded_preset(meta), paths_dirs("policies"), meta->arch, &own, e);

	if (rc == 0)
		job->yields_to_waiters = own.lock_needbreak == LOCK_NEEDBREAK_CONTENDED;
	return rc;
}

/* Which knobs the recording decides: under its kernel's own preset those that nobody set. */
static uint32_t recorded_knobs(const struct options *o, const struct ev_meta *meta)
{
	uint32_t mask = RECORDED_KNOBS_ALL;

	if (o->policy && strcmp(o->policy, recorded_preset(meta)) != 0)
		return 0;
	for (size_t i = 0; i < o->sets.nr; i++)
		mask &= ~recorded_knob(o->sets.v[i], strcspn(o->sets.v[i], "="));
	return mask;
}

static int parse_limit(const char *text, double *out, struct err *e)
{
	char *end;

	*out = 0;
	if (!text)
		return 0;
	errno = 0;
	*out = strtod(text, &end);
	if (errno || end == text || *end || !(*out >= 0 && *out <= 100))
		return err_set(e, ERR_USAGE, "--limit %s: not a percentage from 0 to 100", text);
	return 0;
}

/* Nothing was judged and nothing was vacuous: a score of 0 % would say something about the engine. */
static bool nothing_judged(const struct totals *t)
{
	return t->operations > 0 && t->skipped == t->operations - t->lost - t->vacuous;
}

static int cannot_judge(const char *file, const struct totals *t, struct err *e)
{
	enum skip why = 0;

	for (enum skip s = 0; s < NR_SKIPS; s++)
		if (t->skips[s] > t->skips[why])
			why = s;
	return err_set(e, ERR_MACHINE,
		       "%s: none of its %" PRIu64 " operations can be judged, since the engine does not model them (%s)",
		       file, t->operations, skip_name(why));
}

/* What is said of the trace goes where its runs are, for those who read them. */
static int keep(struct store *s, const struct ev_meta *meta, const char *policy, const struct totals *t, struct err *e)
{
	const struct store_fidelity f = {
		.trace_hash = meta->source_xxh3, .policy = policy, .commit = mmulab_version(),
		.operations = t->operations,
		.judged = t->operations - t->lost - t->vacuous - t->skipped, .exact = t->exact,
		.baseline_exact = t->null_exact,
	};

	return store_fidelity(s, &f, e);
}

static int report(const struct options *o, const char *file, const struct policy *policy,
		  const struct verdict *v, double limit, struct totals *totals, struct err *e)
{
	const struct verify_report r = { v, totals, file, policy->name, o->baseline };
	int rc = 0;

	if (o->json)
		rc = verify_print_json(&r, stdout, e);
	else if (!nothing_judged(totals))
		verify_print(&r, stdout);
	if (rc == 0 && nothing_judged(totals))
		return cannot_judge(file, totals, e);
	if (rc == 0 && totals->exact_ratio * 100 < limit)
		rc = err_set(e, ERR_NO, "%s: %.3f %% of operations exact, under the limit of %s %%", file,
			     totals->exact_ratio * 100, o->limit);
	return rc;
}

static int flip(const struct options *o, const char *file, enum kvm_arch arch, const struct verify_job *job,
		struct err *e)
{
	const struct knob **knobs;
	struct flips flips = { 0 };
	size_t rows;
	int rc;

	knob_table(&rows);
	knobs = xcalloc(rows, sizeof(*knobs));
	rc = flips_knobs(o->flips.v, o->flips.nr, arch, knobs, e);
	if (rc >= 0)
		rc = flips_run(job, knobs, (size_t)rc, &flips, e);
	if (rc == 0 && nothing_judged(&flips.right.totals))
		rc = cannot_judge(file, &flips.right.totals, e);
	else if (rc == 0 && o->json)
		rc = flips_print_json(&flips, file, job->policy->name, stdout, e);
	else if (rc == 0)
		flips_print(&flips, file, job->policy->name, stdout);
	flips_fini(&flips);
	free(knobs);
	return rc;
}

static int judge(const struct options *o, const char *file, const struct ev_meta *meta, const struct verify_job *job,
		 double limit, struct err *e)
{
	struct store *store = NULL;
	struct verdict verdict;
	struct totals totals;
	int rc = o->db ? store_open(o->db, &store, e) : 0;

	if (rc)
		return rc;
	verdict_init(&verdict, job->rec);
	rc = verify_run(job, &verdict, e);
	if (rc == 0) {
		verdict_totals(&verdict, &totals);
		if (store && !nothing_judged(&totals))
			rc = keep(store, meta, job->policy->name, &totals, e);
	}
	if (rc == 0)
		rc = report(o, file, job->policy, &verdict, limit, &totals, e);
	verdict_fini(&verdict);
	store_close(store);
	return rc;
}

/* The recording alone: no policy, and no engine. */
static int audit(const struct options *o, const char *path, const struct recording *rec, struct err *e)
{
	struct audit audit;
	int rc = 0;

	audit_run(rec, &audit);
	if (o->json)
		rc = audit_print_json(&audit, path, stdout, e);
	else
		audit_print(&audit, path, stdout);
	if (rc == 0 && audit.certain)
		rc = err_set(e, ERR_NO, "%s: %" PRIu64 " certain findings: the recorded kernel broke an invariant",
			     path, audit.certain);
	audit_fini(&audit);
	return rc;
}

static int verify_file(const struct options *o, const char *path, struct ev_file *f, double limit, struct err *e)
{
	struct recording rec = { 0 };
	struct policy policy;
	struct verify_job job = { .rec = &rec, .policy = &policy, .seed = o->seed, .baseline = o->baseline || o->db,
				  .recorded = recorded_knobs(o, ev_meta(f)), .guide = guide_vtime };
	int rc;

	rc = load_policy(o, ev_meta(f), &policy, e);
	if (rc == 0)
		rc = read_rules(ev_meta(f), &job, e);
	if (rc == 0)
		rc = recording_load(f, &rec, e);
	if (rc < 0)
		return rc;
	if (o->audit)
		rc = audit(o, path, &rec, e);
	else if (o->flips.nr)
		rc = flip(o, path, ev_meta(f)->arch, &job, e);
	else
		rc = judge(o, path, ev_meta(f), &job, limit, e);
	recording_fini(&rec);
	return rc;
}

static int open_and_verify(const struct options *o, const char *path, struct err *e)
{
	struct ev_file *f;
	double limit;
	int rc = parse_limit(o->limit, &limit, e);

	if (o->flips.nr && (o->limit || o->baseline))
		rc = err_set(e, ERR_USAGE, "--flip compares scores and needs no measure beside them; leave out %s",
			     o->limit ? "--limit" : "--baseline");
	else if (o->audit && (o->flips.nr || o->limit || o->baseline || o->policy || o->sets.nr))
		rc = err_set(e, ERR_USAGE, "--audit looks at the recording alone; leave out policy, --flip, --limit, --baseline");
	else if (o->db && (o->flips.nr || o->audit))
		rc = err_set(e, ERR_USAGE, "--db keeps a score; leave out %s", o->audit ? "--audit" : "--flip");
	if (rc == 0)
		rc = ev_open(path, 0, &f, e);
	if (rc < 0)
		return rc;
	rc = verify_file(o, path, f, limit, e);
	ev_close(f);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct options o = { .seed = 1 };
	const struct opt opts[] = {
		{ 'p', "policy", OPT_TEXT, &o.policy },
		{ 0, "set", OPT_LIST, &o.sets },
		{ 0, "flip", OPT_LIST, &o.flips },
		{ 0, "baseline", OPT_FLAG, &o.baseline },
		{ 0, "audit", OPT_FLAG, &o.audit },
		{ 0, "json", OPT_FLAG, &o.json },
		{ 0, "limit", OPT_TEXT, &o.limit },
		{ 0, "db", OPT_TEXT, &o.db },
		{ 0, "seed", OPT_U64, &o.seed },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one event file", e);

	if (rc == 0)
		rc = open_and_verify(&o, argv[first], e);
	opt_list_fini(&o.sets);
	opt_list_fini(&o.flips);
	return rc;
}

const struct verb verb_verify = {
	.name = "verify",
	.summary = "fidelity against the trace's own observations",
	.usage =
		"usage: mmulab verify [options] T.mmt\n"
		"\n"
		"Replays a recording attempt by attempt on the engine, every step at its recorded\n"
		"instant, and compares what the engine did with what the kernel said it did.  An\n"
		"operation is exact when some order the records allow gives its observations and its\n"
		"result.  docs/fidelity.md says what is compared and what is taken as given.\n"
		"\n"
		"  -p, --policy NAME     default: the preset of the recorded kernel, with memslot.delete,\n"
		"                        dirty.eager_split and lock.needbreak as the recording notes or\n"
		"                        shows them (the VM and the machine decide these)\n"
		"      --set KNOB=VALUE  change one knob of it; may be given again\n"
		"      --flip KNOB       what each other value of this knob would cost: does the recording\n"
		"                        tell them apart?  May be given again; all: every knob\n"
		"      --baseline        beside it the score of a null model, and how much of what it\n"
		"                        misses the engine explains\n"
		"      --audit           did the recorded kernel itself break an invariant?  From its observations\n"
		"                        alone, without the engine; exit 1 when something is certain.  What it\n"
		"                        checks and how sure it is: docs/audit.md\n"
		"      --limit PCT       exit 1 when less than PCT % of the operations are exact\n"
		"      --db FILE         store the score beside the trace's runs, for `mmulab report`; the null\n"
		"                        model's with it\n"
		"      --seed N          decides ties between tasks (default 1)\n"
		"      --json            one JSON object: operations, exact, determined, admissible,\n"
		"                        undecided, guided, vacuous, undecidable (of these, faults of which neither\n"
		"                        result nor change was recorded), lost, skipped (by reason), exact_ratio,\n"
		"                        baseline_exact, kinds, by_operation, by_result, retry_causes,\n"
		"                        divergences, first_divergence, audit\n",
	.run = run,
};
