/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How sure the overview's differences are: of cells that are medians of several seeds, each beside
 * the first policy of its row.  A cell is what overview.js makes it: the newest subject's runs, of each
 * seed the newest.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard_site.h"
#include "analysis/stats.h"
#include "base/alloc.h"

struct cell {
	const struct run	*first;		/* in the group: names the policy */
	size_t			*v;		/* runs of the site, ascending seeds */
	size_t			 nr;
};

struct row {
	struct cell	*v;			/* one per policy, in the order of the group */
	size_t		 nr;
};

static int by_seed(const void *a, const void *b, void *arg)
{
	const struct site *s = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	uint64_t x = (uint64_t)s->v[i].run->seed, y = (uint64_t)s->v[k].run->seed;

	return x != y ? (x < y ? -1 : 1) : i < k ? -1 : i > k;
}

static struct cell *cell_of(struct row *row, const struct run *r)
{
	for (size_t i = 0; i < row->nr; i++)
		if (!strcmp(row->v[i].first->policy, r->policy))
			return &row->v[i];
	row->v = xreallocarray(row->v, row->nr + 1, sizeof(*row->v));
	row->v[row->nr] = (struct cell){ .first = r };
	return &row->v[row->nr++];
}

/* The newest subject's runs, of each seed the last. */
static void cell_settle(const struct site *s, struct cell *c)
{
	const char *newest = run_subject(s->v[c->v[c->nr - 1]].run);
	size_t kept = 0;

	for (size_t i = 0; i < c->nr; i++)
		if (!strcmp(run_subject(s->v[c->v[i]].run), newest))
			c->v[kept++] = c->v[i];
	c->nr = kept;
	qsort_r(c->v, c->nr, sizeof(*c->v), by_seed, (void *)s);
	for (size_t i = kept = 0; i < c->nr; i++) {
		if (kept && s->v[c->v[kept - 1]].run->seed == s->v[c->v[i]].run->seed)
			kept--;
		c->v[kept++] = c->v[i];
	}
	c->nr = kept;
}

/* Runs @v, one group's, with (or without) the access model. */
static struct row row_make(const struct site *s, const size_t *v, size_t nr, const char *access)
{
	struct row row = { 0 };

	for (size_t i = 0; i < nr; i++) {
		const struct run *r = s->v[v[i]].run;
		struct cell *c;

		if (strcmp(r->access, access) != 0)
			continue;
		c = cell_of(&row, r);
		c->v = xreallocarray(c->v, c->nr + 1, sizeof(*c->v));
		c->v[c->nr++] = v[i];
	}
	for (size_t i = 0; i < row.nr; i++)
		cell_settle(s, &row.v[i]);
	return row;
}

static void row_fini(struct row *row)
{
	for (size_t i = 0; i < row->nr; i++)
		free(row->v[i].v);
	free(row->v);
}

/* Return: how many of the cell's runs have a value in @column. */
static size_t samples(const struct site *s, const struct cell *c, size_t column, double *v)
{
	size_t nr = 0;

	for (size_t i = 0; i < c->nr; i++)
		if (s->columns[column].v[c->v[i]] != SITE_UNSET)
			v[nr++] = (double)s->columns[column].v[c->v[i]];
	return nr;
}

static bool same_seeds(const struct site *s, const struct cell *a, const struct cell *b)
{
	bool same = a->nr == b->nr;

	for (size_t i = 0; same && i < a->nr; i++)
		same = s->v[a->v[i]].run->seed == s->v[b->v[i]].run->seed;
	return same;
}

/* A mark for each column: "!", "*" or "?" as of stats_mark(), "." for none. */
static void put_marks(const struct site *s, const struct cell *base, const struct cell *other, FILE *out)
{
	double *x = xcalloc(base->nr + other->nr, sizeof(*x)), *y = x + base->nr;
	struct stats_rule rule = stats_rule_default;

	rule.paired = same_seeds(s, base, other);
	for (size_t i = 0; i < s->nr_columns; i++) {
		size_t nr_x = samples(s, base, i, x), nr_y = samples(s, other, i, y);
		struct stats_ratio r;
		const char *mark = "";

		if (!s->columns[i].used)
			continue;
		rule.paired &= nr_x == nr_y;
		if (nr_x > 1 && nr_y > 1) {
			r = stats_samples(x, nr_x, y, nr_y, &rule);
			mark = stats_mark(&r, rule.floor);
		}
		fputs(*mark ? mark : ".", out);
	}
	free(x);
}

/* By which the page knows a cell. */
static int64_t newest_id(const struct site *s, const struct cell *c)
{
	size_t newest = 0;

	for (size_t i = 0; i < c->nr; i++)
		newest = c->v[i] > newest ? c->v[i] : newest;
	return s->v[newest].run->id;
}

static void put_row(const struct site *s, const struct row *row, FILE *out, int *nr)
{
	for (size_t i = 1; i < row->nr; i++) {
		const struct cell *c = &row->v[i];

		if (c->nr < 2 || row->v[0].nr < 2)
			continue;
		fprintf(out, "%s\"%lld\":\"", (*nr)++ ? ",\n" : "\n", (long long)newest_id(s, c));
		put_marks(s, &row->v[0], c, out);
		fputc('"', out);
	}
}

static void put_group(const struct site *s, const size_t *v, size_t nr, FILE *out, int *written)
{
	static const char *const kinds[] = { "none", "model" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct row row = row_make(s, v, nr, kinds[i]);

		put_row(s, &row, out, written);
		row_fini(&row);
	}
}

void sure_put(const struct site *s, FILE *out)
{
	size_t *v = xcalloc(s->nr, sizeof(*v));
	int written = 0;

	fputs("\"sure\":{", out);
	for (size_t group = 0; group < s->d->runs->nr; group++) {
		size_t nr = 0;

		for (size_t i = 0; i < s->nr; i++)
			if (s->v[i].group == group)
				v[nr++] = i;
		put_group(s, v, nr, out, &written);
	}
	fputs("},\n", out);
	free(v);
}
