/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Side by side.  Rows are laid out first, in the order of metric.def and of
 * contract 3; runs fill in their cells; rows nobody filled go away.
 */
#include "analysis/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "result/metric.h"
#include "result/result.h"

#define RARE 100

static const struct {
	const char *column, *label, *unit;
} latencies[] = {
	{ "n", "number", "count" },	{ "min_ns", "min", "ns" },	{ "mean_ns", "mean", "ns" },
	{ "p50_ns", "p50", "ns" },	{ "p90_ns", "p90", "ns" },	{ "p99_ns", "p99", "ns" },
	{ "p999_ns", "p99.9", "ns" },	{ "max_ns", "max", "ns" },
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* --- rows by what they are about --------------------------------------------------- */

static size_t hash_text(size_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return (hash ^ '.') * 1099511628211u;
}

/* Where the row is, or the free slot where it would be. */
static uint32_t *slot_of(const struct table *t, enum table_kind kind, const char *a, const char *b, const char *c)
{
	size_t slot = hash_text(hash_text(hash_text((size_t)kind, a), b), c);

	for (;; slot++) {
		uint32_t *s = &t->slots[slot & (t->nr_slots - 1)];
		const struct table_line *r = *s ? &t->v[*s - 1] : NULL;

		if (!r || (r->kind == kind && same(r->a, a) && same(r->b, b) && same(r->c, c)))
			return s;
	}
}

/* Once more from the rows there are. */
static void index_rows(struct table *t)
{
	free(t->slots);
	t->nr_slots = 64;
	while (t->nr_slots < 4 * t->nr)
		t->nr_slots *= 2;
	t->slots = xcalloc(t->nr_slots, sizeof(*t->slots));
	for (size_t i = 0; i < t->nr; i++)
		*slot_of(t, t->v[i].kind, t->v[i].a, t->v[i].b, t->v[i].c) = (uint32_t)i + 1;
}

static struct table_line *find(const struct table *t, enum table_kind kind, const char *a, const char *b, const char *c)
{
	uint32_t i = t->nr_slots ? *slot_of(t, kind, a, b, c) : 0;

	return i ? &t->v[i - 1] : NULL;
}

const struct table_line *table_find(const struct table *t, enum table_kind kind, const char *a, const char *b,
				   const char *c)
{
	return find(t, kind, a, b, c);
}

struct table_cell table_cell(const struct table *t, size_t run, enum table_kind kind, const char *a, const char *b,
			     const char *c)
{
	const struct table_line *r = find(t, kind, a, b, c);

	return r ? r->v[run] : (struct table_cell){ false, 0 };
}

static struct table_line *row_add(struct table *t, enum table_kind kind, const char *a, const char *b, const char *c,
				 const char *unit)
{
	struct table_line *r;

	t->v = xreallocarray(t->v, t->nr + 1, sizeof(*t->v));
	r = &t->v[t->nr++];
	*r = (struct table_line){ .kind = kind, .a = xstrdup(a), .b = xstrdup(b), .c = xstrdup(c),
				  .unit = xstrdup(unit) };
	if (2 * t->nr > t->nr_slots)
		index_rows(t);
	else
		*slot_of(t, kind, a, b, c) = (uint32_t)t->nr;
	return r;
}

static void row_fini(struct table_line *r)
{
	free(r->a);
	free(r->b);
	free(r->c);
	free(r->label);
	free(r->unit);
	free(r->v);
}

static void cell_set(const struct table *t, struct table_line *r, size_t run, int64_t value)
{
	if (!r->v)
		r->v = xcalloc(t->group->nr, sizeof(*r->v));
	r->v[run] = (struct table_cell){ true, value };
}

/* "lock_wait" as people write it; takes @text over. */
static char *words(char *text)
{
	for (char *c = text; *c; c++)
		if (*c == '_')
			*c = ' ';
	return text;
}

/* --- layout -------------------------------------------------------------------- */

static void lay_out_metrics(struct table *t)
{
	for (size_t i = 0; i < nr_metrics; i++) {
		const struct metric *m = &metrics[i];
		struct table_line *r = row_add(t, TABLE_METRIC, m->name, NULL, NULL, m->unit);

		r->label = xstrdup(m->label);
		r->better = m->better;
		r->caveat = m->caveat ? m->help : NULL;
	}
}

/* People get accesses in full; of other operations what they cost as a whole. */
static bool is_extra(enum result_op op, enum result_phase phase, const char *column)
{
	if (!strcmp(column, "min_ns"))
		return true;
	if (op == RESULT_LOAD || op == RESULT_TEARDOWN)
		return true;
	if (op == RESULT_ACCESS)
		return phase != PHASE_TOTAL && phase != PHASE_LOCK_WAIT;
	if (phase == PHASE_OPEN)
		return false;
	return phase != PHASE_TOTAL || !strcmp(column, "p90_ns") || !strcmp(column, "p999_ns");
}

static void lay_out_latencies(struct table *t)
{
	for (int op = 0; op < RESULT_NR_OPS; op++) {
		for (int phase = 0; phase < RESULT_NR_PHASES; phase++) {
			for (size_t i = 0; i < ARRAY_SIZE(latencies); i++) {
				struct table_line *r = row_add(t, TABLE_LATENCY, result_op_name(op),
							      result_phase_name(phase), latencies[i].column,
							      latencies[i].unit);

				r->label = xstrdup(latencies[i].label);
				r->better = i ? -1 : 0;
				r->extra = is_extra(op, phase, latencies[i].column);
			}
		}
	}
}

static void lay_out_blame(struct table *t)
{
	for (int waiter = 0; waiter < RESULT_NR_OPS; waiter++) {
		for (int holder = 0; holder < RESULT_NR_OPS; holder++) {
			const char *w = result_op_name(waiter), *h = result_op_name(holder);
			struct table_line *r = row_add(t, TABLE_BLAME, w, h, "ns", "ns");

			r->label = words(xasprintf("%s waited for %s", w, h));
			r->better = -1;
			r = row_add(t, TABLE_BLAME, w, h, "n", "count");
			r->label = words(xasprintf("%s waited for %s, times", w, h));
			r->extra = true;
		}
	}
}

/* --- filling ---------------------------------------------------------------------- */

static void fill_metric(struct table *t, size_t run, sqlite3_stmt *st)
{
	struct table_line *r = find(t, TABLE_METRIC, db_text(st, 0), NULL, NULL);

	if (!r) {
		r = row_add(t, TABLE_METRIC, db_text(st, 0), NULL, NULL, db_text(st, 1));
		r->label = xstrdup(r->a);
		r->extra = strchr(r->a, '.') != NULL;
	}
	cell_set(t, r, run, sqlite3_column_int64(st, 2));
}

static void fill_latency(struct table *t, size_t run, sqlite3_stmt *st)
{
	for (int i = 0; i < (int)ARRAY_SIZE(latencies); i++) {
		struct table_line *r = find(t, TABLE_LATENCY, db_text(st, 0), db_text(st, 1), latencies[i].column);

		if (r)
			cell_set(t, r, run, sqlite3_column_int64(st, 2 + i));
	}
}

static void fill_blame(struct table *t, size_t run, sqlite3_stmt *st)
{
	struct table_line *ns = find(t, TABLE_BLAME, db_text(st, 0), db_text(st, 1), "ns");
	struct table_line *n = find(t, TABLE_BLAME, db_text(st, 0), db_text(st, 1), "n");

	if (ns && n) {
		cell_set(t, ns, run, sqlite3_column_int64(st, 2));
		cell_set(t, n, run, sqlite3_column_int64(st, 3));
	}
}

static int fill(struct table *t, struct db *db, const char *sql, void (*one)(struct table *, size_t, sqlite3_stmt *),
		struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(db, sql, "table", &st, e);

	for (size_t run = 0; !rc && run < t->group->nr; run++) {
		sqlite3_bind_int64(st, 1, t->group->v[run].id);
		while ((rc = db_step(db, st, e)) == 1)
			one(t, run, st);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

static void drop_empty(struct table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->nr; i++) {
		if (t->v[i].v)
			t->v[kept++] = t->v[i];
		else
			row_fini(&t->v[i]);
	}
	t->nr = kept;
	index_rows(t);
}

/* A caveat that is 0 everywhere is none. */
static void hide_idle_caveats(struct table *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		bool idle = t->v[i].caveat != NULL;

		for (size_t run = 0; run < t->group->nr; run++)
			idle &= t->v[i].v[run].value == 0;
		t->v[i].extra |= idle;
	}
}

/* The largest value of a row. */
static int64_t row_max(const struct table *t, const struct table_line *r)
{
	int64_t most = 0;

	for (size_t run = 0; run < t->group->nr; run++)
		if (r->v[run].set && r->v[run].value > most)
			most = r->v[run].value;
	return most;
}

/* Percentiles of a handful of operations say nothing that mean and maximum do not. */
static void hide_rare(struct table *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		struct table_line *r = &t->v[i], *n;

		if (r->kind != TABLE_LATENCY || r->c[0] != 'p')
			continue;
		n = find(t, TABLE_LATENCY, r->a, r->b, "n");
		r->extra |= n && row_max(t, n) < RARE;
	}
}

/* Waits below a hundredth of the longest, under all policies. */
static void hide_small_blame(struct table *t)
{
	int64_t most = 0;

	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].kind == TABLE_BLAME && !t->v[i].extra && row_max(t, &t->v[i]) > most)
			most = row_max(t, &t->v[i]);
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].kind == TABLE_BLAME)
			t->v[i].extra |= row_max(t, &t->v[i]) < most / 100;
}

/* Where one run never waited and another did, the first waited 0 ns. */
static void zero_blame(struct table *t)
{
	for (size_t i = 0; i < t->nr; i++)
		for (size_t run = 0; t->v[i].kind == TABLE_BLAME && run < t->group->nr; run++)
			t->v[i].v[run].set = true;
}

int table_load(struct db *db, const struct group *group, struct table *out, struct err *e)
{
	int rc;

	*out = (struct table){ .group = group };
	lay_out_metrics(out);
	rc = fill(out, db, "SELECT name, unit, value FROM metric WHERE run = ? ORDER BY name", fill_metric, e);
	lay_out_latencies(out);
	if (!rc)
		rc = fill(out, db, "SELECT op, phase, n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns"
			  " FROM hist WHERE run = ?", fill_latency, e);
	lay_out_blame(out);
	if (!rc)
		rc = fill(out, db, "SELECT waiter, holder, ns, n FROM blame WHERE run = ?", fill_blame, e);
	drop_empty(out);
	zero_blame(out);
	hide_idle_caveats(out);
	hide_rare(out);
	hide_small_blame(out);
	if (rc)
		table_fini(out);
	return rc;
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->nr; i++)
		row_fini(&t->v[i]);
	free(t->v);
	free(t->slots);
	*t = (struct table){ 0 };
}

static const struct table_line *shown_before(const struct table *t, size_t i)
{
	while (i-- > 0)
		if (!t->v[i].extra)
			return &t->v[i];
	return NULL;
}

char *table_section(const struct table *t, size_t i)
{
	const struct table_line *r = &t->v[i], *before = shown_before(t, i);

	if (before && before->kind == r->kind &&
	    (r->kind != TABLE_LATENCY || (same(before->a, r->a) && same(before->b, r->b))))
		return NULL;
	if (r->kind == TABLE_METRIC)
		return xstrdup("the run");
	if (r->kind == TABLE_BLAME)
		return xstrdup("time queued for mmu_lock, by holder");
	return words(xasprintf("%s, %s", r->a, r->b));
}
