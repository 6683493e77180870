/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs by configuration, and what they say. */
#include "analysis/gate_side.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "analysis/gate_file.h"
#include "base/alloc.h"

/* --- configurations ---------------------------------------------------------------------- */

void config_fini(struct config *c)
{
#define CONFIG_FREE(column) free(c->column);
	CONFIG_TEXTS(CONFIG_FREE)
#undef CONFIG_FREE
	free(c->subject);
	free(c->run);
	free(c->policy_mark);
	free(c->costs_mark);
	free(c->host_mark);
	for (size_t i = 0; i < c->nr_kept; i++)
		free(c->kept[i].name);
	free(c->kept);
}

static bool matters(const char *column, enum config_likeness likeness)
{
	if (!strcmp(column, "trace_hash"))
		return likeness == CONFIG_SAME;
	return strcmp(column, "time_scale") || likeness != CONFIG_SAME_BUT_SCALE;
}

int config_order(const struct config *a, const struct config *b, enum config_likeness likeness)
{
	int order = 0;

#define CONFIG_ORDER(column) \
	if (!order && matters(#column, likeness)) \
		order = strcmp(a->column, b->column);
	CONFIG_TEXTS(CONFIG_ORDER)
#undef CONFIG_ORDER
	return order ? order : (a->clones > b->clones) - (a->clones < b->clones);
}

/* --- from a database ------------------------------------------------------------------------ */

#define CONFIG_COLUMN(name) ", " #name

/* The newest first within a configuration, so that its subject is known when the others come. */
static const char select_runs_where[] =
	"SELECT id, seed, clones, iif(subject = '', version, subject)" CONFIG_TEXTS(CONFIG_COLUMN)
	" FROM run WHERE %s ORDER BY trace_hash, trace, policy, runtime, pacing, access, time_scale, assumed, clones, id DESC";

static bool config_reads(const struct config *c, sqlite3_stmt *st)
{
	bool same = c->clones == sqlite3_column_int64(st, 2);
	int column = 4;

#define CONFIG_SAME(name) same = same && !strcmp(c->name, db_text(st, column)); column++;
	CONFIG_TEXTS(CONFIG_SAME)
#undef CONFIG_SAME
	return same;
}

static struct config *config_add(struct gate_side *s, sqlite3_stmt *st)
{
	struct config *c;
	int column = 4;

	if (!(s->nr & (s->nr - 1)))
		s->v = xreallocarray(s->v, s->nr ? 2 * s->nr : 1, sizeof(*s->v));
	c = &s->v[s->nr++];
	*c = (struct config){ .clones = sqlite3_column_int64(st, 2), .subject = xstrdup(db_text(st, 3)) };
#define CONFIG_READ(name) c->name = xstrdup(db_text(st, column++));
	CONFIG_TEXTS(CONFIG_READ)
#undef CONFIG_READ
	return c;
}

static void run_put(struct gate_side *s, sqlite3_stmt *st)
{
	struct config_run run = { sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
	struct config *c = s->nr ? &s->v[s->nr - 1] : NULL;
	size_t at = 0;

	if (!c || !config_reads(c, st))
		c = config_add(s, st);
	else if (strcmp(c->subject, db_text(st, 3)))
		return;
	while (at < c->nr && c->run[at].seed < run.seed)
		at++;
	if (at < c->nr && c->run[at].seed == run.seed)
		return;
	c->run = xreallocarray(c->run, c->nr + 1, sizeof(*c->run));
	memmove(c->run + at + 1, c->run + at, (c->nr++ - at) * sizeof(*c->run));
	c->run[at] = run;
}

/* @text: bound to the statement's parameter, where it has one. */
static int load(struct gate_side *s, const char *where, const char *text, bool measured, struct err *e)
{
	char *sql = xasprintf(select_runs_where, where);
	sqlite3_stmt *st;
	int rc = db_prepare(s->db, sql, "run", &st, e);

	free(sql);
	if (!rc && text)
		sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
	while (!rc && (rc = db_step(s->db, st, e)) == 1) {
		rc = 0;
		if (!strcmp(db_text(st, 7), "vtime") == measured)	/* runtime, after hash, trace and policy */
			s->left_out++;
		else
			run_put(s, st);
	}
	sqlite3_finalize(st);
	return rc;
}

static int found(struct gate_side *s, bool measured, struct err *e)
{
	if (s->nr)
		return 0;
	if (s->left_out && measured)
		return err_set(e, ERR_INPUT, "%s: %s: its %zu runs are of virtual time; leave out --measured", s->db->path,
			       s->from, s->left_out);
	if (s->left_out)
		return err_set(e, ERR_INPUT, "%s: %s: its %zu runs were measured, and such figures differ from run to run; "
			       "replay with --runtime vtime, or give --measured and rules with '@'", s->db->path, s->from,
			       s->left_out);
	return err_set(e, ERR_INPUT, "%s: %s: no such run; `mmulab compare --all` lists what there is", s->db->path,
		       s->from);
}

/* "3,4": numbers and commas alone, so that they can stand in the statement. */
static int load_numbers(struct gate_side *s, const char *numbers, bool measured, struct err *e)
{
	char *where;
	int rc;

	if (!*numbers || numbers[strspn(numbers, "0123456789,")] || strstr(numbers, ",,") || *numbers == ',' ||
	    numbers[strlen(numbers) - 1] == ',')
		return err_set(e, ERR_USAGE, "run:%s: a run's number is missing, as in run:3 or run:3,4", numbers);
	where = xasprintf("id IN (%s)", numbers);
	s->by_number = true;
	rc = load(s, where, NULL, measured, e);
	free(where);
	return rc;
}

static int load_branch(struct gate_side *s, const char *branch, bool measured, struct err *e)
{
	return load(s, "branch = ?", branch, measured, e);
}

static int load_subject(struct gate_side *s, const char *subject, bool measured, struct err *e)
{
	return load(s, "iif(subject = '', version, subject) = ?", subject, measured, e);
}

static int load_file(struct gate_side *s, bool measured, struct err *e)
{
	bool text;
	int rc = gate_file_is_text(s->from, &text, e);

	if (rc)
		return rc;
	if (text)
		return gate_file_read(s->from, s, e);
	s->db = xcalloc(1, sizeof(*s->db));
	s->own = true;
	rc = db_open(s->from, s->db, e);
	return rc ? rc : load(s, "true", NULL, measured, e);
}

int gate_side_open(struct db *db, const char *from, bool measured, struct gate_side *out, struct err *e)
{
	static const struct {
		const char	*name;
		int		(*load)(struct gate_side *s, const char *text, bool measured, struct err *e);
	} kinds[] = { { "run", load_numbers }, { "branch", load_branch }, { "subject", load_subject } };
	struct gate_side s = { .from = xstrdup(from), .db = db };
	int rc = 1;

	for (size_t i = 0; rc > 0 && i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].name);

		if (!strncmp(from, kinds[i].name, len) && from[len] && strchr(": ", from[len]))
			rc = kinds[i].load(&s, from + len + 1, measured, e);
	}
	if (rc > 0) {
		s.db = NULL;
		rc = load_file(&s, measured, e);
	}
	if (!rc && s.db)
		rc = found(&s, measured, e);
	if (rc)
		gate_side_close(&s);
	else
		*out = s;
	return rc;
}

int gate_side_newest(struct db *db, const char *base, bool measured, struct gate_side *out, struct err *e)
{
	bool branch = !strncmp(base, "branch", 6) && base[6] && strchr(": ", base[6]);
	sqlite3_stmt *st;
	char *from = NULL;
	int rc = db_prepare(db, "SELECT branch FROM run ORDER BY id DESC LIMIT 1", "run", &st, e);

	if (rc)
		return rc;
	rc = db_step(db, st, e);
	if (rc >= 0)
		from = xasprintf("branch:%s", rc ? db_text(st, 0) : "");
	sqlite3_finalize(st);
	if (rc < 0)
		return rc;
	rc = branch && !strcmp(from + strlen("branch:"), base + strlen("branch:")) ?
		err_set(e, ERR_USAGE, "%s: the newest run is of the baseline's branch; say with --against what to hold against it",
			db->path) : gate_side_open(db, from, measured, out, e);
	if (!rc && !strcmp(from, "branch:")) {
		free(out->from);
		out->from = xstrdup(db->path);
	}
	free(from);
	return rc;
}

void gate_side_close(struct gate_side *s)
{
	for (size_t i = 0; i < s->nr; i++)
		config_fini(&s->v[i]);
	free(s->v);
	if (s->own) {
		db_close(s->db);
		free(s->db);
	}
	free(s->from);
	*s = (struct gate_side){ 0 };
}

const char *gate_unit_of(void *db, const char *metric)
{
	static const char *const units[] = { "ns", "ppm", "count", "bytes" };
	const char *unit = NULL;
	sqlite3_stmt *st;

	if (db_prepare(db, "SELECT unit FROM metric WHERE name = ? LIMIT 1", "metric", &st, NULL))
		return NULL;
	sqlite3_bind_text(st, 1, metric, -1, SQLITE_STATIC);
	if (db_step(db, st, NULL) == 1)
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			if (!strcmp(units[i], db_text(st, 0)))
				unit = units[i];
	sqlite3_finalize(st);
	return unit;
}

/* --- what they say ---------------------------------------------------------------------------- */

static const struct {
	uint32_t	 what;
	const char	*column;
} columns[] = {
	{ RULE_NUMBER, "n" }, { RULE_MIN, "min_ns" }, { RULE_MAX, "max_ns" },
	{ 500000, "p50_ns" }, { 900000, "p90_ns" }, { 990000, "p99_ns" }, { 999000, "p999_ns" },
};

static double hist_value(const struct hist *h, uint32_t what)
{
	switch (what) {
	case STATS_MEAN:
		return h->n ? (double)h->sum / (double)h->n : 0;
	case RULE_NUMBER:
		return (double)h->n;
	case RULE_MIN:
		return (double)h->min;
	case RULE_MAX:
		return (double)h->max;
	default:
		return (double)hist_quantile(h, what);
	}
}

/* One row (value, or a histogram) of one run; not @set when it has none. */
static int read_one(struct gate_side *s, sqlite3_stmt *st, int64_t run, bool blob, struct gate_value *v, size_t at,
		    const struct rule *rule, bool *set, struct err *e)
{
	int rc;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, run);
	rc = db_step(s->db, st, e);
	*set = rc == 1;
	if (rc != 1)
		return rc;
	if (!blob) {
		v->sample[at] = (double)sqlite3_column_int64(st, 0);
		return 0;
	}
	if (hist_decode(&v->hist[at], sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)))
		return err_set(e, ERR_INPUT, "%s: histogram of run %lld is damaged; restore a copy", s->db->path,
			       (long long)run);
	v->sample[at] = hist_value(&v->hist[at], rule->what);
	return 0;
}

static int prepare(struct gate_side *s, const struct rule *rule, bool blob, sqlite3_stmt **st, struct err *e)
{
	const char *column = "blob";
	char *sql;
	int rc;

	for (size_t i = 0; !blob && i < ARRAY_SIZE(columns); i++)
		if (columns[i].what == rule->what)
			column = columns[i].column;
	if (rule->kind == RULE_METRIC) {
		rc = db_prepare(s->db, "SELECT value FROM metric WHERE run = ?1 AND name = ?2", "metric", st, e);
		if (!rc)
			sqlite3_bind_text(*st, 2, rule->name, -1, SQLITE_STATIC);
		return rc;
	}
	sql = xasprintf("SELECT %s FROM hist WHERE run = ?1 AND op = ?2 AND phase = ?3", column);
	rc = db_prepare(s->db, sql, "hist", st, e);
	free(sql);
	if (!rc) {
		sqlite3_bind_text(*st, 2, rule->op, -1, SQLITE_STATIC);
		sqlite3_bind_text(*st, 3, rule->phase, -1, SQLITE_STATIC);
	}
	return rc;
}

/* The database keeps the usual quantiles of one run; others, and those of several, come from histograms. */
static bool needs_blob(const struct config *c, const struct rule *rule, bool hists)
{
	if (rule->kind == RULE_METRIC)
		return false;
	for (size_t i = 0; !hists && c->nr == 1 && i < ARRAY_SIZE(columns); i++)
		if (columns[i].what == rule->what)
			return false;
	return true;
}

static void summarize(struct gate_value *v, const struct rule *rule)
{
	struct hist merged;

	v->worst_low = v->worst_high = v->sample[0];
	for (size_t i = 0; i < v->nr; i++) {
		v->value += v->sample[i] / (double)v->nr;
		v->worst_low = v->sample[i] < v->worst_low ? v->sample[i] : v->worst_low;
		v->worst_high = v->sample[i] > v->worst_high ? v->sample[i] : v->worst_high;
	}
	if (!v->hist || rule->what == RULE_NUMBER)
		return;
	hist_init(&merged);
	for (size_t i = 0; i < v->nr; i++)
		hist_merge(&merged, &v->hist[i]);
	v->value = hist_value(&merged, rule->what);
	hist_fini(&merged);
}

int gate_side_value(struct gate_side *s, const struct config *c, const struct rule *rule, bool hists,
		    struct gate_value *out, struct err *e)
{
	bool blob = needs_blob(c, rule, hists), set;
	struct gate_value v = { .nr = 0 };
	sqlite3_stmt *st;
	int rc;

	*out = v;
	if (!s->db) {
		gate_file_value(c, rule, out);
		return 0;
	}
	rc = prepare(s, rule, blob, &st, e);
	if (!rc) {
		v.sample = xcalloc(c->nr, sizeof(*v.sample));
		v.hist = blob ? xcalloc(c->nr, sizeof(*v.hist)) : NULL;
	}
	for (size_t i = 0; !rc && i < c->nr; i++) {
		rc = read_one(s, st, c->run[i].id, blob, &v, v.nr, rule, &set, e);
		v.nr += !rc && set;
	}
	sqlite3_finalize(st);
	v.set = v.nr > 0;
	if (!rc && v.set)
		summarize(&v, rule);
	if (rc)
		gate_value_fini(&v);
	*out = v;
	return rc;
}

void gate_value_fini_samples(struct gate_value *v)
{
	for (size_t i = 0; v->hist && i < v->nr; i++)
		hist_fini(&v->hist[i]);
	free(v->hist);
	free(v->sample);
	v->hist = NULL;
	v->sample = NULL;
}

void gate_value_fini(struct gate_value *v)
{
	gate_value_fini_samples(v);
	*v = (struct gate_value){ 0 };
}

/* --- texts --------------------------------------------------------------------------------------- */

int gate_side_text(struct gate_side *s, const struct config *c, const char *column, char **out, struct err *e)
{
	sqlite3_stmt *st;
	char *sql;
	int rc;

	*out = NULL;
	if (!s->db) {
		*out = xstrdup("");
		return 0;
	}
	sql = xasprintf("SELECT %s FROM run WHERE id = ?", column);
	rc = db_prepare(s->db, sql, "run", &st, e);
	free(sql);
	if (!rc)
		sqlite3_bind_int64(st, 1, c->run[0].id);
	if (!rc && (rc = db_step(s->db, st, e)) >= 0) {
		*out = xstrdup(rc ? db_text(st, 0) : "");
		rc = 0;
	}
	sqlite3_finalize(st);
	return rc;
}

int gate_side_mark(struct gate_side *s, const struct config *c, const char *column, char **out, struct err *e)
{
	char *text;
	int rc;

	if (!s->db) {
		*out = xstrdup(!strcmp(column, "policy_text") ? c->policy_mark :
			       !strcmp(column, "costs_text") ? c->costs_mark : c->host_mark);
		return 0;
	}
	rc = gate_side_text(s, c, column, &text, e);
	*out = rc ? NULL : xasprintf("%016llx", (unsigned long long)XXH3_64bits(text, strlen(text)));
	if (!rc)
		free(text);
	return rc;
}
