/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is stored reads back by SQL; foreign, newer and damaged files are
 * refused; writers do not lose each other's runs.
 */
#include "result/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "result/schema.h"
#include "test/fake_result.h"
#include "test/table.h"

static const struct fake small = { .trace = "T.mmt", .policy = "p", .runtime = "vtime", .seed = 1, .clones = 1,
				   .accesses = 2000, .storm = 50, .storm_ns = 90000 };

/* --- a folder of its own per row ---------------------------------------------- */

static char dir[64], path[80];

static void dir_make(void)
{
	snprintf(dir, sizeof(dir), "/tmp/mmulab-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.db", dir);
}

/* Files in the folder; removes them when @clean. */
static int dir_files(bool clean)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int nr = 0;

	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		nr++;
		if (clean)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	if (clean)
		rmdir(dir);
	return nr;
}

/* Opened for writing, so that SQLite can undo what a failed writer could not. */
static int64_t query(const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int64_t value = -1;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

static void change(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int store_one(const struct fake *f, struct err *e)
{
	struct store *s = NULL;
	int64_t id;
	int rc = store_open(path, &s, e);

	if (!rc)
		rc = fake_store(s, f, &id, e);
	store_close(s);
	return rc;
}

/* --- rows ------------------------------------------------------------------------- */

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	const char	*text;		/* SQL or file contents */
	int64_t		 want;
	const char	*says;
};

/* After two runs the query gives the value. */
static void reads_back(const struct row *row)
{
	struct fake other = small;
	struct err e = { 0 };

	other.runtime = "threads";
	other.policy = "q";
	other.storm = 0;
	assert_int_equal(store_one(&small, &e), 0);
	assert_int_equal(store_one(&other, &e), 0);
	assert_int_equal(query(row->text), row->want);
}

/* The percentiles beside the blob are those of the blob, and the blob is the histogram recorded. */
static void blob_is_whole(const struct row *row)
{
	struct result r;
	struct hist back;
	struct err e = { 0 };
	sqlite3_stmt *st;
	sqlite3 *db;

	fake_result(&r, &small);
	assert_int_equal(store_one(&small, &e), 0);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT blob, n, p99_ns, max_ns FROM hist WHERE op = 'access'"
					    " AND phase = 'total'", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(hist_decode(&back, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)), 0);
	assert_int_equal(back.n, sqlite3_column_int64(st, 1));
	assert_int_equal(hist_quantile(&back, 990000), sqlite3_column_int64(st, 2));
	assert_int_equal(back.max, sqlite3_column_int64(st, 3));
	assert_true(back.sum == r.hist[RESULT_ACCESS][PHASE_TOTAL].sum);
	sqlite3_finalize(st);
	sqlite3_close(db);
	hist_fini(&back);
	result_fini(&r);
}

/* A database with one run is changed by the SQL, then refused with the words. */
static void refused_after(const struct row *row)
{
	struct err e = { 0 };

	assert_int_equal(store_one(&small, &e), 0);
	change(row->text);
	assert_int_equal(store_one(&small, &e), -row->want);
	assert_non_null(strstr(e.text, row->says));
	assert_non_null(strstr(e.text, path));
	assert_int_equal(query("SELECT count(*) FROM run"), 1);
}

static void foreign(const struct row *row)
{
	struct err e = { 0 };

	if (!strncmp(row->text, "CREATE", 6))
		change(row->text);
	else
		write_file(row->text);
	assert_int_equal(store_one(&small, &e), -row->want);
	assert_non_null(strstr(e.text, row->says));
	assert_int_equal(dir_files(false), 1);
}

static void empty_file_is_taken(const struct row *row)
{
	struct err e = { 0 };

	write_file("");
	assert_int_equal(store_one(&small, &e), 0);
	assert_int_equal(query("SELECT count(*) FROM run"), 1);
}

static void no_folder(const struct row *row)
{
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/none/r.db", dir);
	assert_int_equal(store_one(&small, &e), -ERR_INPUT);
	assert_non_null(strstr(e.text, "none/r.db"));
	assert_int_equal(dir_files(false), 0);
}

static void is_a_folder(const struct row *row)
{
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s", dir);
	assert_int_equal(store_one(&small, &e), -ERR_INPUT);
}

static void opened_but_not_stored(const struct row *row)
{
	struct store *s;
	struct err e = { 0 };

	assert_int_equal(store_open(path, &s, &e), 0);
	store_close(s);
	assert_int_equal(dir_files(false), 0);
}

/* Two openers of a database that is not there: both runs end up in it. */
static void made_meanwhile(const struct row *row)
{
	struct store *a, *b;
	struct err e = { 0 };
	int64_t id;

	assert_int_equal(store_open(path, &a, &e), 0);
	assert_int_equal(store_open(path, &b, &e), 0);
	assert_int_equal(fake_store(a, &small, &id, &e), 0);
	assert_int_equal(id, 1);
	assert_int_equal(fake_store(b, &small, &id, &e), 0);
	assert_int_equal(id, 2);
	assert_int_equal(fake_store(a, &small, &id, &e), 0);
	assert_int_equal(id, 3);
	store_close(a);
	store_close(b);
	assert_int_equal(query("SELECT count(*) FROM run"), 3);
	assert_int_equal(dir_files(false), 1);
}

#define WRITERS	3
#define EACH	3

static void write_each(int start)
{
	struct err e;
	char go;

	if (read(start, &go, 1) != 0)
		_exit(1);
	for (int i = 0; i < EACH; i++)
		if (store_one(&small, &e))
			_exit(2);
	_exit(0);
}

/* Writers that start at once, most of them before there is a database: every run is there. */
static void writers_at_once(const struct row *row)
{
	for (int64_t round = 0; round < row->want; round++) {
		pid_t pids[WRITERS];
		int start[2], status;

		unlink(path);
		assert_int_equal(pipe(start), 0);
		for (int i = 0; i < WRITERS; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				close(start[1]);
				write_each(start[0]);
			}
		}
		close(start[0]);
		close(start[1]);	/* go */
		for (int i = 0; i < WRITERS; i++) {
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_int_equal(status, 0);
		}
		assert_int_equal(query("SELECT count(DISTINCT run) FROM metric"), WRITERS * EACH);
		assert_int_equal(query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
		assert_int_equal(dir_files(false), 1);
	}
}

/* A database that was being made when its writer was killed; and one that is being made. */
static void leftovers(const struct row *row)
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct err e = { 0 };
	char *name = xasprintf("%s/%s", dir, row->text ? row->text : "");
	int fd;

	if (!row->text) {
		free(name);
		name = xasprintf("%s/.r.db.%ld.9.tmp", dir, (long)getpid());
	}
	fd = open(name, O_CREAT | O_RDWR, 0600);

	assert_true(fd >= 0);
	if (row->says)
		futimens(fd, old);
	close(fd);
	assert_int_equal(store_one(&small, &e), 0);
	assert_int_equal(access(name, F_OK) == 0, row->want);
	unlink(name);
	free(name);
}

/* Same runs, same time: same bytes. */
static void reproducible(const struct row *row)
{
	struct err e = { 0 };
	char first[96];
	char *cmd;

	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	snprintf(first, sizeof(first), "%s/first.db", dir);
	assert_int_equal(store_one(&small, &e), 0);
	assert_int_equal(rename(path, first), 0);
	assert_int_equal(store_one(&small, &e), 0);
	unsetenv("SOURCE_DATE_EPOCH");
	cmd = xasprintf("cmp -s %s %s", first, path);
	assert_int_equal(system(cmd), 0);
	free(cmd);
	assert_int_equal(query("SELECT time = '2023-11-14T22:13:20Z' FROM run"), 1);
}

/* A real limit of the system; what fails elsewhere is in fault_test.c. */
static void file_size_limit(const struct row *row)
{
	int status;
	pid_t pid;
	struct err e = { 0 };

	if (row->want)
		assert_int_equal(store_one(&small, &e), 0);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = { 30000, 30000 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(-store_one(&small, NULL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ERR_MACHINE);
	assert_int_equal(dir_files(false), row->want);
	if (row->want)
		assert_int_equal(query("SELECT count(*) FROM run"), 1);
}

/* A sweep's job is stored once, whoever comes second. */
static void job_stored_once(const struct row *row)
{
	struct store_run run;
	struct result r;
	struct store *s;
	struct err e = { 0 };
	int64_t id;

	fake_run(&run, &small);
	fake_result(&r, &small);
	assert_int_equal(store_open(path, &s, &e), 0);
	for (int i = 0; i < 3; i++) {
		run.job = row->text;
		assert_int_equal(store_run(s, &run, &r, &id, &e), 0);
		assert_int_equal(id, *row->text ? 1 : i + 1);
	}
	store_close(s);
	result_fini(&r);
	assert_int_equal(query("SELECT count(*) FROM run"), row->want);
	assert_int_equal(query("SELECT count(DISTINCT run) FROM series"), row->want);
}

/* The same commit's second finding takes the first one's place; it may be the database's first content. */
static void fidelity_replaced(const struct row *row)
{
	struct store_fidelity f = { "hash", "x86-6.12", "v0", 100, 90, 80, 20 };
	struct store *s;
	struct err e = { 0 };

	assert_int_equal(store_open(path, &s, &e), 0);
	assert_int_equal(store_fidelity(s, &f, &e), 0);
	f.exact = 90;
	assert_int_equal(store_fidelity(s, &f, &e), 0);
	f.commit = "v1";
	assert_int_equal(store_fidelity(s, &f, &e), 0);
	store_close(s);
	assert_int_equal(query(row->text), row->want);
}

static void heat_stored(const struct row *row)
{
	struct store_run run;
	struct result r;
	struct store *s;
	struct err e = { 0 };
	int64_t id;

	fake_run(&run, &small);
	fake_result(&r, &small);
	result_heat_add(&r, RESULT_INVALIDATE);
	result_heat_add(&r, RESULT_AGE);
	for (uint64_t i = 0; i < 1000; i++)
		result_heat_put(&r, RESULT_INVALIDATE, i * 1000, 100 + i % 2 * 1000);
	assert_int_equal(store_open(path, &s, &e), 0);
	assert_int_equal(store_run(s, &run, &r, &id, &e), 0);
	store_close(s);
	result_fini(&r);
	assert_int_equal(query(row->text), row->want);
}

static void check(const void *row)
{
	const struct row *r = row;

	dir_make();
	r->check(r);
	dir_files(true);
}

#define SQL_OF(column) "SELECT " column " FROM latency WHERE run = 1 AND op = 'access' AND phase = 'total'"

static const struct row rows[] = {
	{ .name = "two runs", .check = reads_back, .text = "SELECT count(*) FROM run", .want = 2 },
	{ .name = "it is ours", .check = reads_back, .text = "PRAGMA application_id", .want = SCHEMA_APPLICATION_ID },
	{ .name = "its version", .check = reads_back, .text = "PRAGMA user_version", .want = SCHEMA_VERSION },
	{ .name = "latency has a row per run, operation and phase", .check = reads_back,
	  .text = "SELECT count(*) FROM latency WHERE op = 'access' AND phase = 'total'", .want = 2 },
	{ .name = "latency counts", .check = reads_back, .text = SQL_OF("n"), .want = 2000 },
	{ .name = "latency percentiles are in order", .check = reads_back,
	  .text = SQL_OF("min_ns <= p50_ns AND p50_ns <= p90_ns AND p90_ns <= p99_ns AND p99_ns <= p999_ns AND p999_ns <= max_ns"), .want = 1 },
	{ .name = "empty histograms are not stored", .check = reads_back, .text = "SELECT count(*) FROM hist WHERE n = 0 OR op = 'zap_all'", .want = 0 },
	{ .name = "virtual time is modelled", .check = reads_back, .text = "SELECT count(*) FROM latency WHERE run = 1 AND figures <> 'modelled'", .want = 0 },
	{ .name = "threads are measured", .check = reads_back, .text = "SELECT count(*) FROM latency WHERE run = 2 AND figures <> 'measured'", .want = 0 },
	{ .name = "stall view", .check = reads_back, .text = "SELECT stall_ns > 1700000 AND share_ppm > 0 FROM stall WHERE run = 1", .want = 1 },
	{ .name = "knobs are columns of their own", .check = reads_back,
	  .text = "SELECT value = 'write' FROM knob WHERE run = 1 AND name = 'age.lock'", .want = 1 },
	{ .name = "all knobs, no more", .check = reads_back, .text = "SELECT count(*) FROM knob WHERE run = 2", .want = 2 },
	{ .name = "an unknown metric is kept", .check = reads_back, .text = "SELECT value FROM metric WHERE run = 1 AND name = 'home_made'", .want = 7 },
	{ .name = "blame shares add up", .check = reads_back, .text = "SELECT sum(share_ppm) BETWEEN 999990 AND 1000000 FROM blame_matrix WHERE run = 1", .want = 1 },
	{ .name = "sums of a time line are whole", .check = reads_back, .text = "SELECT sum(value) FROM series WHERE run = 1 AND name = 'access.n'", .want = 2000 },
	{ .name = "the maximum of a time line is the histogram's", .check = reads_back,
	  .text = "SELECT (SELECT max(value) FROM series WHERE run = 1 AND name = 'access.total.max')"
	  " = (SELECT max_ns FROM latency WHERE run = 1 AND op = 'access' AND phase = 'total')", .want = 1 },
	{ .name = "the blob is the histogram", .check = blob_is_whole },
	{ .name = "same run, same bytes", .check = reproducible },
	{ .name = "a job is stored once", .check = job_stored_once, .text = "job", .want = 1 },
	{ .name = "runs of no job are all stored", .check = job_stored_once, .text = "", .want = 3 },
	{ .name = "fidelity: one row for each commit", .check = fidelity_replaced, .text = "SELECT count(*) FROM fidelity", .want = 2 },
	{ .name = "fidelity: the newer one", .check = fidelity_replaced, .text = "SELECT exact FROM fidelity WHERE version = 'v0'", .want = 90 },
	{ .name = "fidelity: alone in its database", .check = fidelity_replaced, .text = "SELECT count(*) FROM run", .want = 0 },
	{ .name = "heat adds up", .check = heat_stored, .text = "SELECT sum(n) FROM heat WHERE op = 'invalidate'", .want = 1000 },
	{ .name = "heat of two latencies", .check = heat_stored, .text = "SELECT count(DISTINCT hi_ns) FROM heat WHERE op = 'invalidate'", .want = 2 },
	{ .name = "heat over the run", .check = heat_stored,
	  .text = "SELECT max(t + width) > 999000 AND count(DISTINCT t) BETWEEN 128 AND 256 FROM heat WHERE op = 'invalidate'", .want = 1 },
	{ .name = "a newer schema is refused", .check = refused_after, .text = "PRAGMA user_version = 99", .want = ERR_INPUT, .says = "newer mmulab" },
	{ .name = "another application's is refused", .check = refused_after, .text = "PRAGMA application_id = 5", .want = ERR_INPUT, .says = "not mmulab's" },
	{ .name = "an unmarked SQLite file is refused", .check = foreign, .text = "CREATE TABLE t (x)", .want = ERR_INPUT, .says = "not mmulab's" },
	{ .name = "a text file is refused", .check = foreign, .text = "once upon a time there was a file that is long enough\n", .want = ERR_INPUT,
	  .says = "not an SQLite database" },
	{ .name = "an empty file is taken", .check = empty_file_is_taken },
	{ .name = "a folder that is not there", .check = no_folder },
	{ .name = "a folder instead of a file", .check = is_a_folder },
	{ .name = "opening alone makes no file", .check = opened_but_not_stored },
	{ .name = "two that make the same database", .check = made_meanwhile },
	{ .name = "writers at once", .check = writers_at_once, .want = 25 },
	{ .name = "what a killed writer left is removed", .check = leftovers, .text = ".r.db.1999999999.0.tmp", .says = "old", .want = 0 },
	{ .name = "and its journal", .check = leftovers, .text = ".r.db.1999999999.0.tmp-journal", .says = "old", .want = 0 },
	{ .name = "not what is new", .check = leftovers, .text = ".r.db.1999999999.0.tmp", .want = 1 },
	{ .name = "nor a living writer's", .check = leftovers, .says = "old", .want = 1 },
	{ .name = "nor another database's", .check = leftovers, .text = ".q.db.1999999999.0.tmp", .says = "old", .want = 1 },
	{ .name = "nor a file of another form", .check = leftovers, .text = ".r.db.notes.tmp", .says = "old", .want = 1 },
	{ .name = "a file size limit, first run", .check = file_size_limit, .want = 0 },
	{ .name = "a file size limit, second run", .check = file_size_limit, .want = 1 },
};

int main(void)
{
	return table_run("store", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
