/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a results database. */
#include "analysis/db.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "result/schema.h"

#define BUSY_TIMEOUT_MS 10000

static int db_fail(struct db *db, struct err *e)
{
	return schema_fail(db->sql, db->path, "read it", e);
}

static int try_open(struct db *db, int flags)
{
	int rc = sqlite3_open_v2(db->path, &db->sql, flags, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(db->sql, BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(db->sql, 1);
	rc = sqlite3_exec(db->sql, "PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
	return rc;
}

int db_open(const char *path, struct db *out, struct err *e)
{
	struct db db = { .path = xstrdup(path) };
	struct stat st;
	int rc;

	if (stat(path, &st)) {
		rc = err_sys(e, errno, path, "read");
	} else if (!S_ISREG(st.st_mode)) {
		rc = err_set(e, ERR_INPUT, "%s: not a regular file; give the database `mmulab replay --db` wrote", path);
	} else {
		rc = try_open(&db, SQLITE_OPEN_READONLY);
		/* A writer that was killed left its journal: only a writer may undo its work. */
		if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY) {
			sqlite3_close(db.sql);
			rc = try_open(&db, SQLITE_OPEN_READWRITE);
		}
		rc = rc == SQLITE_OK ? schema_version(db.sql, path, e) : db_fail(&db, e);
		if (rc == 0)
			rc = err_set(e, ERR_INPUT, "%s: an empty database; store runs with `mmulab replay --db`", path);
		if (rc > 0)
			rc = schema_present(db.sql, rc, path, e);
	}
	if (rc < 0) {
		db_close(&db);
		return rc;
	}
	*out = db;
	return 0;
}

void db_close(struct db *db)
{
	sqlite3_close(db->sql);
	free(db->path);
	*db = (struct db){ 0 };
}

int db_prepare(struct db *db, const char *sql, const char *what, sqlite3_stmt **out, struct err *e)
{
	*out = NULL;
	if (sqlite3_prepare_v2(db->sql, sql, -1, out, NULL) == SQLITE_OK)
		return 0;
	if (sqlite3_errcode(db->sql) == SQLITE_ERROR)
		return err_set(e, ERR_INPUT, "%s: %s", what, sqlite3_errmsg(db->sql));
	return db_fail(db, e);
}

int db_step(struct db *db, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : db_fail(db, e);
}

int db_exec(struct db *db, const char *sql, struct err *e)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_fail(db, e);
}

const char *db_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}
