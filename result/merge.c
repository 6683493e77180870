/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of one database into another: runs get new numbers, and what refers to them follows. */
#include "result/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "result/open.h"
#include "result/schema.h"

/* Rows of one table on their way: read from one database, written to the other. */
struct flow {
	struct merge	*merge;
	sqlite3_stmt	*from, *to;
};

static const char *const run_tables[] = { "knob", "metric", "hist", "blame", "series", "heat" };

struct merge {
	struct store_rows	*into;
	const char		*path;		/* of the source */
	sqlite3			*source;
	struct flow		 run, rows[ARRAY_SIZE(run_tables)];
	sqlite3_stmt		*job;
};

static int fail_from(struct merge *m, struct err *e)
{
	return schema_fail(m->source, m->path, "read it", e);
}

static int fail_into(struct merge *m, struct err *e)
{
	return schema_fail(m->into->db, m->into->path, "store the runs", e);
}

/* "INSERT INTO table (columns) VALUES (?, ?)" for the columns @from reads; free() it. */
static char *insert_for(const char *table, sqlite3_stmt *from, const char *behind)
{
	char *columns = xstrdup(sqlite3_column_name(from, 0)), *marks = xstrdup("?"), *sql;

	for (int i = 1; i < sqlite3_column_count(from); i++) {
		char *longer = xasprintf("%s, %s", columns, sqlite3_column_name(from, i));
		char *more = xasprintf("%s, ?", marks);

		free(columns);
		free(marks);
		columns = longer;
		marks = more;
	}
	sql = xasprintf("INSERT INTO %s (%s) VALUES (%s)%s", table, columns, marks, behind);
	free(columns);
	free(marks);
	return sql;
}

static int flow_open(struct flow *f, struct merge *m, const char *table, const char *which, const char *behind,
		     struct err *e)
{
	char *select = xasprintf("SELECT * FROM %s %s", table, which), *insert = NULL;
	int rc = 0;

	f->merge = m;
	if (sqlite3_prepare_v2(m->source, select, -1, &f->from, NULL) != SQLITE_OK)
		rc = fail_from(m, e);
	if (!rc) {
		insert = insert_for(table, f->from, behind);
		if (sqlite3_prepare_v2(m->into->db, insert, -1, &f->to, NULL) != SQLITE_OK)
			rc = fail_into(m, e);
	}
	free(select);
	free(insert);
	return rc;
}

static void flow_close(struct flow *f)
{
	sqlite3_finalize(f->from);
	sqlite3_finalize(f->to);
	*f = (struct flow){ 0 };
}

/* Return: 1 a row, 0 the end, or an error. */
static int flow_next(struct flow *f, struct err *e)
{
	int rc = sqlite3_step(f->from);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail_from(f->merge, e);
}

/* The row @f has come to; @id: in place of its first column, 0: NULL. */
static int flow_put(struct flow *f, int first, int64_t id, struct err *e)
{
	for (int i = first; i < sqlite3_column_count(f->from); i++)
		sqlite3_bind_value(f->to, i + 1, sqlite3_column_value(f->from, i));
	if (first && id)
		sqlite3_bind_int64(f->to, 1, id);
	if (sqlite3_step(f->to) != SQLITE_DONE)
		return fail_into(f->merge, e);
	sqlite3_reset(f->to);
	return 0;
}

/* --- one run -------------------------------------------------------------------- */

/* Return: 1 when the run at hand is of a job that is there already, 0, or an error. */
static int is_known(struct merge *m, struct err *e)
{
	int column = 0, rc;

	while (strcmp(sqlite3_column_name(m->run.from, column), "job"))
		column++;
	sqlite3_bind_value(m->job, 1, sqlite3_column_value(m->run.from, column));
	rc = sqlite3_step(m->job);
	sqlite3_reset(m->job);
	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : fail_into(m, e);
}

static int take_rows(struct flow *f, int64_t old_id, int64_t id, struct err *e)
{
	int rc;

	sqlite3_bind_int64(f->from, 1, old_id);
	while ((rc = flow_next(f, e)) == 1) {
		rc = flow_put(f, 1, id, e);
		if (rc)
			break;
	}
	sqlite3_reset(f->from);
	return rc;
}

static int take_run(struct merge *m, struct err *e)
{
	int64_t old_id = sqlite3_column_int64(m->run.from, 0), id;
	int rc = flow_put(&m->run, 1, 0, e);

	id = sqlite3_last_insert_rowid(m->into->db);
	for (size_t i = 0; !rc && i < ARRAY_SIZE(run_tables); i++)
		rc = take_rows(&m->rows[i], old_id, id, e);
	return rc;
}

static int take_runs(struct merge *m, struct store_merged *merged, struct err *e)
{
	int rc;

	while ((rc = flow_next(&m->run, e)) == 1) {
		int known = is_known(m, e);

		if (known < 0)
			return known;
		if (known)
			merged->known++;
		else
			merged->runs++;
		rc = known ? 0 : take_run(m, e);
		if (rc)
			return rc;
	}
	return rc;
}

/* --- findings ---------------------------------------------------------------------- */

static int take_fidelity(struct merge *m, struct err *e)
{
	struct flow f = { 0 };
	int rc = flow_open(&f, m, "fidelity", "", " ON CONFLICT (trace_hash, policy, version) DO UPDATE SET"
			   " time = excluded.time, operations = excluded.operations, judged = excluded.judged,"
			   " exact = excluded.exact, baseline_exact = excluded.baseline_exact"
			   " WHERE excluded.time > fidelity.time", e);

	while (!rc && (rc = flow_next(&f, e)) == 1)
		rc = flow_put(&f, 0, 0, e);
	flow_close(&f);
	return rc;
}

/* --- the whole ----------------------------------------------------------------------- */

static int merge_open(struct merge *m, struct err *e)
{
	int rc = flow_open(&m->run, m, "run", "ORDER BY id", "", e);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(run_tables); i++)
		rc = flow_open(&m->rows[i], m, run_tables[i], "WHERE run = ?", "", e);
	if (!rc && sqlite3_prepare_v2(m->into->db, "SELECT 1 FROM run WHERE job = ? AND job <> ''", -1, &m->job, NULL) !=
	    SQLITE_OK)
		rc = fail_into(m, e);
	return rc;
}

int merge_rows(struct store_rows *into, const char *source, struct store_merged *merged, struct err *e)
{
	struct merge m = { .into = into, .path = source };
	int rc = result_open(source, &m.source, e);

	if (rc)
		return rc;
	rc = merge_open(&m, e);
	if (!rc)
		rc = take_runs(&m, merged, e);
	flow_close(&m.run);
	for (size_t i = 0; i < ARRAY_SIZE(run_tables); i++)
		flow_close(&m.rows[i]);
	sqlite3_finalize(m.job);
	if (!rc)
		rc = take_fidelity(&m, e);
	sqlite3_close(m.source);
	return rc;
}
