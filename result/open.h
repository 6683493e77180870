/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_OPEN_H
#define RESULT_OPEN_H

#include <sqlite3.h>

#include "base/err.h"

/**
 * result_open() - open a database that store.h wrote, for reading.
 * @out:	whatever its schema, it reads as one of SCHEMA_VERSION; temporary tables stay in memory.
 *
 * Return: 0; ERR_INPUT (negative) when it is missing, empty, no database, another program's or a
 * newer mmulab's; ERR_MACHINE when it cannot be read.
 */
int result_open(const char *path, sqlite3 **out, struct err *e);

#endif
