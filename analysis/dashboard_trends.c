/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs that differ in what they stand for alone, and where their figures changed. */
#include <stdlib.h>
#include <string.h>

#include "analysis/changes.h"
#include "analysis/dashboard_site.h"
#include "base/alloc.h"

/* Changes are looked for in the newest of a trend's runs: the search takes the square of their number. */
#define NEWEST 200

/* --- which runs make a trend --------------------------------------------------------- */

/* By what a trend's runs have in common. */
static int compare_kind(const struct run *a, const struct run *b)
{
	int rc = strcmp(a->trace, b->trace);

	rc = rc ? rc : strcmp(a->trace_hash, b->trace_hash);
	rc = rc ? rc : strcmp(a->policy, b->policy);
	rc = rc ? rc : strcmp(a->branch, b->branch);
	rc = rc ? rc : strcmp(a->runtime, b->runtime);
	rc = rc ? rc : strcmp(a->pacing, b->pacing);
	rc = rc ? rc : strcmp(a->access, b->access);
	rc = rc ? rc : strcmp(a->time_scale, b->time_scale);
	rc = rc ? rc : (a->clones > b->clones) - (a->clones < b->clones);
	return rc ? rc : ((uint64_t)a->seed > (uint64_t)b->seed) - ((uint64_t)a->seed < (uint64_t)b->seed);
}

static int by_kind_and_time(const void *a, const void *b, void *arg)
{
	const struct site *s = arg;
	const struct run *x = s->v[*(const size_t *)a].run, *y = s->v[*(const size_t *)b].run;
	int rc = compare_kind(x, y);

	rc = rc ? rc : strcmp(x->time, y->time);
	return rc ? rc : (x->id > y->id) - (x->id < y->id);
}

/* Runs of one subject are no trend. */
static bool is_trend(const struct site *s, const size_t *v, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		if (strcmp(run_subject(s->v[v[i]].run), run_subject(s->v[v[0]].run)) != 0)
			return true;
	return false;
}

/* Of what was run again the newest run counts. */
static void trend_add(const struct site *s, struct trends *t, const size_t *v, size_t nr)
{
	size_t *newest = xcalloc(nr, sizeof(*newest));	/* by subject */
	struct intern subjects = { 0 };
	struct trend *trend;

	t->v = xreallocarray(t->v, t->nr + 1, sizeof(*t->v));
	trend = &t->v[t->nr++];
	*trend = (struct trend){ .v = xreallocarray(NULL, nr, sizeof(*v)) };
	for (size_t i = 0; i < nr; i++)
		newest[intern(&subjects, run_subject(s->v[v[i]].run))] = i;
	for (size_t i = 0; i < nr; i++)
		if (newest[intern(&subjects, run_subject(s->v[v[i]].run))] == i)
			trend->v[trend->nr++] = v[i];
	intern_fini(&subjects);
	free(newest);
}

static void group_runs(const struct site *s, struct trends *t)
{
	size_t *order = xreallocarray(NULL, s->nr, sizeof(*order));

	for (size_t i = 0; i < s->nr; i++)
		order[i] = i;
	qsort_r(order, s->nr, sizeof(*order), by_kind_and_time, (void *)s);
	for (size_t i = 0, end; i < s->nr; i = end) {
		for (end = i + 1; end < s->nr; end++)
			if (compare_kind(s->v[order[i]].run, s->v[order[end]].run))
				break;
		if (is_trend(s, order + i, end - i))
			trend_add(s, t, order + i, end - i);
	}
	free(order);
}

/* --- where they changed --------------------------------------------------------------------- */

static void change_add(struct trend *t, size_t column, size_t at, const struct change *c)
{
	t->changes = xreallocarray(t->changes, t->nr_changes + 1, sizeof(*t->changes));
	t->changes[t->nr_changes++] = (struct trend_change){ .column = column, .at = at, .before = (int64_t)c->before,
							     .after = (int64_t)c->after };
}

static void find_changes(const struct site *s, struct trend *t, size_t column)
{
	struct changes_rule rule = changes_rule_default;
	double v[NEWEST];
	size_t at[NEWEST], nr = 0, found;
	struct change *changes;

	for (size_t i = t->nr > NEWEST ? t->nr - NEWEST : 0; i < t->nr; i++) {
		int64_t value = s->columns[column].v[t->v[i]];

		if (value == SITE_UNSET)
			continue;
		v[nr] = (double)value;
		at[nr++] = i;
	}
	rule.exact = !strcmp(s->v[t->v[0]].run->runtime, "vtime");
	found = changes_find(v, nr, &rule, &changes);
	for (size_t i = 0; i < found; i++)
		change_add(t, column, at[changes[i].at], &changes[i]);
	free(changes);
}

void trends_find(const struct site *s, struct trends *out)
{
	*out = (struct trends){ 0 };
	group_runs(s, out);
	for (size_t i = 0; i < out->nr; i++)
		for (size_t column = 0; column < s->nr_columns; column++)
			if (s->columns[column].used)
				find_changes(s, &out->v[i], column);
}

void trends_fini(struct trends *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		free(t->v[i].v);
		free(t->v[i].changes);
	}
	free(t->v);
	*t = (struct trends){ 0 };
}

/* --- writing ------------------------------------------------------------------------------ */

/* The number of a column among those that are written. */
static size_t written_column(const struct site *s, size_t column)
{
	size_t nr = 0;

	for (size_t i = 0; i < column; i++)
		nr += s->columns[i].used;
	return nr;
}

static void put_trend(const struct site *s, const struct trend *t, FILE *out)
{
	fputs("[[", out);
	for (size_t i = 0; i < t->nr; i++)
		fprintf(out, "%s%zu", i ? "," : "", t->v[i]);
	fputs("],[", out);
	for (size_t i = 0; i < t->nr_changes; i++) {
		const struct trend_change *c = &t->changes[i];

		fprintf(out, "%s[%zu,%zu,%lld,%lld]", i ? "," : "", written_column(s, c->column), c->at,
			(long long)c->before, (long long)c->after);
	}
	fputs("]]", out);
}

void trends_put(const struct site *s, const struct trends *t, FILE *out)
{
	fputs("\"trends\":[", out);
	for (size_t i = 0; i < t->nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_trend(s, &t->v[i], out);
	}
	fputs("],\n", out);
}
