/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "result/open.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

#include "result/schema.h"

#define BUSY_TIMEOUT_MS 10000

static int try_open(const char *path, int flags, sqlite3 **db)
{
	int rc = sqlite3_open_v2(path, db, flags, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(*db, BUSY_TIMEOUT_MS);
	sqlite3_extended_result_codes(*db, 1);
	return sqlite3_exec(*db, "PRAGMA temp_store = MEMORY; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
}

static int open_any(const char *path, sqlite3 **db, struct err *e)
{
	int rc = try_open(path, SQLITE_OPEN_READONLY, db);

	/* A writer that was killed left its journal: only a writer may undo its work. */
	if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY) {
		sqlite3_close(*db);
		rc = try_open(path, SQLITE_OPEN_READWRITE, db);
	}
	return rc == SQLITE_OK ? 0 : schema_fail(*db, path, "read it", e);
}

int result_open(const char *path, sqlite3 **out, struct err *e)
{
	sqlite3 *db = NULL;
	struct stat st;
	int rc;

	if (stat(path, &st))
		return err_sys(e, errno, path, "read");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: not a regular file; give the database `mmulab replay --db` wrote", path);
	rc = open_any(path, &db, e);
	if (!rc)
		rc = schema_version(db, path, e);
	if (rc > 0)
		rc = schema_present(db, rc, path, e);
	else if (rc == 0)
		rc = err_set(e, ERR_INPUT, "%s: an empty database; store runs with `mmulab replay --db`", path);
	if (rc)
		sqlite3_close(db);
	else
		*out = db;
	return rc;
}
