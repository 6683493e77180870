/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables as comma-separated values. */
#include <inttypes.h>
#include <string.h>

#include "analysis/export.h"

/* Histograms' blobs are the buckets of a table of their own here. */
static const struct {
	const char *name, *columns, *from;
} tables[] = {
	{ "run", "*", "run WHERE id IN (SELECT run FROM temp.chosen) ORDER BY id" },
	{ "knob", "*", "knob WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, name" },
	{ "metric", "*", "metric WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, name" },
	{ "hist", "run, op, phase, n, min_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns",
	  "hist WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, op, phase" },
	{ "bucket", "run, op, phase, blob", "hist WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, op, phase" },
	{ "blame", "*", "blame WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, waiter, holder" },
	{ "series", "*", "series WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, name, t" },
	{ "heat", "*", "heat WHERE run IN (SELECT run FROM temp.chosen) ORDER BY run, op, t, hi_ns" },
	{ "fidelity", "*", "fidelity WHERE trace_hash IN (SELECT trace_hash FROM run JOIN temp.chosen ON run = id) "
	  "ORDER BY trace_hash, policy, version" },
};

const char *const export_tables[] = {
	"run", "knob", "metric", "hist", "bucket", "blame", "series", "heat", "fidelity",
};
const size_t export_nr_tables = ARRAY_SIZE(export_tables);
_Static_assert(ARRAY_SIZE(export_tables) == ARRAY_SIZE(tables), "one name each");

bool export_has_table(const char *name)
{
	for (size_t i = 0; i < export_nr_tables; i++)
		if (!strcmp(export_tables[i], name))
			return true;
	return false;
}

/* In quotes only where it must be. */
static void put_field(const char *text, FILE *out)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_head(sqlite3_stmt *st, FILE *out)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		fputs(i ? "," : "", out);
		put_field(sqlite3_column_name(st, i), out);
	}
	fputs("\r\n", out);
}

static void put_row(sqlite3_stmt *st, FILE *out)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		fputs(i ? "," : "", out);
		put_field(db_text(st, i), out);
	}
	fputs("\r\n", out);
}

struct buckets {
	sqlite3_stmt *st;
	FILE	     *out;
};

static void put_bucket(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	const struct buckets *b = arg;

	fprintf(b->out, "%lld,%s,", sqlite3_column_int64(b->st, 0), db_text(b->st, 1));
	fprintf(b->out, "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\r\n", db_text(b->st, 2), lo, hi, n);
}

static int put_buckets(struct db *db, sqlite3_stmt *st, FILE *out, struct err *e)
{
	struct buckets b = { st, out };
	struct hist h;
	int rc = export_hist(db, st, 3, &h, e);

	if (rc)
		return rc;
	hist_each(&h, put_bucket, &b);
	hist_fini(&h);
	return 0;
}

static int put_table(struct db *db, size_t table, FILE *out, struct err *e)
{
	const bool buckets = !strcmp(tables[table].name, "bucket");
	char *sql = sqlite3_mprintf("SELECT %s FROM %s", tables[table].columns, tables[table].from);
	sqlite3_stmt *st;
	int rc = export_prepare(db, sql, &st, e);

	sqlite3_free(sql);
	if (rc)
		return rc;
	if (buckets)
		fputs("run,op,phase,lo_ns,hi_ns,n\r\n", out);
	else
		put_head(st, out);
	while ((rc = db_step(db, st, e)) > 0) {
		if (!buckets)
			put_row(st, out);
		else if ((rc = put_buckets(db, st, out, e)) < 0)
			break;
	}
	sqlite3_finalize(st);
	return rc;
}

int export_csv(struct db *db, const char *table, FILE *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (!strcmp(tables[i].name, table))
			return put_table(db, i, out, e);
	return err_set(e, ERR_USAGE, "--table %s: no such table", table);
}
