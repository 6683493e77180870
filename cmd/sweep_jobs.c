/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From combinations to jobs. */
#include "cmd/sweep_jobs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "analysis/db.h"
#include "base/alloc.h"
#include "cmd/verb.h"

/* What jobs next to each other share, so that it is read once. */
struct maker {
	struct jobs	*jobs;
	struct ev_file	*file;		/* of the trace at hand */
	const char	*trace;
	uint64_t	 bytes;
	struct policy	 policy;	/* without the grid's knobs */
	char		*policy_name;	/* NULL: not loaded yet */
	char		*costs;		/* costs and host as text */
	char		*costs_of;	/* of which values; NULL: none yet */
};

/* --- the trace ---------------------------------------------------------------------- */

/* The usual mistake, and what to do about it. */
static int not_events(const char *where, const char *path, const struct err *why, struct err *e)
{
	const char *dot = strrchr(path, '.');

	if (dot && (!strcmp(dot, ".dat") || !strcmp(dot, ".data") || !strcmp(dot, ".txt")))
		return err_set(e, ERR_INPUT, "%s: %s is a recording; a sweep replays event files: `mmulab import %s -o NAME.mmt`",
			       where, path, path);
	return err_set(e, why->exit, "%s: %.900s", where, why->text);
}

static int use_trace(struct maker *m, const char *path, struct err *e)
{
	struct stat st;
	struct err why;

	if (m->trace == path)
		return 0;
	ev_close(m->file);
	m->file = NULL;
	m->trace = NULL;
	free(m->policy_name);	/* the next trace's machine may be another */
	m->policy_name = NULL;
	if (ev_open(path, 0, &m->file, &why))
		return not_events(grid_where(m->jobs->grid, GRID_TRACE), path, &why, e);
	m->trace = path;
	m->bytes = stat(path, &st) ? 0 : (uint64_t)st.st_size;
	return 0;
}

/* --- the policy ----------------------------------------------------------------------- */

static int load_policy(struct maker *m, const struct replay_ask *ask, const char *name, struct err *e)
{
	const struct replay_ask plain = { .arch = ask->arch };
	struct err why;

	if (m->policy_name && strcmp(m->policy_name, name) == 0)
		return 0;
	free(m->policy_name);
	m->policy_name = NULL;
	if (replay_policy(&plain, name, &m->policy, &why))
		return err_set(e, why.exit, "%s: %.900s", grid_where(m->jobs->grid, GRID_POLICY), why.text);
	m->policy_name = xstrdup(name);
	return 0;
}

/* With the knobs of @job on top; a knob that does not fit is told with its line. */
static int job_policy(struct maker *m, uint64_t job, const struct replay_ask *ask, struct policy *out, struct err *e)
{
	const struct grid *g = m->jobs->grid;
	const char *name = grid_value(g, GRID_POLICY, job);
	const struct ev_meta *meta = ev_meta(m->file);
	char recorded[32];
	struct err why;
	int rc;

	snprintf(recorded, sizeof(recorded), "%s-%s", kvm_arch_name(meta->arch), kvm_release_name(meta->release));
	rc = load_policy(m, ask, name ? name : recorded, e);
	if (rc)
		return rc;
	*out = m->policy;
	for (size_t i = 0; i < g->nr_dims; i++) {
		const struct grid_dim *d = &g->dims[i];

		if (d->key == GRID_KNOB && policy_set(out, d->v[job / d->stride % d->nr], ask->arch, &why))
			return err_set(e, why.exit, "%s: %s: %.800s", d->where, m->trace, why.text);
	}
	if (replay_fits(ask, meta, out, &why))
		return err_set(e, why.exit, "%s: %.900s", grid_where(g, GRID_TRACE), why.text);
	return 0;
}

/* --- the costs ------------------------------------------------------------------------- */

static char *costs_key(const struct replay_ask *ask)
{
	char *key = xstrdup(ask->costs ? ask->costs : "");

	for (size_t i = 0; i < ask->sets.nr; i++) {
		char *longer = xasprintf("%s\n%s", key, ask->sets.v[i]);

		free(key);
		key = longer;
	}
	return key;
}

static int use_costs(struct maker *m, uint64_t job, const struct replay_ask *ask, struct err *e)
{
	const struct grid *g = m->jobs->grid;
	char *key = costs_key(ask);
	struct host_model host;
	struct costs costs;
	struct err why;
	size_t len;
	FILE *out;

	if (m->costs_of && strcmp(m->costs_of, key) == 0) {
		free(key);
		return 0;
	}
	free(m->costs_of);
	free(m->costs);
	m->costs = NULL;
	m->costs_of = key;
	if (replay_costs(ask, &costs, &host, &why)) {
		const char *where = grid_where(g, GRID_COSTS);

		for (size_t i = 0; i < g->nr_dims; i++) {
			const struct grid_dim *d = &g->dims[i];

			if ((d->key == GRID_COST || d->key == GRID_HOST) &&
			    strstr(why.text, d->v[job / d->stride % d->nr]))
				where = d->where;
		}
		free(m->costs_of);
		m->costs_of = NULL;
		return err_set(e, why.exit, "%s: %.900s", where, why.text);
	}
	out = open_memstream(&m->costs, &len);
	if (!out)
		abort();
	costs_print(&costs, out);
	host_model_print(&host, out);
	fclose(out);
	return 0;
}

/* --- identities ------------------------------------------------------------------------- */

static void job_id(struct maker *m, const struct replay_ask *ask, const struct policy *policy, char *id)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	XXH128_hash_t hash;

	if (!out)
		abort();
	fprintf(out, "%s\n%s\n%s\n", ev_meta(m->file)->source_xxh3, basename(ask->trace), policy->name);
	policy_print(policy, out);
	fprintf(out, "%s%s\n%s\n%d\n%s\n%u\n%" PRIu64 "\n", m->costs, ask->runtime, ask->pacing, ask->model,
		ask->time_scale_text, ask->clones, ask->seed);
	for (size_t i = 0; i < ask->assume.nr; i++)
		fprintf(out, "%s\n", ask->assume.v[i]);
	fprintf(out, "%s\n%s\n%s\n", m->jobs->branch, m->jobs->subject, mmulab_version());
	fclose(out);
	hash = XXH3_128bits(text, len);
	snprintf(id, JOB_ID_SIZE, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
	free(text);
}

static int make_job(struct maker *m, uint64_t nr, struct job *job, struct err *e)
{
	struct replay_ask ask;
	struct policy policy;
	int rc = use_trace(m, grid_value(m->jobs->grid, GRID_TRACE, nr), e);

	if (rc)
		return rc;
	rc = grid_ask(m->jobs->grid, nr, &ask, e);
	if (!rc)
		rc = job_policy(m, nr, &ask, &policy, e);
	if (!rc)
		rc = use_costs(m, nr, &ask, e);
	if (!rc) {
		job_id(m, &ask, &policy, job->id);
		job->weight = (m->bytes + 100000) * ask.clones;
	}
	grid_ask_fini(&ask);
	return rc;
}

int jobs_make(const struct grid *g, const struct shard *shard, const char *branch, const char *subject,
	      struct jobs *out, struct err *e)
{
	struct jobs jobs = { .grid = g, .branch = branch ? branch : "", .subject = subject ? subject : "",
			     .v = xcalloc(g->jobs, sizeof(*jobs.v)), .nr = g->jobs };
	struct maker m = { .jobs = &jobs };
	int rc = 0;

	for (uint64_t i = 0; !rc && i < jobs.nr; i++) {
		rc = make_job(&m, i, &jobs.v[i], e);
		if (i % shard->of != shard->index)
			jobs.v[i].state = JOB_ELSEWHERE;
	}
	ev_close(m.file);
	free(m.policy_name);
	free(m.costs);
	free(m.costs_of);
	if (rc)
		jobs_fini(&jobs);
	else
		*out = jobs;
	return rc;
}

void jobs_fini(struct jobs *j)
{
	free(j->v);
	*j = (struct jobs){ 0 };
}

/* --- what is there ------------------------------------------------------------------------ */

static int mark_known(struct jobs *j, struct db *db, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(db, "SELECT 1 FROM run WHERE job = ? AND job <> ''", "job", &st, e);

	for (uint64_t i = 0; !rc && i < j->nr; i++) {
		if (j->v[i].state != JOB_LEFT)
			continue;
		sqlite3_bind_text(st, 1, j->v[i].id, -1, SQLITE_STATIC);
		rc = db_step(db, st, e);
		if (rc == 1) {
			j->v[i].state = JOB_KNOWN;
			rc = 0;
		}
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

int jobs_find_known(struct jobs *j, const char *path, struct err *e)
{
	struct db db;
	int rc;

	if (access(path, F_OK))
		return 0;
	rc = db_open(path, &db, e);
	if (rc)
		return rc;
	rc = mark_known(j, &db, e);
	db_close(&db);
	return rc;
}

uint64_t jobs_count(const struct jobs *j, enum job_state state)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i < j->nr; i++)
		nr += j->v[i].state == state;
	return nr;
}
