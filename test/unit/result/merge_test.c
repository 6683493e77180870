/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Databases into one: what is taken, what is known, what an older schema becomes, what is left as it was. */
#include "result/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "test/fake_result.h"
#include "test/table.h"

struct source {			/* one database */
	const char	*old;		/* a dump of an older schema; NULL: made of @jobs */
	const char	*jobs[4];	/* a run each; "": of no job */
	uint64_t	 exact;		/* a finding of verify; 0: none */
	const char	*epoch;		/* when it was stored */
};

struct row {
	const char	*name;
	struct source	 v[3];
	bool		 twice;		/* merged once more */
	const char	*sql, *want;	/* of the result */
	uint64_t	 want_runs, want_known;
};

static char dir[64], into[96], paths[3][96];

static void make_jobs(const char *path, const struct source *src)
{
	struct fake f = { .trace = "T.mmt", .policy = "p", .runtime = "vtime", .clones = 1, .accesses = 20 };
	struct store_fidelity found = { "T.mmt", "p", "v0", 100, 90, src->exact, 20 };
	struct store *s;
	struct err e;

	setenv("SOURCE_DATE_EPOCH", src->epoch ? src->epoch : "1700000000", 1);
	assert_int_equal(store_open(path, &s, &e), 0);
	for (int i = 0; i < 4 && src->jobs[i]; i++) {
		struct store_run run;
		struct result r;
		int64_t id;

		f.seed = (uint64_t)i;
		fake_run(&run, &f);
		run.job = src->jobs[i];
		fake_result(&r, &f);
		result_heat_add(&r, RESULT_ACCESS);
		result_heat_put(&r, RESULT_ACCESS, 1000, 1000);
		assert_int_equal(store_run(s, &run, &r, &id, &e), 0);
		result_fini(&r);
	}
	if (src->exact)
		assert_int_equal(store_fidelity(s, &found, &e), 0);
	store_close(s);
	unsetenv("SOURCE_DATE_EPOCH");
}

static void make_old(const char *path, const char *dump)
{
	char *cmd = xasprintf("sqlite3 %s <%s", path, dump);

	assert_int_equal(system(cmd), 0);
	free(cmd);
}

static size_t make_sources(const struct row *r)
{
	size_t nr = 0;

	for (; nr < ARRAY_SIZE(r->v) && (r->v[nr].old || r->v[nr].jobs[0] || r->v[nr].exact); nr++) {
		snprintf(paths[nr], sizeof(paths[nr]), "%s/%zu.db", dir, nr);
		if (r->v[nr].old)
			make_old(paths[nr], r->v[nr].old);
		else
			make_jobs(paths[nr], &r->v[nr]);
	}
	return nr;
}

static char *ask(const char *path, const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	char *text;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	text = xstrdup((const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

static void merge(size_t nr, struct store_merged *m)
{
	const char *const names[] = { paths[0], paths[1], paths[2] };
	struct store *s;
	struct err e;

	assert_int_equal(store_open(into, &s, &e), 0);
	if (store_merge(s, names, nr, m, &e))
		fail_msg("%s", e.text);
	store_close(s);
}

static void check(const void *arg)
{
	const struct row *r = arg;
	struct store_merged m;
	size_t nr;
	char *text;

	snprintf(dir, sizeof(dir), "/tmp/mmulab-merge-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(into, sizeof(into), "%s/all.db", dir);
	nr = make_sources(r);
	merge(nr, &m);
	if (r->twice)
		merge(nr, &m);
	assert_int_equal(m.runs, r->want_runs);
	assert_int_equal(m.known, r->want_known);
	text = ask(into, r->sql);
	assert_string_equal(text, r->want);
	free(text);
	text = ask(into, "SELECT (SELECT count(*) FROM pragma_foreign_key_check) || (SELECT * FROM pragma_integrity_check)");
	assert_string_equal(text, "0ok");
	free(text);
	for (size_t i = 0; i < nr; i++) {
		text = ask(paths[i], "PRAGMA user_version");
		assert_string_equal(text, !r->v[i].old ? "3" : strstr(r->v[i].old, "_1") ? "1" : "2");
		free(text);
		unlink(paths[i]);
	}
	unlink(into);
	assert_int_equal(rmdir(dir), 0);
}

#define TWO { .jobs = { "a", "b" } }, { .jobs = { "c", "d" } }

static const struct row rows[] = {
	{ "all runs of both", { TWO }, .sql = "SELECT group_concat(job) FROM run", .want = "a,b,c,d", .want_runs = 4 },
	{ "every table of them", { TWO },
	  .sql = "SELECT (SELECT count(DISTINCT run) FROM knob) || (SELECT count(DISTINCT run) FROM metric) ||"
	  " (SELECT count(DISTINCT run) FROM hist) || (SELECT count(DISTINCT run) FROM blame) ||"
	  " (SELECT count(DISTINCT run) FROM series) || (SELECT count(DISTINCT run) FROM heat)",
	  .want = "444444", .want_runs = 4 },
	{ "seeds stay with their jobs", { TWO }, .sql = "SELECT group_concat(job || seed) FROM run", .want = "a0,b1,c0,d1",
	  .want_runs = 4 },
	{ "a job that both have", { { .jobs = { "a", "b" } }, { .jobs = { "b", "c" } } },
	  .sql = "SELECT group_concat(job) FROM run", .want = "a,b,c", .want_runs = 3, .want_known = 1 },
	{ "once more: nothing new", { TWO }, .twice = true, .sql = "SELECT count(*) FROM run", .want = "4", .want_known = 4 },
	{ "runs of no job are all taken", { { .jobs = { "", "a" } }, { .jobs = { "", "a" } } },
	  .sql = "SELECT group_concat(job, '+') FROM run", .want = "+a+", .want_runs = 3, .want_known = 1 },
	{ "an older schema's", { { .old = "test/old/schema_1.sql" }, { .old = "test/old/schema_2.sql" }, { .jobs = { "a" } } },
	  .sql = "SELECT count(*) || group_concat(DISTINCT access) || group_concat(DISTINCT figures) FROM run",
	  .want = "5nonemodelled,measured", .want_runs = 5 },
	{ "the newer finding counts, last", { { .exact = 50, .epoch = "1700000000" }, { .exact = 60, .epoch = "1700000001" } },
	  .sql = "SELECT group_concat(exact) FROM fidelity", .want = "60" },
	{ "the newer finding counts, first", { { .exact = 50, .epoch = "1700000001" }, { .exact = 60, .epoch = "1700000000" } },
	  .sql = "SELECT group_concat(exact) FROM fidelity", .want = "50" },
};

int main(void)
{
	return table_run("merge", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
