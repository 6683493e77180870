/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run, and its story as a recording. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/export.h"
#include "cmd/replay_run.h"
#include "cmd/verb.h"
#include "export/export.h"

static int parse(int argc, char **argv, struct replay_ask *ask, const char **out, struct err *e)
{
	const char *access = "none", *policy = NULL;
	const struct opt opts[] = {
		{ 0, "trace-dat", OPT_TEXT, out },
		{ 'p', "policy", OPT_TEXT, &policy },
		{ 0, "set", OPT_LIST, &ask->sets },
		{ 0, "assume", OPT_LIST, &ask->assume },
		{ 0, "pacing", OPT_TEXT, &ask->pacing },
		{ 0, "grain", OPT_TEXT, &ask->grain },
		{ 0, "time-scale", OPT_TEXT, &ask->time_scale_text },
		{ 0, "clone", OPT_U32, &ask->clones },
		{ 0, "seed", OPT_U64, &ask->seed },
		{ 0, "costs", OPT_TEXT, &ask->costs },
		{ 0, "access", OPT_TEXT, &access },
		{ 0, "salvage", OPT_FLAG, &ask->salvage },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one event file", e);

	if (rc)
		return rc;
	if (policy) {
		ask->policies.v = xcalloc(1, sizeof(*ask->policies.v));
		ask->policies.v[ask->policies.nr++] = policy;
	}
	ask->trace = argv[first];
	return replay_ask_resolve(ask, access, e);
}

/* What a kernel makes no record of. */
static int check_trace(const struct replay_ask *ask, const struct replay_trace *trace, struct err *e)
{
	if (trace->scan.kinds[EV_PREFILL])
		return err_set(e, ERR_MACHINE, "%s: memory was mapped before the trace begins, and no record could say so; "
			       "export a run of a trace that maps its memory itself", ask->trace);
	return 0;
}

static void say(const char *path, const struct export_counts *n)
{
	fprintf(stderr, "mmulab export: %s: %llu records, %llu bytes\n", path, (unsigned long long)n->records,
		(unsigned long long)n->bytes);
	if (n->unsaid)
		fprintf(stderr, "mmulab export: %llu operations are of kinds that no kernel has a record of\n",
			(unsigned long long)n->unsaid);
}

static int run_told(const struct replay_ask *ask, const struct replay_trace *trace, struct replay_run *run,
		    const char *out, struct err *e)
{
	char *program = xasprintf("mmulab %s: policy %s, seed %llu, virtual time", mmulab_version(), run->policy.name,
				  (unsigned long long)ask->seed);
	const struct export_options options = { .path = out, .meta = trace->meta, .program = program };
	struct drive_broken broken = { .any = false };
	struct export_counts counts;
	struct exporter *x = NULL;
	struct drive_job job;
	struct costs costs;
	int rc = replay_job(ask, trace, &run->policy, &costs, &job, e);

	if (!rc)
		rc = export_open(&options, &x, e);
	if (!rc) {
		job.told = export_sink(x);
		job.broken = &broken;
		rc = replay_drive(ask, trace, &job, &run->result, e);
	}
	if (!rc)
		rc = export_close(x, &counts, e);
	else
		export_abort(x);
	if (!rc)
		say(out, &counts);
	free(program);
	return rc;
}

int export_trace_dat(int argc, char **argv, struct err *e)
{
	struct replay_ask ask = { .runtime = "vtime", .pacing = "closed", .grain = "access",
				  .time_scale_text = TIME_SCALE_DEFAULT, .clones = 1, .seed = 1 };
	struct replay_trace trace = { 0 };
	struct replay_run run = { 0 };
	const char *out = NULL;
	int rc = parse(argc, argv, &ask, &out, e);

	result_init(&run.result);
	if (!rc)
		rc = replay_prepare(&ask, &trace, &run, 1, e);
	if (!rc)
		rc = check_trace(&ask, &trace, e);
	if (!rc)
		rc = run_told(&ask, &trace, &run, out, e);
	result_fini(&run.result);
	replay_trace_close(&trace);
	opt_list_fini(&ask.policies);
	opt_list_fini(&ask.sets);
	opt_list_fini(&ask.assume);
	return rc;
}
