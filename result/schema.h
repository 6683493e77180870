/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_SCHEMA_H
#define RESULT_SCHEMA_H

#include <sqlite3.h>

#include "base/err.h"

/* What tells our databases from other SQLite files: "mmul". */
#define SCHEMA_APPLICATION_ID	0x6d6d756c
#define SCHEMA_VERSION		3

/**
 * schema_version() - whose database is it?
 * @path:	for the message.
 *
 * Return: 0 for an empty database, 1 .. SCHEMA_VERSION for one of ours; ERR_INPUT
 * (negative) for a file that is no database, another program's, or a newer mmulab's.
 */
int schema_version(sqlite3 *db, const char *path, struct err *e);

/**
 * schema_migrate() - bring an empty or older database up to SCHEMA_VERSION.
 *
 * Inside the caller's transaction, and on a connection without foreign_keys: tables that
 * others refer to are built anew.
 */
int schema_migrate(sqlite3 *db, const char *path, struct err *e);

/* Lets @db, of an older @version, be read as one of SCHEMA_VERSION; nothing is written to it. */
int schema_present(sqlite3 *db, int version, const char *path, struct err *e);

/**
 * schema_fail() - what the last call on @db failed with, as one line.
 * @doing:	"cannot @doing".
 *
 * Return: the negative exit status: ERR_INPUT for a damaged or foreign file, else ERR_MACHINE.
 */
int schema_fail(sqlite3 *db, const char *path, const char *doing, struct err *e);

#endif
