/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database's identity and versions, and what its errors mean to a user. */
#include "result/schema.h"

#include <errno.h>
#include <string.h>

#include "base/types.h"

/* The scripts as string literals, made by the Makefile. */
static const char version_1[] =
#include "schema.sql.h"
;

/* What a run assumed of the guest's hits, and by what recorded times were multiplied. */
static const char version_2[] =
	"ALTER TABLE run ADD COLUMN access TEXT NOT NULL DEFAULT 'none';"
	"ALTER TABLE run ADD COLUMN time_scale TEXT NOT NULL DEFAULT '1';";

static const char version_3[] =
#include "schema_3.sql.h"
;

/* migrations[v] leads from version v to v + 1. */
static const char *const migrations[] = { version_1, version_2, version_3 };
_Static_assert(ARRAY_SIZE(migrations) == SCHEMA_VERSION, "one script per version");

int schema_fail(sqlite3 *db, const char *path, const char *doing, struct err *e)
{
	int code = sqlite3_errcode(db) & 0xff, os = sqlite3_system_errno(db);

	switch (code) {
	case SQLITE_NOTADB:
		return err_set(e, ERR_INPUT, "%s: not an SQLite database; give the file `mmulab replay --db` wrote", path);
	case SQLITE_CORRUPT:
		return err_set(e, ERR_INPUT, "%s: the database is damaged; restore a copy or start a new one", path);
	case SQLITE_FULL:
		return err_set(e, ERR_MACHINE, "%s: cannot %s: the disk is full; free some space and try again "
			       "(what was stored before is unharmed)", path, doing);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, ERR_MACHINE, "%s: cannot %s: another process keeps it locked; try again when that is done",
			       path, doing);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		/* A failed write is reported with what was stored before: the transaction was rolled back. */
		return err_set(e, ERR_MACHINE, "%s: cannot %s: %s; check the disk and the rights on the file and its folder",
			       path, doing, os ? strerror(os) : sqlite3_errmsg(db));
	default:
		return err_set(e, ERR_MACHINE, "%s: cannot %s: %s", path, doing, sqlite3_errmsg(db));
	}
}

static int query_int(sqlite3 *db, const char *sql, const char *path, int64_t *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return schema_fail(db, path, "read it", e);
	if (sqlite3_step(st) == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		rc = schema_fail(db, path, "read it", e);
	sqlite3_finalize(st);
	return rc;
}

int schema_version(sqlite3 *db, const char *path, struct err *e)
{
	int64_t tables, id, version;
	int rc = query_int(db, "SELECT count(*) FROM sqlite_master", path, &tables, e);

	if (!rc)
		rc = query_int(db, "PRAGMA application_id", path, &id, e);
	if (!rc)
		rc = query_int(db, "PRAGMA user_version", path, &version, e);
	if (rc)
		return rc;
	if (!tables && !id && !version)
		return 0;
	if (id != SCHEMA_APPLICATION_ID || version < 1)
		return err_set(e, ERR_INPUT, "%s: an SQLite database, but not mmulab's; give another name", path);
	if (version > SCHEMA_VERSION)
		return err_set(e, ERR_INPUT, "%s: written by a newer mmulab (schema %lld, this one knows up to %d); use that one",
			       path, (long long)version, SCHEMA_VERSION);
	return (int)version;
}

/*
 * Temporary views and tables come before a database's own of the same name.  The columns of
 * version 2 came without its migration when version 1 is read.
 */
int schema_present(sqlite3 *db, int version, const char *path, struct err *e)
{
	static const char run[] =
		"CREATE TEMP VIEW run AS SELECT *, %s '' AS branch, '' AS subject, '' AS job, 'replay' AS origin"
		" FROM main.run;"
		"CREATE TEMP TABLE heat (run INTEGER, op TEXT, t INTEGER, width INTEGER, hi_ns INTEGER, n INTEGER);"
		"CREATE TEMP TABLE fidelity (trace_hash TEXT, policy TEXT, version TEXT, time TEXT, operations INTEGER,"
		" judged INTEGER, exact INTEGER, baseline_exact INTEGER)";
	char *sql;
	int rc = 0;

	if (version >= 3)
		return 0;
	sql = sqlite3_mprintf(run, version < 2 ? "'none' AS access, '1' AS time_scale," : "");
	if (!sql || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		rc = schema_fail(db, path, "read it", e);
	sqlite3_free(sql);
	return rc;
}

int schema_migrate(sqlite3 *db, const char *path, struct err *e)
{
	char stamp[96];
	int version = schema_version(db, path, e);

	if (version < 0 || version == SCHEMA_VERSION)
		return version < 0 ? version : 0;
	for (; version < SCHEMA_VERSION; version++)
		if (sqlite3_exec(db, migrations[version], NULL, NULL, NULL) != SQLITE_OK)
			return schema_fail(db, path, "make its tables", e);
	sqlite3_snprintf(sizeof(stamp), stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d",
			 SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
	if (sqlite3_exec(db, stamp, NULL, NULL, NULL) != SQLITE_OK)
		return schema_fail(db, path, "make its tables", e);
	return 0;
}
