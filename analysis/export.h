/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_EXPORT_H
#define ANALYSIS_EXPORT_H

#include <stdio.h>

#include "analysis/select.h"
#include "result/hist.h"

/*
 * Runs of a database in formats that other programs read; docs/database.md says what stands in each.  Only what was
 * chosen is written: rows of other tables belong to runs.
 */

/* Before any of the calls below: the runs of @s, all of a database whose @s has no group. */
int export_choose(struct db *db, const struct selection *s, struct err *e);

/* Tables of CSV: those of the schema, and "bucket", the histograms' own buckets. */
extern const char *const export_tables[];
extern const size_t export_nr_tables;
bool export_has_table(const char *name);

/* RFC 4180: a head with the columns' names, lines end with CR LF; an empty field is NULL. */
int export_csv(struct db *db, const char *table, FILE *out, struct err *e);
/* One object; docs/database.md has its keys. */
int export_json(struct db *db, FILE *out, struct err *e);
/* OpenMetrics 1.0 text. */
int export_openmetrics(struct db *db, FILE *out, struct err *e);

/* --- between export*.c ------------------------------------------------------------ */

/* A statement over chosen runs, which are in temp.chosen(run). */
int export_prepare(struct db *db, const char *sql, sqlite3_stmt **out, struct err *e);
/* The histogram in column @column, hist_init()ed by this; @what it is of. */
int export_hist(struct db *db, sqlite3_stmt *st, int column, struct hist *out, struct err *e);

#endif
