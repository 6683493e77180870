/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs as one JSON object, written run by run. */
#include <jansson.h>
#include <string.h>

#include "analysis/export.h"
#include "result/schema.h"

static json_t *value_of(sqlite3_stmt *st, int column)
{
	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(st, column));
	case SQLITE_NULL:
		return json_null();
	default:
		return json_string(db_text(st, column));
	}
}

/* A row's columns from @from on, by name. */
static json_t *object_of(sqlite3_stmt *st, int from)
{
	json_t *row = json_object();

	for (int i = from; i < sqlite3_column_count(st); i++)
		json_object_set_new(row, sqlite3_column_name(st, i), value_of(st, i));
	return row;
}

/* The object at @key of @in, made if it is not there. */
static json_t *inner(json_t *in, const char *key)
{
	json_t *at = json_object_get(in, key);

	if (!at) {
		at = json_object();
		json_object_set_new(in, key, at);
	}
	return at;
}

static void add_knob(json_t *into, sqlite3_stmt *st)
{
	json_object_set_new(into, db_text(st, 0), value_of(st, 1));
}

static void add_metric(json_t *into, sqlite3_stmt *st)
{
	json_object_set_new(into, db_text(st, 0), object_of(st, 1));
}

static void add_latency(json_t *into, sqlite3_stmt *st)
{
	json_object_set_new(inner(into, db_text(st, 0)), db_text(st, 1), object_of(st, 2));
}

static void add_row(json_t *into, sqlite3_stmt *st)
{
	json_array_append_new(into, object_of(st, 0));
}

/* Its line, or its operation, has its points in order. */
static void add_point(json_t *into, sqlite3_stmt *st)
{
	json_t *line = json_object_get(into, db_text(st, 0));

	if (!line) {
		line = json_array();
		json_object_set_new(into, db_text(st, 0), line);
	}
	json_array_append_new(line, object_of(st, 1));
}

static const struct part {
	const char *key, *sql;
	bool	    list;		/* else an object */
	void	  (*add)(json_t *into, sqlite3_stmt *st);
} parts[] = {
	{ "knobs", "SELECT name, value FROM knob WHERE run = ? ORDER BY name", false, add_knob },
	{ "metrics", "SELECT name, value, unit FROM metric WHERE run = ? ORDER BY name", false, add_metric },
	{ "latency", "SELECT op, phase, n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns FROM hist "
	  "WHERE run = ? ORDER BY op, phase", false, add_latency },
	{ "blame", "SELECT waiter, holder, ns, n FROM blame WHERE run = ? ORDER BY waiter, holder", true, add_row },
	{ "series", "SELECT name, t, width, value FROM series WHERE run = ? ORDER BY name, t", false, add_point },
	{ "heat", "SELECT op, t, width, hi_ns, n FROM heat WHERE run = ? ORDER BY op, t, hi_ns", false, add_point },
};

static int add_part(struct db *db, const struct part *p, sqlite3_stmt *st, int64_t run, json_t *into, struct err *e)
{
	json_t *value = p->list ? json_array() : json_object();
	int rc;

	json_object_set_new(into, p->key, value);
	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, run);
	while ((rc = db_step(db, st, e)) > 0)
		p->add(value, st);
	return rc;
}

static int put_run(struct db *db, sqlite3_stmt *run, sqlite3_stmt **st, FILE *out, struct err *e)
{
	json_t *o = object_of(run, 0);
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(parts); i++)
		rc = add_part(db, &parts[i], st[i], sqlite3_column_int64(run, 0), o, e);
	if (!rc)
		json_dumpf(o, out, JSON_COMPACT);
	json_decref(o);
	return rc;
}

static int put_runs(struct db *db, FILE *out, struct err *e)
{
	sqlite3_stmt *st[ARRAY_SIZE(parts)] = { NULL }, *run = NULL;
	const char *comma = "\n";
	int rc = export_prepare(db, "SELECT * FROM run WHERE id IN (SELECT run FROM temp.chosen) ORDER BY id", &run, e);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(parts); i++)
		rc = export_prepare(db, parts[i].sql, &st[i], e);
	while (!rc && (rc = db_step(db, run, e)) > 0) {
		fputs(comma, out);
		comma = ",\n";
		rc = put_run(db, run, st, out, e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sqlite3_finalize(st[i]);
	sqlite3_finalize(run);
	return rc;
}

static int put_fidelity(struct db *db, FILE *out, struct err *e)
{
	json_t *rows = json_array();
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT * FROM fidelity WHERE trace_hash IN (SELECT trace_hash FROM run "
				"JOIN temp.chosen ON run = id) ORDER BY trace_hash, policy, version", &st, e);

	while (!rc && (rc = db_step(db, st, e)) > 0) {
		add_row(rows, st);
		rc = 0;
	}
	sqlite3_finalize(st);
	if (!rc)
		json_dumpf(rows, out, JSON_COMPACT);
	json_decref(rows);
	return rc;
}

int export_json(struct db *db, FILE *out, struct err *e)
{
	int rc;

	fprintf(out, "{\"schema\":%d,\"runs\":[", SCHEMA_VERSION);
	rc = put_runs(db, out, e);
	if (rc)
		return rc;
	fputs("\n],\"fidelity\":", out);
	rc = put_fidelity(db, out, e);
	fputs("}\n", out);
	return rc;
}
