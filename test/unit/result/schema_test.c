/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Databases of every older schema (test/old/) become what a new one is, lose nothing, and
 * can be read before that without being touched.
 */
#include "result/schema.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "test/fake_result.h"
#include "test/table.h"

static const struct fake third = { .trace = "T.mmt", .policy = "p", .runtime = "vtime", .seed = 3, .clones = 1,
				   .accesses = 20 };
static char path[64];

static void old_load(int version)
{
	char *sql = NULL, *file = xasprintf("test/old/schema_%d.sql", version);
	FILE *f = fopen(file, "r");
	size_t cap = 0;
	sqlite3 *db;

	assert_non_null(f);
	assert_true(getdelim(&sql, &cap, '\0', f) > 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(sql);
	free(file);
	fclose(f);
}

static void store_third(void)
{
	struct store *s = NULL;
	struct err e = { 0 };
	int64_t id;

	assert_int_equal(store_open(path, &s, &e), 0);
	assert_int_equal(fake_store(s, &third, &id, &e), 0);
	store_close(s);
}

static char *answer(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	char *text;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	text = xstrdup((const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return text;
}

static char *ask(const char *sql)
{
	sqlite3 *db;
	char *text;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	text = answer(db, sql);
	sqlite3_close(db);
	return text;
}

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	const char	*sql, *want;	/* NULL: the same as before */
};

/* What the query says of an old database, it says after a run was stored into it. */
static void migrates(const struct row *row)
{
	for (int version = 1; version < SCHEMA_VERSION; version++) {
		char *before, *after;

		old_load(version);
		before = row->want ? xstrdup(row->want) : ask(row->sql);
		store_third();
		after = ask(row->sql);
		assert_string_equal(after, before);
		free(before);
		free(after);
		unlink(path);
	}
}

#define ALL_TABLES "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master ORDER BY type, name)"

static void same_as_new(const struct row *row)
{
	char *fresh;

	store_third();
	fresh = ask(ALL_TABLES);
	unlink(path);
	migrates(&(struct row){ .sql = ALL_TABLES, .want = fresh });
	free(fresh);
}

static char *bytes_of(size_t *len)
{
	char *data = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "r"), *out;
	int c;

	assert_non_null(f);
	out = open_memstream(&data, &cap);
	while ((c = getc(f)) != EOF)
		putc(c, out);
	fclose(out);
	fclose(f);
	*len = cap;
	return data;
}

static void presented(const struct row *row)
{
	for (int version = 1; version < SCHEMA_VERSION; version++) {
		struct err e = { 0 };
		size_t len, len_after;
		char *before, *after, *text;
		sqlite3 *db;

		old_load(version);
		before = bytes_of(&len);
		assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
		assert_int_equal(schema_version(db, path, &e), version);
		assert_int_equal(schema_present(db, version, path, &e), 0);
		text = answer(db, row->sql);
		assert_string_equal(text, row->want);
		sqlite3_close(db);
		after = bytes_of(&len_after);
		assert_int_equal(len, len_after);
		assert_memory_equal(before, after, len);
		free(text);
		free(before);
		free(after);
		unlink(path);
	}
}

static void check(const void *row)
{
	const struct row *r = row;

	snprintf(path, sizeof(path), "/tmp/mmulab-schema-%ld.db", (long)getpid());
	unlink(path);
	r->check(r);
	unlink(path);
}

#define OF_OLD(columns, table) "SELECT group_concat(" columns ", ';') FROM " table " WHERE run < 3"

static const struct row rows[] = {
	{ "a migrated database has the tables of a new one", same_as_new },
	{ "the version is the newest", migrates, "PRAGMA user_version", "3" },
	{ "it is ours still", migrates, "PRAGMA application_id" },
	{ "the new run is stored", migrates, "SELECT group_concat(id) FROM run", "1,2,3" },
	{ "identities are kept", migrates,
	  "SELECT group_concat(id || time || version || trace || runtime || policy || policy_text || costs_text"
	  " || host_text || command || seed || clones || status, ';') FROM run WHERE id < 3" },
	{ "figures are kept", migrates, "SELECT group_concat(figures) FROM run WHERE id < 3" },
	{ "knobs are kept", migrates, OF_OLD("run || name || value", "knob") },
	{ "metrics are kept", migrates, OF_OLD("run || name || unit || value", "metric") },
	{ "histograms are kept", migrates, OF_OLD("run || op || phase || n || max_ns || hex(blob)", "hist") },
	{ "blame is kept", migrates, OF_OLD("run || waiter || holder || ns || n", "blame") },
	{ "time lines are kept", migrates, OF_OLD("run || name || t || width || value", "series") },
	{ "views show the old and the new", migrates, "SELECT count(DISTINCT run) FROM latency", "3" },
	{ "what version 2 added has its default", migrates,
	  "SELECT count(*) FROM run WHERE access = 'none' AND time_scale = '1'", "3" },
	{ "what version 3 added has its default", migrates,
	  "SELECT count(*) FROM run WHERE branch || subject || job = '' AND origin = 'replay'", "3" },
	{ "children belong to parents", migrates, "SELECT count(*) FROM pragma_foreign_key_check", "0" },
	{ "the file is sound", migrates, "SELECT * FROM pragma_integrity_check", "ok" },
	{ "an old database is read as a new one", presented,
	  "SELECT count(*) FROM run WHERE access = 'none' AND time_scale = '1' AND branch || subject || job = ''"
	  " AND origin = 'replay'", "2" },
	{ "views of an old database work", presented, "SELECT count(DISTINCT figures) FROM latency", "2" },
	{ "an old database has no heat", presented, "SELECT count(run + t + width + hi_ns + n) FROM heat", "0" },
	{ "an old database has no fidelity", presented, "SELECT count(exact + baseline_exact) FROM fidelity", "0" },
};

int main(void)
{
	return table_run("schema", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
