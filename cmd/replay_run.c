/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One replay, from the event file to the database. */
#include "cmd/replay_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/paths.h"
#include "cmd/verb.h"
#include "result/store.h"

/* --- costs -------------------------------------------------------------- */

static bool sets_host_or_costs(const char *assignment)
{
	return strncmp(assignment, "host.", 5) == 0 || strncmp(assignment, "costs.", 6) == 0;
}

int replay_costs(const struct replay_ask *ask, struct costs *costs, struct host_model *host, struct err *e)
{
	char *file = ask->costs ? xstrdup(ask->costs) : paths_file("costs", "default.ini");
	int rc = 0;

	costs_defaults(costs);
	host_model_defaults(host);
	if (file)
		rc = costs_load(file, costs, host, e);
	free(file);
	for (size_t i = 0; !rc && i < ask->sets.nr; i++)
		if (sets_host_or_costs(ask->sets.v[i]))
			rc = costs_set(costs, host, ask->sets.v[i], e);
	return rc;
}

/* --- the trace -------------------------------------------------------------- */

/* One scale for all policies of the command, or they could not be compared. */
static int find_scale(const struct replay_ask *ask, struct replay_trace *t, struct err *e)
{
	struct host_model host;
	struct costs costs;
	int rc;

	rc = replay_costs(ask, &costs, &host, e);
	if (rc)
		return rc;
	t->scale_rough_ppm = time_scale_rough(&t->scan, t->meta->release, &costs);
	t->time_scale.ppm = ask->time_scale_ppm;
	return ask->time_scale_ppm ? 0 : time_scale_auto(t->file, &costs, &t->time_scale, e);
}

int replay_trace_open(const struct replay_ask *ask, struct replay_trace *out, struct err *e)
{
	int rc = ev_open(ask->trace, EV_KEEP | (ask->salvage ? EV_SALVAGE : 0), &out->file, e);

	if (rc)
		return rc;
	out->meta = ev_meta(out->file);
	rc = scan_file(out->file, &out->scan, e);
	if (!rc)
		rc = facts_check(&ask->facts, ask->trace, out->meta, &out->scan,
				 ask->pacing_kind == PACING_CLOSED, e);
	if (!rc && !out->scan.kinds[EV_ACCESS])
		rc = err_set(e, ERR_MACHINE, "%s: there is no guest access to replay in it", ask->trace);
	if (!rc)
		rc = plan_make(out->file, &out->scan, &out->plan, e);
	if (!rc)
		rc = find_scale(ask, out, e);
	if (!rc && ask->model)
		rc = access_model_make(out->file, &out->access, e);
	return rc;
}

void replay_trace_close(struct replay_trace *t)
{
	access_model_free(t->access);
	plan_free(t->plan);
	scan_fini(&t->scan);
	ev_close(t->file);
	*t = (struct replay_trace){ 0 };
}

/* --- the job ------------------------------------------------------------------- */

int replay_job(const struct replay_ask *ask, const struct replay_trace *trace, const struct policy *policy,
	       struct costs *costs, struct drive_job *out, struct err *e)
{
	*out = (struct drive_job){
		.file = trace->file, .scan = &trace->scan, .plan = trace->plan, .policy = policy, .costs = costs,
		.pacing = ask->pacing_kind, .clones = ask->clones, .seed = ask->seed,
		.check = ask->check || policy->check_invariants == CHECK_INVARIANTS_YES, .fine = ask->fine,
		.as_tdp_mmu = ask->facts.assumed[FACT_TDP_MMU],
		.as_two_dimensional = ask->facts.assumed[FACT_GUEST_TABLES],
		.access = trace->access, .time_scale_ppm = trace->time_scale.ppm,
	};
	int rc = replay_costs(ask, costs, &out->host, e);

	if (!rc && !out->host.cpus)	/* as recorded; clones bring their own */
		out->host.cpus = trace->meta->nr_cpus * ask->clones;
	return rc;
}

/* --- driving ------------------------------------------------------------------------ */

static void put_trace_caveats(const struct replay_ask *ask, const struct replay_trace *trace, struct result *r)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < trace->meta->nr_lost; i++)
		lost += trace->meta->lost[i].n;
	if (trace->time_scale.ppm != TIME_SCALE_ONE)
		result_metric(r, "time_scale", "ppm", trace->time_scale.ppm);
	if (lost)
		result_metric(r, "lost", "count", (int64_t)lost);
	if (ev_skipped_blocks(trace->file))
		result_metric(r, "damaged_blocks", "count", (int64_t)ev_skipped_blocks(trace->file));
	if (trace->meta->synthetic)
		result_metric(r, "synthetic", "count", 1);
	for (unsigned int i = 0; i < NR_FACTS; i++) {
		char name[48];

		snprintf(name, sizeof(name), "assumed.%s", fact_name(i));
		if (ask->facts.assumed[i])
			result_metric(r, name, "count", 1);
	}
}

int replay_drive(const struct replay_ask *ask, const struct replay_trace *trace, const struct drive_job *job,
		 struct result *result, struct err *e)
{
	int rc = ask->threads ? drive_threads(job, result, e) : drive_vtime(job, result, e);

	if (!rc)
		put_trace_caveats(ask, trace, result);
	return rc;
}

/* --- storing ------------------------------------------------------------------------- */

struct text {			/* what a FILE * wrote into memory */
	char	*bytes;
	size_t	 len;
	FILE	*out;
};

static FILE *text_open(struct text *t)
{
	t->out = open_memstream(&t->bytes, &t->len);
	if (!t->out) {
		perror("mmulab: open_memstream");
		abort();
	}
	return t->out;
}

static const char *text_close(struct text *t)
{
	fclose(t->out);
	return t->bytes;
}

static void put_word(FILE *out, const char *option, const char *word)
{
	bool plain = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./=+-:,") == strlen(word);

	fprintf(out, plain ? " %s%s" : " %s'%s'", option, word);
}

/* The command line that gives this run again; only what differs from the defaults. */
static void put_command(const struct replay_ask *ask, const char *policy, FILE *out)
{
	fputs("mmulab replay", out);
	put_word(out, "", ask->trace);
	put_word(out, "-p ", policy);
	for (size_t i = 0; i < ask->sets.nr; i++)
		put_word(out, "--set ", ask->sets.v[i]);
	for (size_t i = 0; i < ask->assume.nr; i++)
		put_word(out, "--assume ", ask->assume.v[i]);
	if (ask->costs)
		put_word(out, "--costs ", ask->costs);
	if (ask->threads)
		fputs(" --runtime threads", out);
	if (ask->pacing_kind != PACING_CLOSED)
		put_word(out, "--pacing ", ask->pacing);
	if (strcmp(ask->time_scale_text, TIME_SCALE_DEFAULT))
		put_word(out, "--time-scale ", ask->time_scale_text);
	if (ask->model)
		fputs(" --access model", out);
	if (ask->fine && !ask->seeds)
		fputs(" --grain access", out);
	if (ask->clones > 1)
		fprintf(out, " --clone %u", ask->clones);
	if (ask->salvage)
		fputs(" --salvage", out);
	fprintf(out, " --seed %llu", (unsigned long long)ask->seed);
	if (ask->seeds)
		fputs(" --seeds 1", out);
}

static void put_assumed(const struct replay_ask *ask, FILE *out)
{
	const char *comma = "";

	for (unsigned int i = 0; i < NR_FACTS; i++) {
		if (!ask->facts.assumed[i])
			continue;
		fprintf(out, "%s%s", comma, fact_name(i));
		comma = ",";
	}
}

/* "x86-6.12 age.lock=read" was loaded as x86-6.12; the rest is in --set. */
static char *loaded_name(const struct policy *policy)
{
	return strndup(policy->name, strcspn(policy->name, " "));
}

/* Does "dir/x.ini+seed-004" load what is called "x+seed-004"? */
static bool loads(const char *given, const char *name)
{
	for (;;) {
		size_t len = strcspn(given, "+"), named = strcspn(name, "+");
		const char *slash = memrchr(given, '/', len), *base = slash ? slash + 1 : given;
		size_t plain = (size_t)(given + len - base);

		if (plain > 4 && !memcmp(base + plain - 4, ".ini", 4))
			plain -= 4;
		if (plain != named || memcmp(base, name, named))
			return false;
		if (!given[len] || !name[named])
			return given[len] == name[named];
		given += len + 1;
		name += named + 1;
	}
}

/* A policy in a file of somebody's own is found by its path alone. */
void replay_command(const struct replay_ask *ask, const struct policy *policy, FILE *out)
{
	char *name = loaded_name(policy);
	const char *given = name;

	for (size_t i = 0; i < ask->policies.nr && given == name; i++)
		if (loads(ask->policies.v[i], name))
			given = ask->policies.v[i];
	put_command(ask, given, out);
	free(name);
}

int replay_store(const struct replay_ask *ask, const struct replay_trace *trace, const struct drive_job *job,
		 struct replay_run *run, struct err *e)
{
	struct text policy = { 0 }, costs = { 0 }, host = { 0 }, command = { 0 }, assumed = { 0 };
	struct store *store;
	char scale[16];
	int rc;

	policy_print(&run->policy, text_open(&policy));
	costs_print(job->costs, text_open(&costs));
	host_model_print(&job->host, text_open(&host));
	replay_command(ask, &run->policy, text_open(&command));
	put_assumed(ask, text_open(&assumed));
	time_scale_print(trace->time_scale.ppm, scale, sizeof(scale));
	const struct store_run row = {
		.trace = basename(ask->trace), .trace_hash = trace->meta->source_xxh3,
		.arch = kvm_arch_name(ask->arch), .kernel = trace->meta->kernel ? trace->meta->kernel : "",
		.policy = run->policy.name, .policy_text = text_close(&policy),
		.costs_text = text_close(&costs), .host_text = text_close(&host),
		.runtime = ask->runtime, .pacing = ask->pacing,
		.access = ask->model ? "model" : "none", .time_scale = scale, .command = text_close(&command),
		.commit = mmulab_version(), .seed = ask->seed, .clones = ask->clones,
		.assumed = text_close(&assumed), .branch = ask->branch, .subject = ask->subject, .job = ask->job,
	};

	rc = store_open(ask->db, &store, e);
	if (!rc) {
		rc = store_run(store, &row, &run->result, &run->id, e);
		store_close(store);
	}
	free(policy.bytes);
	free(costs.bytes);
	free(host.bytes);
	free(command.bytes);
	free(assumed.bytes);
	return rc;
}
