/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms as rows, few enough for a picture: blobs have 1024 steps per power
 * of two, a picture shows 64.
 */
#include "analysis/bucket.h"

#include <stdlib.h>

#include "result/hist.h"

#define STEP_BITS 6
#define DRAWN_MAX "8"	/* runs: as many as there are colours */
#define PANELS_MAX "6"	/* below one another */

static const char tables_sql[] =
	"DROP VIEW IF EXISTS temp.curve;"
	"DROP VIEW IF EXISTS temp.panel;"
	"DROP TABLE IF EXISTS temp.sel;"
	"DROP TABLE IF EXISTS temp.every;"
	"DROP TABLE IF EXISTS temp.bucket;"
	"CREATE TEMP TABLE sel (pos INTEGER PRIMARY KEY, run INTEGER, label TEXT);"
	"CREATE TEMP TABLE every (pos INTEGER PRIMARY KEY, run INTEGER, label TEXT);"
	"CREATE TEMP TABLE bucket (run INTEGER, op TEXT, phase TEXT, hi INTEGER, n INTEGER, upto INTEGER,"
	" total INTEGER, PRIMARY KEY (run, op, phase, hi)) WITHOUT ROWID;"
	"CREATE TEMP VIEW panel AS SELECT * FROM temp.sel WHERE pos <= " PANELS_MAX ";"
	/* A picture has room for so many steps, whatever the span. */
	"CREATE TEMP VIEW curve AS"
	" WITH span AS (SELECT op, phase, ln(max(min(hi), 1)) AS first, ln(max(hi) + 1) AS last FROM temp.bucket"
	"  GROUP BY op, phase)"
	" SELECT run, op, phase, min(hi) AS lo, max(hi) AS hi, sum(n) AS n, max(upto) AS upto, total"
	" FROM temp.bucket JOIN span USING (op, phase) GROUP BY run, op, phase,"
	"  iif(hi > 0, 1 + CAST((ln(max(hi, 1)) - first) / (last - first) * 250 AS INTEGER), 0);";

static int fill_every(struct db *db, const struct group *group, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(db, "INSERT INTO temp.every VALUES (?,?,?)", "every", &st, e);

	for (size_t i = 0; !rc && i < group->nr; i++) {
		sqlite3_bind_int64(st, 1, (sqlite3_int64)i + 1);
		sqlite3_bind_int64(st, 2, group->v[i].id);
		sqlite3_bind_text(st, 3, group->v[i].label, -1, SQLITE_STATIC);
		rc = db_step(db, st, e);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return rc;
}

/* Of many runs one of each policy, the first; of many policies the first ones. */
static int fill_sel(struct db *db, const struct group *group, struct err *e)
{
	static const char all[] = "INSERT INTO temp.sel SELECT * FROM temp.every";
	static const char some[] =
		"INSERT INTO temp.sel SELECT row_number() OVER (ORDER BY pos), run, label FROM"
		" (SELECT min(pos) AS pos, every.run AS run, label FROM temp.every JOIN run ON run.id = every.run"
		"  GROUP BY policy, policy_text, clones, trace, runtime ORDER BY min(pos) LIMIT " DRAWN_MAX ")";

	return db_exec(db, group->nr > strtoul(DRAWN_MAX, NULL, 10) ? some : all, e);
}

/* One histogram on its way into rows. */
struct pour {
	struct db	*db;
	sqlite3_stmt	*insert;
	struct err	*e;
	uint64_t	 step_hi;	/* end of the step being filled */
	uint64_t	 n, upto, max;
	int		 rc;
};

/* The last value of the step of 2^-STEP_BITS that @value is in. */
static uint64_t step_end(uint64_t value)
{
	int bits = 64 - __builtin_clzll(value | 1) - 1 - STEP_BITS;

	return bits <= 0 ? value : value | (BIT_ULL(bits) - 1);
}

static void pour_step(struct pour *p)
{
	if (!p->n || p->rc)
		return;
	p->upto += p->n;
	sqlite3_bind_int64(p->insert, 4, (sqlite3_int64)(p->step_hi < p->max ? p->step_hi : p->max));
	sqlite3_bind_int64(p->insert, 5, (sqlite3_int64)p->n);
	sqlite3_bind_int64(p->insert, 6, (sqlite3_int64)p->upto);
	p->rc = db_step(p->db, p->insert, p->e);
	sqlite3_reset(p->insert);
	p->n = 0;
}

static void pour_bucket(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct pour *p = arg;

	if (step_end(hi) != p->step_hi)
		pour_step(p);
	p->step_hi = step_end(hi);
	p->n += n;
}

/* @st stands on run, op, phase, blob. */
static int pour_hist(struct db *db, sqlite3_stmt *st, sqlite3_stmt *insert, struct err *e)
{
	struct pour p = { .db = db, .insert = insert, .e = e };
	struct hist h;

	if (hist_decode(&h, sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3)))
		return err_set(e, ERR_INPUT, "%s: the histogram %s, %s of run %lld is damaged; store that run again",
			       db->path, db_text(st, 1), db_text(st, 2), (long long)sqlite3_column_int64(st, 0));
	for (int column = 0; column < 3; column++)
		sqlite3_bind_value(insert, column + 1, sqlite3_column_value(st, column));
	sqlite3_bind_int64(insert, 7, (sqlite3_int64)h.n);
	p.max = h.max;
	hist_each(&h, pour_bucket, &p);
	pour_step(&p);
	hist_fini(&h);
	return p.rc;
}

int bucket_load(struct db *db, const struct group *group, struct err *e)
{
	sqlite3_stmt *st = NULL, *insert = NULL;
	int rc = db_exec(db, tables_sql, e);

	if (!rc)
		rc = fill_every(db, group, e);
	if (!rc)
		rc = fill_sel(db, group, e);
	if (!rc)
		rc = db_prepare(db, "INSERT INTO temp.bucket VALUES (?,?,?,?,?,?,?)", "bucket", &insert, e);
	if (!rc)
		rc = db_prepare(db, "SELECT run, op, phase, blob FROM hist WHERE run IN"
				" (SELECT run FROM temp.sel) AND phase IN ('total', 'lock_wait', 'open', 'refault')", "hist", &st, e);
	while (!rc && (rc = db_step(db, st, e)) == 1)
		rc = pour_hist(db, st, insert, e);
	sqlite3_finalize(st);
	sqlite3_finalize(insert);
	return rc;
}
