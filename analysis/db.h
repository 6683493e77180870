/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DB_H
#define ANALYSIS_DB_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/types.h"

/* A results database, for reading, and read as of the newest schema; temporary tables stay in memory. */
struct db {
	char	*path;
	sqlite3	*sql;
};

/**
 * db_open() - open a database that store.h wrote.
 *
 * Return: 0; ERR_INPUT (negative) when it is missing, no database, another
 * program's or a newer mmulab's; ERR_MACHINE when it cannot be read.
 */
int db_open(const char *path, struct db *out, struct err *e);
void db_close(struct db *db);	/* zeroed: fine */

/* One statement; finalize with sqlite3_finalize().  @what: named when the SQL is wrong. */
int db_prepare(struct db *db, const char *sql, const char *what, sqlite3_stmt **out, struct err *e);
/* Return: 1 a row, 0 the end, negative an error. */
int db_step(struct db *db, sqlite3_stmt *st, struct err *e);
int db_exec(struct db *db, const char *sql, struct err *e);

/* A column's text, "" for NULL; valid until the next step. */
const char *db_text(sqlite3_stmt *st, int column);

#endif
