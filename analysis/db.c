/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a results database. */
#include "analysis/db.h"

#include <malloc.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "result/open.h"
#include "result/schema.h"

static int db_fail(struct db *db, struct err *e)
{
	return schema_fail(db->sql, db->path, "read it", e);
}

int db_open(const char *path, struct db *out, struct err *e)
{
	struct db db = { .path = xstrdup(path) };
	int rc = result_open(path, &db.sql, e);

	/* Histograms of 100 KB come and go by the thousand: what one leaves, the next one takes. */
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	/* One lock for all that is read, and one state of the database; its pages are kept. */
	if (!rc)
		rc = db_exec(&db, "PRAGMA cache_size = -65536; BEGIN", e);
	if (rc)
		db_close(&db);
	else
		*out = db;
	return rc;
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
