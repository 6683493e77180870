/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that fills up or fails, and a writer that is killed, at every step of storing: opening,
 * writing, truncating, syncing and deleting files.  Whatever it was, the database is sound, each
 * run is in it whole or not at all, and the next one can be stored.
 */
#include "result/store.h"

#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "test/fake_result.h"
#include "test/table.h"

static const struct fake small = { .trace = "T.mmt", .policy = "p", .runtime = "vtime", .seed = 1, .clones = 1,
				   .accesses = 300, .storm = 50, .storm_ns = 90000 };

/* --- a VFS in which one step of many goes wrong -------------------------------------- */

enum wrong {
	FULL,		/* no more room from the step on */
	FAILS,		/* every step from that one on */
	FAILS_ONCE,
	KILLED,		/* in the middle of it */
};

static struct {
	sqlite3_vfs		 vfs, *real;
	sqlite3_io_methods	 methods;
	enum wrong		 wrong;
	int			 at;	/* the step, from 0; < 0: none */
	int			 steps;	/* seen */
} bad;

struct bad_file {
	sqlite3_file	 base;
	sqlite3_file	*real;
};

static bool goes_wrong(bool takes_room)
{
	int step = bad.steps++;

	if (bad.at < 0 || step < bad.at)
		return false;
	if (bad.wrong == FULL)
		return takes_room;
	return bad.wrong == FAILS || step == bad.at;
}

static int fail_as(int code)
{
	if (bad.wrong == KILLED)
		kill(getpid(), SIGKILL);
	return bad.wrong == FULL ? SQLITE_FULL : code;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct bad_file *)f)->real;
}

static int bad_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	if (!goes_wrong(true))
		return real_of(f)->pMethods->xWrite(real_of(f), data, len, at);
	real_of(f)->pMethods->xWrite(real_of(f), data, len / 2, at);
	return fail_as(SQLITE_IOERR_WRITE);
}

static int bad_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return goes_wrong(false) ? fail_as(SQLITE_IOERR_TRUNCATE) : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

/* A system that is not switched off meanwhile needs none. */
static int bad_sync(sqlite3_file *f, int flags)
{
	return goes_wrong(true) ? fail_as(SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

static int bad_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	return goes_wrong(false) ? fail_as(SQLITE_IOERR_DELETE) : bad.real->xDelete(bad.real, name, 0);
}

static int bad_close(sqlite3_file *f)
{
	int rc = real_of(f)->pMethods->xClose(real_of(f));

	free(real_of(f));
	return rc;
}

static int bad_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), data, len, at);
}

static int bad_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int bad_lock(sqlite3_file *f, int kind)
{
	return real_of(f)->pMethods->xLock(real_of(f), kind);
}

static int bad_unlock(sqlite3_file *f, int kind)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), kind);
}

static int bad_check_lock(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int bad_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int bad_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int bad_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int bad_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
	struct bad_file *b = (struct bad_file *)f;
	int rc;

	b->base.pMethods = NULL;
	if (goes_wrong(false))
		return fail_as(SQLITE_CANTOPEN);
	b->real = xcalloc(1, (size_t)bad.real->szOsFile);
	rc = bad.real->xOpen(bad.real, name, b->real, flags, out_flags);
	b->base.pMethods = rc == SQLITE_OK ? &bad.methods : NULL;
	if (rc)
		free(b->real);
	return rc;
}

static void bad_vfs_register(void)
{
	bad.at = -1;
	bad.real = sqlite3_vfs_find(NULL);
	bad.vfs = *bad.real;
	bad.vfs.zName = "bad";
	bad.vfs.szOsFile = sizeof(struct bad_file);
	bad.vfs.xOpen = bad_open;
	bad.vfs.xDelete = bad_delete;
	bad.methods = (sqlite3_io_methods){
		.iVersion = 1, .xClose = bad_close, .xRead = bad_read, .xWrite = bad_write, .xTruncate = bad_truncate,
		.xSync = bad_sync, .xFileSize = bad_size, .xLock = bad_lock, .xUnlock = bad_unlock,
		.xCheckReservedLock = bad_check_lock, .xFileControl = bad_control, .xSectorSize = bad_sector,
		.xDeviceCharacteristics = bad_traits,
	};
	sqlite3_vfs_register(&bad.vfs, 1);
}

/* --- storing in it -------------------------------------------------------------------- */

static char dir[64], path[80], source[96];	/* @source: what is merged */
static bool merging;

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
	return nr;
}

static int store_one(struct err *e)
{
	struct store *s = NULL;
	int64_t id;
	int rc = store_open(path, &s, e);

	if (!rc)
		rc = fake_store(s, &small, &id, e);
	store_close(s);
	return rc;
}

/* A database of a run. */
static int merge_one(struct err *e)
{
	const char *const sources[] = { source };
	struct store_merged m;
	struct store *s = NULL;
	int rc = store_open(path, &s, e);

	if (!rc)
		rc = store_merge(s, sources, 1, &m, e);
	store_close(s);
	return rc;
}

/* Return: store_one()'s; when killed: 1. */
static int store_badly(enum wrong wrong, int at, struct err *e)
{
	pid_t pid = wrong == KILLED ? fork() : 0;
	int rc = 0, status;

	if (pid) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFSIGNALED(status) ? 1 : WEXITSTATUS(status);
	}
	bad.at = at;
	bad.wrong = wrong;
	bad.steps = 0;
	rc = merging ? merge_one(e) : store_one(e);
	if (wrong == KILLED)
		_exit(-rc);
	bad.at = -1;
	return rc;
}

/* Opened for writing, so that SQLite can undo what a failed writer could not. */
static int64_t query(const char *sql)
{
	sqlite3_stmt *st;
	sqlite3 *db;
	int64_t value = -1;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(st) == SQLITE_ROW)
		value = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

/* The fake run in rows: whoever has others is torn. */
static char *torn_runs(void)
{
	uint64_t buckets = 0, hists = 0;
	struct result r;
	char *sql;

	fake_result(&r, &small);
	for (size_t i = 0; i < r.nr_series; i++)
		for (size_t b = 0; b < r.series[i].nr; b++)
			buckets += r.series[i].v[b] != 0;
	for (int op = 0; op < RESULT_NR_OPS; op++)
		for (int phase = 0; phase < RESULT_NR_PHASES; phase++)
			hists += r.hist[op][phase].n != 0;
	sql = xasprintf("SELECT count(*) FROM run WHERE policy = 'p' AND NOT ("
			"(SELECT count(*) FROM metric WHERE run = run.id) = %zu AND "
			"(SELECT count(*) FROM series WHERE run = run.id) = %llu AND "
			"(SELECT count(*) FROM hist WHERE run = run.id) = %llu)",
			r.nr_metrics, (unsigned long long)buckets, (unsigned long long)hists);
	result_fini(&r);
	return sql;
}

/* How many, when the database is sound and all of them are whole; else -1. */
static int64_t whole_runs(void)
{
	char *torn;
	bool good;

	if (access(path, F_OK))
		return 0;
	torn = torn_runs();
	good = query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0 &&
	       query("SELECT count(*) FROM pragma_foreign_key_check") == 0 && query(torn) == 0;
	free(torn);
	return good ? query("SELECT count(*) FROM run") : -1;
}

/* --- rows ----------------------------------------------------------------------------- */

struct row {
	const char	*name;
	enum wrong	 wrong;
	int		 runs;		/* there before */
	const char	*old;		/* or a dump of an older schema */
	const char	*says;
	bool		 merge;		/* a database of one run, instead of storing one */
};

static void start_with(const struct row *row)
{
	struct err e;
	char *cmd;

	dir_files(true);
	if (row->old) {
		cmd = xasprintf("sqlite3 %s <%s", path, row->old);
		assert_int_equal(system(cmd), 0);
		free(cmd);
		return;
	}
	for (int i = 0; i < row->runs; i++)
		assert_int_equal(store_one(&e), 0);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct err e = { 0 };
	int steps, tried = 0;

	snprintf(dir, sizeof(dir), "/tmp/mmulab-fault-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.db", dir);
	snprintf(source, sizeof(source), "%s.source", dir);
	merging = false;
	if (row->merge) {
		assert_int_equal(store_one(&e), 0);
		assert_int_equal(rename(path, source), 0);
		merging = true;
	}
	start_with(row);
	if (store_badly(FAILS, -1, &e))
		fail_msg("%s", e.text);
	steps = bad.steps;
	assert_true(steps > 20);
	for (int at = 0; at < steps; at++, tried++) {
		int64_t runs;
		int rc;

		start_with(row);
		rc = store_badly(row->wrong, at, &e);
		runs = whole_runs();
		assert_int_equal(runs, row->runs + (rc == 0));
		assert_true(row->wrong != KILLED ? rc == -ERR_MACHINE || rc == 0 : rc == 1);
		if (rc < 0 && row->says)
			assert_non_null(strstr(e.text, row->says));
		if (rc < 0 && !row->runs)
			assert_int_equal(dir_files(false), 0);
		assert_int_equal(store_one(&e), 0);
		assert_int_equal(whole_runs(), runs + 1);
	}
	assert_int_equal(tried, steps);
	dir_files(true);
	rmdir(dir);
	unlink(source);
}

static const struct row rows[] = {
	{ "disk full at each step, first run", FULL, 0, .says = "disk is full" },
	{ "disk full at each step, second run", FULL, 1, .says = "disk is full" },
	{ "disk full at each step, schema 1", FULL, 2, "test/old/schema_1.sql", .says = "disk is full" },
	{ "I/O error from each step on, first run", FAILS, 0, .says = "check the disk" },
	{ "I/O error from each step on, second run", FAILS, 1, .says = "check the disk" },
	{ "I/O error from each step on, schema 1", FAILS, 2, "test/old/schema_1.sql", .says = "check the disk" },
	{ "I/O error at each step, first run", FAILS_ONCE, 0 },
	{ "I/O error at each step, second run", FAILS_ONCE, 1 },
	{ "I/O error at each step, schema 2", FAILS_ONCE, 2, "test/old/schema_2.sql" },
	{ "killed at each step, first run", KILLED, 0 },
	{ "killed at each step, second run", KILLED, 1 },
	{ "killed at each step, schema 1", KILLED, 2, "test/old/schema_1.sql" },
	{ "disk full at each step, merging into a new one", FULL, 0, .merge = true, .says = "disk is full" },
	{ "I/O error at each step, merging into another", FAILS_ONCE, 1, .merge = true },
	{ "killed at each step, merging into schema 2", KILLED, 2, "test/old/schema_2.sql", .merge = true },
};

int main(void)
{
	bad_vfs_register();
	return table_run("fault", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
