/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trends of a database, and their changes. */
#include "analysis/trend.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/select.h"
#include "base/alloc.h"

/* --- runs of a trend -------------------------------------------------------------------- */

#define TREND_COLUMN(name) ", " #name

static const char select_trends[] =
	"SELECT id, seed, clones, branch, iif(subject = '', version, subject)" CONFIG_TEXTS(TREND_COLUMN)
	" FROM run ORDER BY trace, trace_hash, policy, branch, runtime, pacing, access, time_scale, assumed, clones, seed, id";

static bool continues(const struct trend *t, sqlite3_stmt *st)
{
	bool same = t->config.run[0].seed == sqlite3_column_int64(st, 1) &&
		    t->config.clones == sqlite3_column_int64(st, 2) && !strcmp(t->branch, db_text(st, 3));
	int column = 5;

#define TREND_SAME(name) same = same && !strcmp(t->config.name, db_text(st, column)); column++;
	CONFIG_TEXTS(TREND_SAME)
#undef TREND_SAME
	return same;
}

static struct trend *trend_add(struct trends *all, sqlite3_stmt *st)
{
	struct trend *t;
	int column = 5;

	if (!(all->nr & (all->nr - 1)))
		all->v = xreallocarray(all->v, all->nr ? 2 * all->nr : 1, sizeof(*all->v));
	t = &all->v[all->nr++];
	*t = (struct trend){ .config = { .clones = sqlite3_column_int64(st, 2) }, .branch = xstrdup(db_text(st, 3)) };
#define TREND_READ(name) t->config.name = xstrdup(db_text(st, column++));
	CONFIG_TEXTS(TREND_READ)
#undef TREND_READ
	return t;
}

/* A subject that was run again keeps its place and gets the newer run. */
static void run_put(struct trend *t, sqlite3_stmt *st)
{
	struct config_run run = { sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1) };
	struct config *c = &t->config;

	for (size_t i = c->nr; i-- > 0;) {
		if (!strcmp(t->subject[i], db_text(st, 4))) {
			c->run[i] = run;
			return;
		}
	}
	c->run = xreallocarray(c->run, c->nr + 1, sizeof(*c->run));
	t->subject = xreallocarray(t->subject, c->nr + 1, sizeof(*t->subject));
	t->subject[c->nr] = xstrdup(db_text(st, 4));
	c->run[c->nr++] = run;
}

int trends_load(struct db *db, const char *trace, struct trends *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(db, select_trends, "run", &st, e);

	*out = (struct trends){ 0 };
	while (!rc && (rc = db_step(db, st, e)) == 1) {
		struct trend *last = out->nr ? &out->v[out->nr - 1] : NULL;

		rc = 0;
		if (trace && !select_trace_matches(trace, db_text(st, 6)))	/* the second of CONFIG_TEXTS */
			continue;
		run_put(last && continues(last, st) ? last : trend_add(out, st), st);
	}
	sqlite3_finalize(st);
	if (rc)
		trends_free(out);
	return rc;
}

void trends_free(struct trends *all)
{
	for (size_t i = 0; i < all->nr; i++) {
		struct trend *t = &all->v[i];

		for (size_t k = 0; k < t->config.nr; k++)
			free(t->subject[k]);
		free(t->subject);
		free(t->branch);
		config_fini(&t->config);
	}
	free(all->v);
	*all = (struct trends){ 0 };
}

/* --- changes ------------------------------------------------------------------------------- */

static void changes_put(struct trend_changes *out, const struct trend *t, const struct rule *figure, const size_t *at,
			const struct change *found, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		out->v = xreallocarray(out->v, out->nr + 1, sizeof(*out->v));
		out->v[out->nr++] = (struct trend_change){ t, figure, at[found[i].at], found[i] };
	}
}

/* Runs that do not have the figure are left out of the series. */
static int search(struct gate_side *side, const struct trend *t, const struct rule *figure,
		  const struct changes_rule *rule, struct trend_changes *out, struct err *e)
{
	double *v = xcalloc(t->config.nr, sizeof(*v));
	size_t *at = xcalloc(t->config.nr, sizeof(*at)), nr = 0;
	struct changes_rule own = *rule;
	struct config one = t->config;
	struct change *found;
	int rc = 0;

	for (size_t i = 0; !rc && i < t->config.nr; i++) {
		struct gate_value value;

		one.run = &t->config.run[i];
		one.nr = 1;
		rc = gate_side_value(side, &one, figure, false, &value, e);
		if (!rc && value.set) {
			v[nr] = value.value;
			at[nr++] = i;
		}
		gate_value_fini(&value);
	}
	own.exact = !strcmp(t->config.runtime, "vtime");
	if (!rc) {
		nr = changes_find(v, nr, &own, &found);
		changes_put(out, t, figure, at, found, nr);
		free(found);
	}
	free(at);
	free(v);
	return rc;
}

static int newest_first(const void *a, const void *b)
{
	const struct trend_change *x = a, *y = b;
	int64_t one = x->trend->config.run[x->at].id, other = y->trend->config.run[y->at].id;

	return one != other ? (one < other) - (one > other) : (x->figure > y->figure) - (x->figure < y->figure);
}

int trends_changes(struct db *db, const struct trends *t, const struct rules *figures, const struct changes_rule *rule,
		   struct trend_changes *out, struct err *e)
{
	struct gate_side side = { .db = db };
	int rc = 0;

	*out = (struct trend_changes){ 0 };
	for (size_t i = 0; !rc && i < t->nr; i++)
		for (size_t k = 0; !rc && k < figures->nr; k++)
			rc = search(&side, &t->v[i], &figures->v[k], rule, out, e);
	if (rc) {
		free(out->v);
		*out = (struct trend_changes){ 0 };
	} else if (out->nr) {
		qsort(out->v, out->nr, sizeof(*out->v), newest_first);
	}
	return rc;
}
