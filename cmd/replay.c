/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab replay: the recorded guest under other policies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/replay_run.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab replay [options] T.mmt\n"
	"\n"
	"Replays what a host's MMU went through under one or more policies, and says what the guest\n"
	"would have felt.  Order that must hold, holds; everything else happens when the policy\n"
	"lets it.  The same seed gives the same numbers, bit for bit.\n"
	"\n"
	"  -p, --policy NAME     policy to replay under (`mmulab policies`); may be given again.\n"
	"                        Default: that of the recorded kernel\n"
	"      --set NAME=VALUE  change a knob of every policy, a cost (costs.kick=2000) or the\n"
	"                        host (host.cpus=16, host.hz=1000); may be given again\n"
	"      --runtime NAME    vtime: virtual time, modelled (default); threads: real threads\n"
	"                        and locks, measured on this machine\n"
	"      --pacing NAME     closed: the guest thinks as long as it did between two faults\n"
	"                        (default); open: every stimulus at its recorded time; asap: none\n"
	"      --time-scale X    multiply recorded think times and gaps by X; auto: by the time of a fault\n"
	"                        attempt in the cost model over its time in the recording, so that faults\n"
	"                        and the windows between them are of one machine; 1: as recorded (default)\n"
	"      --clone N         N copies of everything recorded, on disjoint memory of the same\n"
	"                        VM, and on N times the CPUs\n"
	"      --seed N          which of the possible schedules (default 1)\n"
	"      --seeds N         try N schedules, with --check and --grain access, in which tasks are\n"
	"                        held up at random; says that no invariant broke, or prints the\n"
	"                        shortest failing interleaving and the command that repeats it.\n"
	"                        JSON: trace, first_seed, schedules, policies: [ { policy, broken,\n"
	"                        shortest: { what, seed, steps, t_ns, command, story: [ { t_ns, task,\n"
	"                        name, what, gfn, value, more } ] } } ]\n"
	"      --grain NAME      op: hand over at locks (default); access: at every shared word\n"
	"      --check           hold the tables against a flat memory of what was done, and check\n"
	"                        the invariants while the engine runs (docs/safety.md)\n"
	"      --costs FILE      cost model (default: costs/default.ini)\n"
	"      --access NAME     none: only recorded accesses happen (default); model: pages that this\n"
	"                        policy takes away or makes old are touched again as the recording's\n"
	"                        own were; its error on the recording is printed and stored\n"
	"      --assume FACT     replay although the trace lacks FACT: slots, invalidate-end,\n"
	"                        guest-time, tdp-mmu, guest-tables; it is recorded with the run\n"
	"      --salvage         use the sound blocks of a damaged file\n"
	"      --db FILE         store each run in this database (made when it is not there)\n"
	"      --branch NAME     what the stored run is of, for trends (default: $MMULAB_BRANCH)\n"
	"      --subject TEXT    the commit, kernel or state it stands for there (default:\n"
	"                        $MMULAB_SUBJECT, else mmulab's own version)\n"
	"      --json            trace, trace_hash, runtime, figures, pacing, seed, clones, assumed,\n"
	"                        runs: [ { policy, knobs, metrics: { NAME: { value, unit } },\n"
	"                        latency: { OP: { PHASE: { n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns,\n"
	"                        p999_ns, max_ns } } }, blame: [ { waiter, holder, ns, n } ], run } ]\n"
	"                        (run: its number in the database, with --db)\n"
	"\n"
	"Exit status: 1 when --check finds that the tables are not what they must be, 4 when the\n"
	"trace lacks a fact that a replay needs.\n";

/* --- options --------------------------------------------------------------------- */

static int parse(int argc, char **argv, struct replay_ask *ask, struct err *e)
{
	const char *access = "none";
	uint64_t seeds = UINT64_MAX;	/* not given */
	const struct opt opts[] = {
		{ 'p', "policy", OPT_LIST, &ask->policies },
		{ 0, "set", OPT_LIST, &ask->sets },
		{ 0, "assume", OPT_LIST, &ask->assume },
		{ 0, "runtime", OPT_TEXT, &ask->runtime },
		{ 0, "pacing", OPT_TEXT, &ask->pacing },
		{ 0, "grain", OPT_TEXT, &ask->grain },
		{ 0, "time-scale", OPT_TEXT, &ask->time_scale_text },
		{ 0, "clone", OPT_U32, &ask->clones },
		{ 0, "seed", OPT_U64, &ask->seed },
		{ 0, "seeds", OPT_U64, &seeds },
		{ 0, "check", OPT_FLAG, &ask->check },
		{ 0, "costs", OPT_TEXT, &ask->costs },
		{ 0, "access", OPT_TEXT, &access },
		{ 0, "salvage", OPT_FLAG, &ask->salvage },
		{ 0, "db", OPT_TEXT, &ask->db },
		{ 0, "branch", OPT_TEXT, &ask->branch },
		{ 0, "subject", OPT_TEXT, &ask->subject },
		{ 0, "json", OPT_FLAG, &ask->json },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one event file", e);

	if (rc)
		return rc;
	if (!seeds)
		return err_set(e, ERR_USAGE, "--seeds 0: at least one schedule");
	ask->seeds = seeds == UINT64_MAX ? 0 : seeds;
	ask->trace = argv[first];
	rc = replay_ask_resolve(ask, access, e);
	if (!rc && ask->seeds && (ask->threads || ask->db))
		return err_set(e, ERR_USAGE, "--seeds searches schedules in virtual time and stores nothing; "
			       "leave out --runtime and --db");
	return rc;
}

/* --- running ---------------------------------------------------------------------------- */

static void say_assumed(const struct replay_ask *ask)
{
	for (unsigned int i = 0; i < NR_FACTS; i++)
		if (ask->facts.assumed[i])
			fprintf(stderr, "mmulab replay: --assume %s: %s\n", fact_name(i), fact_instead(i));
}

/* Three times one way or the other: then how often a window is met is the cost model's doing, not the recording's. */
static void say_scale(const struct replay_ask *ask, const struct replay_trace *trace)
{
	uint32_t ppm = trace->scale_rough_ppm;
	char text[16];

	time_scale_print(trace->time_scale.ppm, text, sizeof(text));
	if (!ask->time_scale_ppm && trace->time_scale.recorded_ns)
		fprintf(stderr, "mmulab replay: --time-scale auto: recorded times are multiplied by %s; a fault attempt took "
			"%.1f us in the recording and takes %.1f us here (medians)\n",
			text, (double)trace->time_scale.recorded_ns / 1000,
			(double)trace->time_scale.modelled_ns / 1000);
	else if (!ask->time_scale_ppm)
		fprintf(stderr, "mmulab replay: --time-scale auto: the recording does not say how long its faults took; its times are kept\n");
	else if (ask->time_scale_ppm == TIME_SCALE_ONE && ask->pacing_kind == PACING_CLOSED &&
		 (ppm < TIME_SCALE_ONE / 3 || ppm > 3 * TIME_SCALE_ONE))
		fprintf(stderr, "mmulab replay: faults took %.1f times as long in the recording as in the cost model; --time-scale auto puts both on one scale\n",
			(double)TIME_SCALE_ONE / ppm);
}

static void say_skipped(const struct result *r)
{
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (strncmp(r->metrics[i].name, "skipped.", 8) == 0)
			fprintf(stderr, "mmulab replay: %lld stimuli of kind %s are not replayed: the engine has no such operation yet\n",
				(long long)r->metrics[i].value, r->metrics[i].name + 8);
}

static int run_one(const struct replay_ask *ask, const struct replay_trace *trace, struct replay_run *run,
		   struct err *e)
{
	struct drive_broken broken = { .any = false };
	struct costs costs;
	struct drive_job job;
	int rc = replay_job(ask, trace, &run->policy, &costs, &job, e);

	if (!rc && isatty(STDERR_FILENO))
		fprintf(stderr, "%s: %s ...\n", ask->trace, run->policy.name);
	if (!rc) {
		job.broken = &broken;
		rc = replay_drive(ask, trace, &job, &run->result, e);
	}
	if (broken.any)
		replay_show_story(&broken, stderr);
	if (!rc && ask->db)
		rc = replay_store(ask, trace, &job, run, e);
	return rc;
}

static int run_all(const struct replay_ask *ask, const struct replay_trace *trace, struct replay_run *runs,
		   size_t nr, struct err *e)
{
	for (size_t i = 0; i < nr; i++) {
		int rc = run_one(ask, trace, &runs[i], e);

		if (rc)
			return rc;
	}
	say_skipped(&runs[0].result);
	if (ask->json)
		replay_show_json(ask, trace, runs, nr);
	else
		replay_show(ask, runs, nr);
	return 0;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int replay(struct replay_ask *ask, struct err *e)
{
	size_t nr = ask->policies.nr ? ask->policies.nr : 1;
	struct replay_run *runs = xcalloc(nr, sizeof(*runs));
	struct replay_trace trace = { 0 };
	int rc;

	for (size_t i = 0; i < nr; i++)
		result_init(&runs[i].result);
	rc = replay_prepare(ask, &trace, runs, nr, e);
	if (!rc) {	/* not before: who is refused gets one line, the reason */
		say_assumed(ask);
		say_scale(ask, &trace);
	}
	if (!rc)
		rc = ask->seeds ? replay_search(ask, &trace, runs, nr, e) : run_all(ask, &trace, runs, nr, e);
	for (size_t i = 0; i < nr; i++)
		result_fini(&runs[i].result);
	free(runs);
	replay_trace_close(&trace);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct replay_ask ask = { .runtime = "vtime", .pacing = "closed", .grain = "op", .time_scale_text = TIME_SCALE_DEFAULT, .clones = 1, .seed = 1,
				  .branch = getenv("MMULAB_BRANCH"), .subject = getenv("MMULAB_SUBJECT") };
	int rc = parse(argc, argv, &ask, e);

	if (!rc)
		rc = replay(&ask, e);
	opt_list_fini(&ask.policies);
	opt_list_fini(&ask.sets);
	opt_list_fini(&ask.assume);
	return rc;
}

const struct verb verb_replay = {
	.name = "replay",
	.summary = "what the guest would have felt under other policies",
	.usage = usage,
	.run = run,
};
