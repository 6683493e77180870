/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all formats have in common: which runs, and their histograms. */
#include "analysis/export.h"

#include <string.h>

int export_prepare(struct db *db, const char *sql, sqlite3_stmt **out, struct err *e)
{
	return db_prepare(db, sql, "export", out, e);
}

static int put_run(struct db *db, sqlite3_stmt *st, int64_t run, struct err *e)
{
	int rc;

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, run);
	rc = db_step(db, st, e);
	return rc < 0 ? rc : 0;
}

static int put_selection(struct db *db, const struct selection *s, struct err *e)
{
	sqlite3_stmt *st;
	int rc = export_prepare(db, "INSERT OR IGNORE INTO temp.chosen VALUES (?)", &st, e);

	for (size_t i = 0; !rc && i < s->nr; i++)
		for (size_t k = 0; !rc && k < s->v[i].nr; k++)
			rc = put_run(db, st, s->v[i].v[k].id, e);
	sqlite3_finalize(st);
	return rc;
}

int export_choose(struct db *db, const struct selection *s, struct err *e)
{
	int rc = db_exec(db, "CREATE TEMP TABLE chosen (run INTEGER PRIMARY KEY)", e);

	if (rc)
		return rc;
	return s->nr ? put_selection(db, s, e) : db_exec(db, "INSERT INTO temp.chosen SELECT id FROM run", e);
}

int export_hist(struct db *db, sqlite3_stmt *st, int column, struct hist *out, struct err *e)
{
	hist_init(out);
	if (!hist_decode(out, sqlite3_column_blob(st, column), (size_t)sqlite3_column_bytes(st, column)))
		return 0;
	hist_fini(out);
	return err_set(e, ERR_INPUT, "%s: a histogram in it is damaged; restore a copy of the database", db->path);
}
