/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab sweep: a grid of replays in parallel processes, and databases into one. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/sweep_jobs.h"
#include "cmd/sweep_pool.h"
#include "cmd/verb.h"
#include "result/store.h"

static const char usage[] =
	"usage: mmulab sweep [options] GRID.ini\n"
	"       mmulab sweep --merge -o ALL.db A.db B.db...\n"
	"\n"
	"Replays every combination of what GRID.ini lists, in virtual time, in several processes, and\n"
	"stores each run in one database.  Begun again after whatever ended it, it goes on with what is\n"
	"missing: runs carry the identity of their job.  How many processes there are changes nothing\n"
	"in what is stored.\n"
	"\n"
	"      --db FILE         the database (default: sweep.db)\n"
	"  -j, --jobs N          processes (default: one for each CPU)\n"
	"      --shard I/N       only the I-th of N parts, for several machines\n"
	"      --dry-run         list the jobs and whether the database has them; run nothing\n"
	"      --branch NAME     as of replay; part of a job's identity, as are subject and\n"
	"                        mmulab's own version\n"
	"      --subject TEXT    as of replay\n"
	"      --merge           put the runs of all databases named into the one named by -o, which\n"
	"                        may be there already; a job that several have is taken once\n"
	"  -o, --output FILE     the database to merge into\n"
	"      --json            { jobs, known, stored, failed, left, db }; with --dry-run\n"
	"                        { jobs: [ { job, known, what } ] }; with --merge { runs, known, db }\n"
	"\n"
	"GRID.ini has one section, [grid].  A value is a list (a, b, c) in which 1..20 stands for all\n"
	"numbers between; a key may stand in several lines.  Keys:\n"
	"    trace               event files or patterns (traces/*.mmt), of the working directory or\n"
	"                        else of GRID.ini's; recordings are imported first (`mmulab import`)\n"
	"    policy              policies; default: that of the recorded kernel\n"
	"    knob NAME           values of one knob of every policy: knob age.lock = read, write\n"
	"    seed, clones        schedules; copies of the recorded vCPUs (default 1)\n"
	"    pacing, access, time_scale, costs\n"
	"                        as of replay\n"
	"    host NAME, cost NAME\n"
	"                        values of one number of the host or the cost model\n"
	"    assume              facts; all of them hold in each run\n"
	"\n"
	"Exit status: that of the first job that failed.\n";

#define LAST_DEATH	2	/* a job that ended so many processes is not tried again now */

struct ask {
	const char	*db, *shard_text, *branch, *subject, *out;
	uint32_t	 workers;
	bool		 dry_run, merge, json;
	struct shard	 shard;
};

/* A sweep under way. */
struct sweep {
	const struct ask	*ask;
	struct grid		 grid;
	struct jobs		 jobs;
	/* In a worker: the trace it has open, and how opening it went. */
	uint64_t		 group;		/* POOL_NONE: none */
	struct replay_trace	 trace;
	int			 trace_rc;
	struct err		 trace_err;
	/* At home. */
	uint64_t		*left_of;	/* jobs, by group */
	uint64_t		*first_of;	/* none is left before, by group */
	bool			 bar;		/* somebody watches */
	double			 start_s, shown_s;
	uint64_t		 weight, weight_done, nr, nr_done;
	struct err		 first_failure;
	char			 last_told[1024];
};

/* --- in a worker -------------------------------------------------------------------------- */

static uint64_t group_of(const struct sweep *s, uint64_t job)
{
	return job / s->grid.per_trace;
}

/* Jobs of a group open their trace in the same way: the first one's way. */
static int use_trace(struct sweep *s, uint64_t job, const struct replay_ask *ask, struct err *e)
{
	if (s->group != group_of(s, job)) {
		replay_trace_close(&s->trace);
		s->group = group_of(s, job);
		s->trace_rc = replay_trace_open(ask, &s->trace, &s->trace_err);
	}
	if (s->trace_rc)
		*e = s->trace_err;
	return s->trace_rc;
}

static int replay_one(struct sweep *s, struct replay_ask *ask, struct replay_run *run, struct err *e)
{
	struct costs costs;
	struct drive_job job;
	char recorded[32];
	int rc;

	snprintf(recorded, sizeof(recorded), "%s-%s", kvm_arch_name(ask->arch),
		 kvm_release_name(s->trace.meta->release));
	rc = replay_policy(ask, ask->policies.nr ? ask->policies.v[0] : recorded, &run->policy, e);
	if (!rc)
		rc = replay_fits(ask, s->trace.meta, &run->policy, e);
	if (!rc)
		rc = replay_job(ask, &s->trace, &run->policy, &costs, &job, e);
	if (!rc)
		rc = replay_drive(ask, &s->trace, &job, &run->result, e);
	return rc ? rc : replay_store(ask, &s->trace, &job, run, e);
}

static int work(void *arg, uint64_t job, struct err *e)
{
	struct sweep *s = arg;
	struct replay_run run;
	struct replay_ask ask;
	int rc = grid_ask(&s->grid, job, &ask, e);

	result_init(&run.result);
	ask.db = s->ask->db;
	ask.branch = s->jobs.branch;
	ask.subject = s->jobs.subject;
	ask.job = s->jobs.v[job].id;
	if (!rc)
		rc = use_trace(s, job, &ask, e);
	if (!rc)
		rc = replay_one(s, &ask, &run, e);
	result_fini(&run.result);
	grid_ask_fini(&ask);
	return rc;
}

/* --- at home --------------------------------------------------------------------------------- */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void clear_bar(const struct sweep *s)
{
	if (s->bar)
		fputs("\r\033[K", stderr);
}

static void show_bar(void *arg)
{
	struct sweep *s = arg;
	double now = now_s(), passed = now - s->start_s, left;

	if (!s->bar || now - s->shown_s < 0.2)
		return;
	s->shown_s = now;
	fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " jobs, %d:%02d", s->nr_done, s->nr, (int)passed / 60,
		(int)passed % 60);
	if (s->weight_done) {
		left = passed * (double)(s->weight - s->weight_done) / (double)s->weight_done;
		fprintf(stderr, ", about %d:%02d to go", (int)left / 60, (int)left % 60);
	}
	fflush(stderr);
}

/* Jobs of the group at hand first; then those of the group with most of them. */
static uint64_t next(void *arg, uint64_t last)
{
	struct sweep *s = arg;
	uint64_t groups = s->grid.jobs / s->grid.per_trace, group = 0, job;

	if (last != POOL_NONE && s->left_of[group_of(s, last)])
		group = group_of(s, last);
	else
		for (uint64_t i = 0; i < groups; i++)
			if (s->left_of[i] > s->left_of[group])
				group = i;
	if (!s->left_of[group])
		return POOL_NONE;
	for (job = s->first_of[group]; s->jobs.v[job].state != JOB_LEFT; job++)
		;
	s->jobs.v[job].state = JOB_RUNNING;
	s->first_of[group] = job + 1;
	s->left_of[group]--;
	return job;
}

static void finished(struct sweep *s, uint64_t job, enum job_state state)
{
	s->jobs.v[job].state = (uint8_t)state;
	s->weight_done += s->jobs.v[job].weight;
	s->nr_done++;
}

/* Of many jobs that fail for one reason the first is enough. */
static void tell(struct sweep *s, uint64_t job, const char *text)
{
	if (strcmp(s->last_told, text) == 0)
		return;
	snprintf(s->last_told, sizeof(s->last_told), "%s", text);
	clear_bar(s);
	fputs("mmulab sweep: ", stderr);
	grid_print(&s->grid, job, stderr);
	fprintf(stderr, ": %s\n", text);
}

static void fail(struct sweep *s, uint64_t job, enum err_exit status, const char *text)
{
	tell(s, job, text);
	if (!s->first_failure.exit)
		err_set(&s->first_failure, status, "%s", text);
	finished(s, job, JOB_FAILED);
}

static void done(void *arg, uint64_t job, int rc, const char *text)
{
	if (rc)
		fail(arg, job, (enum err_exit)-rc, text);
	else
		finished(arg, job, JOB_STORED);
}

static void died(void *arg, uint64_t job, const char *how)
{
	struct sweep *s = arg;
	struct job *j = &s->jobs.v[job];
	uint64_t group = group_of(s, job);
	char text[160];
	bool again = ++j->deaths < LAST_DEATH;

	snprintf(text, sizeof(text), "its process %s%s", how, again ? "; it is tried once more" : "");
	s->last_told[0] = '\0';
	if (!again) {
		fail(s, job, ERR_MACHINE, text);
		return;
	}
	tell(s, job, text);
	j->state = JOB_LEFT;
	s->left_of[group]++;
	if (s->first_of[group] > job)
		s->first_of[group] = job;
}

static void count_left(struct sweep *s)
{
	uint64_t groups = s->grid.jobs / s->grid.per_trace;

	s->left_of = xcalloc(groups, sizeof(*s->left_of));
	s->first_of = xcalloc(groups, sizeof(*s->first_of));
	for (uint64_t i = 0; i < groups; i++)
		s->first_of[i] = i * s->grid.per_trace;
	for (uint64_t i = 0; i < s->jobs.nr; i++) {
		if (s->jobs.v[i].state != JOB_LEFT)
			continue;
		s->left_of[group_of(s, i)]++;
		s->weight += s->jobs.v[i].weight;
		s->nr++;
	}
}

static int run_jobs(struct sweep *s, struct err *e)
{
	const struct pool pool = { .arg = s, .next = next, .work = work, .done = done, .died = died, .tick = show_bar };
	struct store *store;
	int rc;

	count_left(s);
	if (!s->nr)
		return 0;
	rc = store_open(s->ask->db, &store, e);	/* better known now than after the first replay */
	if (rc)
		return rc;
	store_close(store);
	s->bar = isatty(STDERR_FILENO);
	s->start_s = now_s();
	rc = pool_run(&pool, s->ask->workers < s->nr ? s->ask->workers : (unsigned int)s->nr, e);
	clear_bar(s);
	return rc;
}

/* --- what is said about it ----------------------------------------------------------------------- */

static void list_jobs(const struct sweep *s)
{
	bool first = true;

	if (s->ask->json)
		printf("{\n  \"jobs\": [");
	for (uint64_t i = 0; i < s->jobs.nr; i++) {
		const struct job *j = &s->jobs.v[i];

		if (j->state == JOB_ELSEWHERE)
			continue;
		if (s->ask->json) {
			char *what = NULL;
			size_t len;
			FILE *out = open_memstream(&what, &len);
			json_t *row;

			if (!out)
				abort();
			grid_print(&s->grid, i, out);
			fclose(out);
			row = json_pack("{s:s, s:b, s:s}", "job", j->id, "known", j->state == JOB_KNOWN, "what", what);
			fputs(first ? "\n    " : ",\n    ", stdout);
			json_dumpf(row, stdout, JSON_COMPACT);
			json_decref(row);
			free(what);
		} else {
			printf("%s  %s  ", j->id, j->state == JOB_KNOWN ? "known" : "left ");
			grid_print(&s->grid, i, stdout);
			putchar('\n');
		}
		first = false;
	}
	if (s->ask->json)
		printf("\n  ]\n}\n");
}

static void print_json(json_t *root)
{
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static void say(const struct sweep *s)
{
	const struct jobs *j = &s->jobs;
	uint64_t known = jobs_count(j, JOB_KNOWN), stored = jobs_count(j, JOB_STORED);
	uint64_t failed = jobs_count(j, JOB_FAILED), left = jobs_count(j, JOB_LEFT);
	uint64_t all = j->nr - jobs_count(j, JOB_ELSEWHERE);

	if (s->ask->json)
		print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "jobs", (json_int_t)all, "known", (json_int_t)known,
				     "stored", (json_int_t)stored, "failed", (json_int_t)failed, "left", (json_int_t)left,
				     "db", s->ask->db));
	else
		printf("%" PRIu64 " jobs%s%s: %" PRIu64 " stored, %" PRIu64 " known before, %" PRIu64 " failed; %s\n", all,
		       s->ask->shard.of > 1 ? " of shard " : "", s->ask->shard.of > 1 ? s->ask->shard_text : "", stored,
		       known, failed, s->ask->db);
}

static int sweep(const struct ask *ask, const char *grid, struct err *e)
{
	struct sweep s = { .ask = ask, .group = POOL_NONE };
	int rc = grid_read(grid, &s.grid, e);

	if (!rc)
		rc = jobs_make(&s.grid, &ask->shard, ask->branch, ask->subject, &s.jobs, e);
	if (!rc)
		rc = jobs_find_known(&s.jobs, ask->db, e);
	if (!rc && ask->dry_run)
		list_jobs(&s);
	if (!rc && !ask->dry_run) {
		rc = run_jobs(&s, e);
		if (!rc)
			say(&s);
		if (!rc && s.first_failure.exit)
			rc = err_set(e, s.first_failure.exit, "%s: %" PRIu64 " of %" PRIu64 " jobs failed; run it again for them",
				     grid, jobs_count(&s.jobs, JOB_FAILED), s.nr);
	}
	free(s.left_of);
	free(s.first_of);
	jobs_fini(&s.jobs);
	grid_fini(&s.grid);
	return rc;
}

/* --- merging ------------------------------------------------------------------------------------- */

static int merge(const struct ask *ask, char *const *files, size_t nr, struct err *e)
{
	struct store_merged m = { 0 };
	struct store *store;
	int rc = store_open(ask->out, &store, e);

	if (rc)
		return rc;
	rc = store_merge(store, (const char *const *)files, nr, &m, e);
	store_close(store);
	if (rc)
		return rc;
	if (ask->json)
		print_json(json_pack("{s:I, s:I, s:s}", "runs", (json_int_t)m.runs, "known", (json_int_t)m.known, "db", ask->out));
	else
		printf("%" PRIu64 " runs taken, %" PRIu64 " known before; %s\n", m.runs, m.known, ask->out);
	return 0;
}

/* --- the verb --------------------------------------------------------------------------------------- */

static int parse_shard(const char *text, struct shard *out, struct err *e)
{
	char *end, *last = NULL;

	*out = (struct shard){ .of = 1 };
	if (!text)
		return 0;
	out->index = strtoull(text, &end, 10);
	if (*end == '/')
		out->of = strtoull(end + 1, &last, 10);
	if (!last || last == end + 1 || *last || *text == '-' || end[1] == '-' || !out->index || out->index > out->of)
		return err_set(e, ERR_USAGE, "--shard %s: write I/N, from 1/N to N/N", text);
	out->index--;
	return 0;
}

static int check(struct ask *ask, int argc, int first, struct err *e)
{
	if (!ask->workers)
		return err_set(e, ERR_USAGE, "--jobs 0: at least one");
	if (ask->merge && !ask->out)
		return err_set(e, ERR_USAGE, "--merge: name the database to merge into with -o");
	if (!ask->merge && ask->out)
		return err_set(e, ERR_USAGE, "-o %s: that is where --merge puts runs; a sweep's database is named by --db", ask->out);
	if (ask->merge)
		return opts_positional(argc, first, 1, INT32_MAX, "databases", e);
	return opts_positional(argc, first, 1, 1, "one grid", e);
}

static int run(int argc, char **argv, struct err *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct ask ask = { .db = "sweep.db", .workers = cpus > 0 ? (uint32_t)cpus : 1, .branch = getenv("MMULAB_BRANCH"),
			   .subject = getenv("MMULAB_SUBJECT") };
	const struct opt opts[] = {
		{ 0, "db", OPT_TEXT, &ask.db },
		{ 'j', "jobs", OPT_U32, &ask.workers },
		{ 0, "shard", OPT_TEXT, &ask.shard_text },
		{ 0, "dry-run", OPT_FLAG, &ask.dry_run },
		{ 0, "branch", OPT_TEXT, &ask.branch },
		{ 0, "subject", OPT_TEXT, &ask.subject },
		{ 0, "merge", OPT_FLAG, &ask.merge },
		{ 'o', "output", OPT_TEXT, &ask.out },
		{ 0, "json", OPT_FLAG, &ask.json },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : check(&ask, argc, first, e);

	if (!rc)
		rc = parse_shard(ask.shard_text, &ask.shard, e);
	if (rc)
		return rc;
	return ask.merge ? merge(&ask, argv + first, (size_t)(argc - first), e) : sweep(&ask, argv[first], e);
}

const struct verb verb_sweep = {
	.name = "sweep",
	.summary = "replay every combination of traces, policies, knobs, seeds and vCPU counts",
	.usage = usage,
	.run = run,
};
