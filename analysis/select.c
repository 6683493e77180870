/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which runs a report is about, and which of them stand side by side. */
#include "analysis/select.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void run_fini(struct run *r)
{
#define RUN_FREE(column) free(r->column);
	RUN_TEXTS(RUN_FREE)
#undef RUN_FREE
	free(r->label);
}

static void run_read(sqlite3_stmt *st, struct run *r)
{
	int column = 3;

	*r = (struct run){ .id = sqlite3_column_int64(st, 0), .seed = sqlite3_column_int64(st, 1),
			   .clones = sqlite3_column_int64(st, 2) };
#define RUN_READ(name) r->name = xstrdup(db_text(st, column++));
	RUN_TEXTS(RUN_READ)
#undef RUN_READ
}

const char *run_figures(const struct run *r)
{
	if (!strcmp(r->figures, "published"))
		return "published figures";
	if (strcmp(r->figures, "measured"))
		return "modelled, virtual time";
	return strcmp(r->runtime, "threads") ? "measured on hardware" : "measured, real threads";
}

/* --- which ------------------------------------------------------------------- */

bool select_trace_matches(const char *pattern, const char *trace)
{
	char *stem = xstrdup(trace), *dot = strrchr(stem, '.');
	bool hit;

	if (dot)
		*dot = '\0';
	hit = fnmatch(pattern, trace, 0) == 0 || fnmatch(pattern, stem, 0) == 0;
	free(stem);
	return hit;
}

static bool is_wanted(const struct select_rule *rule, const char *trace, const char *policy)
{
	bool hit = rule->nr_policies == 0;

	if (rule->trace && !select_trace_matches(rule->trace, trace))
		return false;
	for (size_t i = 0; i < rule->nr_policies; i++)
		hit |= fnmatch(rule->policies[i], policy, 0) == 0;
	return hit;
}

/* SQL: wanted(trace, policy), so that rows nobody wants are not read. */
static void wanted(sqlite3_context *context, int nr, sqlite3_value **v)
{
	const char *trace = (const char *)sqlite3_value_text(v[0]), *policy = (const char *)sqlite3_value_text(v[1]);

	sqlite3_result_int(context, trace && policy && is_wanted(sqlite3_user_data(context), trace, policy));
}

static bool may_stand_together(const struct run *a, const struct run *b)
{
	return a->clones == b->clones && !strcmp(a->trace_hash, b->trace_hash) && !strcmp(a->trace, b->trace) &&
	       !strcmp(a->runtime, b->runtime) && !strcmp(a->pacing, b->pacing) &&
	       !strcmp(a->time_scale, b->time_scale) &&
	       !strcmp(a->costs_text, b->costs_text) && !strcmp(a->host_text, b->host_text);
}

/* Nobody repeats what others measured: each kernel's output of a test is its own, and so is one that was printed. */
static bool may_repeat(const struct run *a, const struct run *b)
{
	return strcmp(a->origin, "selftest") != 0 || (!strcmp(a->subject, b->subject) && !strcmp(a->figures, b->figures));
}

static bool is_repetition(const struct run *a, const struct run *b)
{
	return may_repeat(a, b) && a->seed == b->seed && !strcmp(a->policy, b->policy) &&
	       !strcmp(a->policy_text, b->policy_text) && !strcmp(a->assumed, b->assumed) &&
	       !strcmp(a->access, b->access);
}

static struct group *group_add(struct selection *s)
{
	s->v = xreallocarray(s->v, s->nr + 1, sizeof(*s->v));
	s->v[s->nr] = (struct group){ 0 };
	return &s->v[s->nr++];
}

static void group_put(struct group *g, struct run *r, bool repeated)
{
	for (size_t i = 0; !repeated && i < g->nr; i++) {
		if (is_repetition(&g->v[i], r)) {
			run_fini(&g->v[i]);
			g->v[i] = *r;
			return;
		}
	}
	g->v = xreallocarray(g->v, g->nr + 1, sizeof(*g->v));
	g->v[g->nr++] = *r;
}

static void selection_put(struct selection *s, struct run *r, bool repeated)
{
	for (size_t i = 0; i < s->nr; i++) {
		if (may_stand_together(&s->v[i].v[0], r)) {
			group_put(&s->v[i], r, repeated);
			return;
		}
	}
	group_put(group_add(s), r, repeated);
}

static void group_fini(struct group *g)
{
	for (size_t i = 0; i < g->nr; i++)
		run_fini(&g->v[i]);
	free(g->v);
	free(g->slug);
}

/* --- what they are called ------------------------------------------------------ */

static void label_add(struct run *r, char *text)
{
	char *label = xasprintf("%s, %s", r->label, text);

	free(r->label);
	free(text);
	r->label = label;
}

/* The policy's name, and each attribute in which the group's runs differ. */
static void group_label(struct group *g)
{
	bool clones = false, seed = false, trace = false, runtime = false, assumed = false, access = false;
	bool branch = false, subject = false, figures = false;

	for (size_t i = 0; i < g->nr; i++) {
		clones |= g->v[i].clones != g->v[0].clones;
		seed |= g->v[i].seed != g->v[0].seed;
		trace |= strcmp(g->v[i].trace, g->v[0].trace) != 0;
		runtime |= strcmp(g->v[i].runtime, g->v[0].runtime) != 0;
		assumed |= strcmp(g->v[i].assumed, g->v[0].assumed) != 0;
		access |= strcmp(g->v[i].access, g->v[0].access) != 0;
		branch |= strcmp(g->v[i].branch, g->v[0].branch) != 0;
		subject |= strcmp(g->v[i].subject, g->v[0].subject) != 0;
		figures |= strcmp(g->v[i].figures, g->v[0].figures) != 0;
	}
	for (size_t i = 0; i < g->nr; i++) {
		struct run *r = &g->v[i];

		r->label = xstrdup(r->policy);
		if (branch && *r->branch)
			label_add(r, xstrdup(r->branch));
		if (subject && *r->subject)
			label_add(r, xstrdup(r->subject));
		if (trace)
			label_add(r, xstrdup(r->trace));
		if (clones)
			label_add(r, xasprintf("x%lld", (long long)r->clones));
		if (runtime)
			label_add(r, xstrdup(r->runtime));
		if (figures)
			label_add(r, xstrdup(r->figures));
		if (access)
			label_add(r, xasprintf("access %s", r->access));
		if (seed)
			label_add(r, xasprintf("seed %llu", (unsigned long long)r->seed));
		if (assumed && *r->assumed)
			label_add(r, xasprintf("assuming %s", r->assumed));
	}
}

static bool slug_taken(const struct selection *s, size_t before, const char *slug)
{
	for (size_t i = 0; i < before; i++)
		if (!strcmp(s->v[i].slug, slug))
			return true;
	return false;
}

/* A file name's worth: the trace without its ending, "-x16", "-asap", "-threads", and a number where that is not enough. */
static void group_name(struct selection *s, size_t index)
{
	struct group *g = &s->v[index];
	const struct run *r = &g->v[0];
	char clones[24] = "";
	char *stem = xstrdup(r->trace), *dot = strrchr(stem, '.'), *name;

	if (dot && dot != stem)
		*dot = '\0';
	for (char *c = stem; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '_';
	if (r->clones > 1)
		snprintf(clones, sizeof(clones), "-x%lld", (long long)r->clones);
	name = xasprintf("%s%s%s%s%s%s", stem, clones, strcmp(r->pacing, "closed") ? "-" : "",
			 strcmp(r->pacing, "closed") ? r->pacing : "", strcmp(r->runtime, "vtime") ? "-" : "",
			 strcmp(r->runtime, "vtime") ? r->runtime : "");
	g->slug = xstrdup(name);
	for (int nr = 2; slug_taken(s, index, g->slug); nr++) {
		free(g->slug);
		g->slug = xasprintf("%s-%d", name, nr);
	}
	free(name);
	free(stem);
}

/* --- reading --------------------------------------------------------------------- */

#define RUN_COLUMN(name) ", " #name
#define RUN_SELECT "SELECT id, seed, clones" RUN_TEXTS(RUN_COLUMN) " FROM "

static int prepare_runs(struct db *db, const char *rest, sqlite3_stmt **out, struct err *e)
{
	char *sql = xasprintf(RUN_SELECT "run%s", rest);
	int rc = db_prepare(db, sql, "run", out, e);

	free(sql);
	return rc;
}

static int nothing_found(struct db *db, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(db, "SELECT count(*), group_concat(DISTINCT trace) FROM run", "run", &st, e);

	if (rc)
		return rc;
	rc = db_step(db, st, e);
	if (rc >= 0)
		rc = err_set(e, ERR_INPUT, "%s: no such run; it has %lld, of %s", db->path,
			     (long long)sqlite3_column_int64(st, 0), db_text(st, 1));
	sqlite3_finalize(st);
	return rc;
}

/* Both are answered by the index run_trace alone. */
#define WANTED		" WHERE id IN (SELECT id FROM run WHERE wanted(trace, policy)) ORDER BY id"
#define WANTED_LAST	" WHERE (trace_hash, trace) = (SELECT trace_hash, trace FROM run WHERE id ="	\
			" (SELECT max(id) FROM run WHERE wanted(trace, policy)))"			\
			" AND wanted(trace, policy) ORDER BY id"

static int select_by_rule(struct db *db, const struct select_rule *rule, struct selection *s, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	sqlite3_create_function(db->sql, "wanted", 2, SQLITE_UTF8, (void *)rule, wanted, NULL, NULL);
	rc = prepare_runs(db, rule->last ? WANTED_LAST : WANTED, &st, e);
	while (!rc && (rc = db_step(db, st, e)) == 1) {
		struct run r;

		rc = 0;
		run_read(st, &r);
		selection_put(s, &r, rule->repeated);
	}
	sqlite3_finalize(st);
	return rc;
}

/* One group of the runs asked for by number, alike or not. */
static int select_by_number(struct db *db, const struct select_rule *rule, struct selection *s, struct err *e)
{
	struct group *g = group_add(s);
	sqlite3_stmt *st;
	int rc = prepare_runs(db, " WHERE id = ?", &st, e);

	for (size_t i = 0; !rc && i < rule->nr_runs; i++) {
		char *end;

		errno = 0;
		sqlite3_bind_int64(st, 1, strtoll(rule->runs[i], &end, 10));
		if (*end || end == rule->runs[i] || errno)
			rc = err_set(e, ERR_USAGE, "--run %s: not a run's number; `mmulab compare --all` lists them",
				     rule->runs[i]);
		else
			rc = db_step(db, st, e);
		if (rc == 0)
			rc = err_set(e, ERR_INPUT, "%s: no run %s; `mmulab compare --all` lists them", db->path,
				     rule->runs[i]);
		if (rc == 1) {
			g->v = xreallocarray(g->v, g->nr + 1, sizeof(*g->v));
			run_read(st, &g->v[g->nr++]);
			sqlite3_reset(st);
			rc = 0;
		}
	}
	sqlite3_finalize(st);
	return rc;
}

int select_runs(struct db *db, const struct select_rule *rule, struct selection *out, struct err *e)
{
	int rc;

	*out = (struct selection){ 0 };
	rc = rule->nr_runs ? select_by_number(db, rule, out, e) : select_by_rule(db, rule, out, e);
	if (!rc && !out->nr)
		rc = nothing_found(db, e);
	if (rc) {
		selection_fini(out);
		return rc;
	}
	for (size_t i = 0; i < out->nr; i++) {
		group_label(&out->v[i]);
		group_name(out, i);
	}
	return 0;
}

void selection_fini(struct selection *s)
{
	for (size_t i = 0; i < s->nr; i++)
		group_fini(&s->v[i]);
	free(s->v);
	*s = (struct selection){ 0 };
}
