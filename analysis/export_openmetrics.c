/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenMetrics text, version 1.0: a family has its lines together, its unit ends its name, times are seconds and
 * shares are ratios.  Every sample has the labels run, trace and policy.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export.h"
#include "base/alloc.h"

/* --- words ------------------------------------------------------------------------------- */

static void put_label(const char *name, const char *value, const char *before, FILE *out)
{
	fprintf(out, "%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
	}
	putc('"', out);
}

/* run, trace, policy: the first columns of every statement here. */
static void put_labels(sqlite3_stmt *st, FILE *out)
{
	put_label("run", db_text(st, 0), "{", out);
	put_label("trace", db_text(st, 1), ",", out);
	put_label("policy", db_text(st, 2), ",", out);
}

static void put_family(const char *name, const char *type, const char *unit, const char *help, FILE *out)
{
	fprintf(out, "# TYPE %s %s\n", name, type);
	if (*unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
	fprintf(out, "# HELP %s %s\n", name, help);
}

static void put_number(double v, FILE *out)
{
	fprintf(out, " %.17g\n", v);
}

#define CHOSEN	" WHERE run.id IN (SELECT run FROM temp.chosen)"

/* --- which runs they are ----------------------------------------------------------------- */

static int put_info(struct db *db, FILE *out, struct err *e)
{
	static const char *const more[] = {
		"arch", "kernel", "runtime", "figures", "origin", "pacing", "access", "time_scale", "seed", "clones",
		"branch", "subject", "version",
	};
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT id, trace, policy, arch, kernel, runtime, figures, origin, pacing, access, "
				"time_scale, seed, clones, branch, subject, version FROM run" CHOSEN " ORDER BY id", &st, e);

	if (rc)
		return rc;
	put_family("mmulab_run", "info", "", "what a run was of, and how it was made", out);
	while ((rc = db_step(db, st, e)) > 0) {
		fputs("mmulab_run_info", out);
		put_labels(st, out);
		for (size_t i = 0; i < ARRAY_SIZE(more); i++)
			put_label(more[i], db_text(st, 3 + (int)i), ",", out);
		fputs("} 1\n", out);
	}
	sqlite3_finalize(st);
	return rc;
}

/* --- metrics --------------------------------------------------------------------------------- */

/* How a stored unit is told. */
static const struct unit {
	const char *stored, *told;
	double	    divisor;
} units[] = { { "ns", "seconds", 1e9 }, { "ppm", "ratio", 1e6 }, { "bytes", "bytes", 1 } };

static const struct unit *unit_of(const char *stored)
{
	static const struct unit none = { "", "", 1 };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i].stored, stored))
			return &units[i];
	return &none;
}

/* "skipped.mem_attr" of unit "": mmulab_skipped_mem_attr. */
static char *family_of(const char *metric, const struct unit *u)
{
	char *name = xasprintf("mmulab_%s%s%s", metric, *u->told ? "_" : "", u->told);

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			*c = '_';
	return name;
}

static int put_samples(struct db *db, const char *metric, const char *unit, const char *family, FILE *out,
		       struct err *e)
{
	const struct unit *u = unit_of(unit);
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT run.id, trace, policy, value FROM metric JOIN run ON run.id = metric.run" CHOSEN
				" AND name = ? AND unit = ? ORDER BY run.id", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_text(st, 1, metric, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(st, 2, unit, -1, SQLITE_TRANSIENT);
	while ((rc = db_step(db, st, e)) > 0) {
		fputs(family, out);
		put_labels(st, out);
		fputs("}", out);
		put_number((double)sqlite3_column_int64(st, 3) / u->divisor, out);
	}
	sqlite3_finalize(st);
	return rc;
}

static int put_metrics(struct db *db, FILE *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT DISTINCT name, unit FROM metric JOIN run ON run.id = metric.run" CHOSEN
				" ORDER BY name, unit", &st, e);

	if (rc)
		return rc;
	while (!rc && (rc = db_step(db, st, e)) > 0) {
		const struct unit *u = unit_of(db_text(st, 1));
		char *family = family_of(db_text(st, 0), u);

		put_family(family, "gauge", u->told, db_text(st, 0), out);
		rc = put_samples(db, db_text(st, 0), db_text(st, 1), family, out, e);
		free(family);
	}
	sqlite3_finalize(st);
	return rc;
}

/* --- histograms ----------------------------------------------------------------------------------- */

/* 1, 2 and 5 of each decade, ns: up to 100 s. */
#define LE_FIRST_NS	100u
#define LE_DECADES	9
static const unsigned int steps[] = { 1, 2, 5 };

struct cumulated {
	uint64_t le_ns[LE_DECADES * ARRAY_SIZE(steps) + 1];
	uint64_t n[LE_DECADES * ARRAY_SIZE(steps) + 1];
	size_t	 nr;
};

static void make_bounds(struct cumulated *c)
{
	uint64_t decade = LE_FIRST_NS;

	*c = (struct cumulated){ 0 };
	for (unsigned int d = 0; d < LE_DECADES; d++, decade *= 10)
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			c->le_ns[c->nr++] = decade * steps[i];
	c->le_ns[c->nr++] = decade;
}

/* A bucket of ours that reaches over a bound counts above it: what stands there is true. */
static void cumulate(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct cumulated *c = arg;

	(void)lo;
	for (size_t i = c->nr; i-- > 0 && hi <= c->le_ns[i];)
		c->n[i] += n;
}

static void put_sample_of(sqlite3_stmt *st, const char *suffix, const char *le, FILE *out)
{
	fprintf(out, "mmulab_latency_seconds_%s", suffix);
	put_labels(st, out);
	put_label("op", db_text(st, 3), ",", out);
	put_label("phase", db_text(st, 4), ",", out);
	if (le)
		put_label("le", le, ",", out);
	fputs("}", out);
}

static void put_hist(sqlite3_stmt *st, const struct hist *h, FILE *out)
{
	struct cumulated c;
	char le[32];

	make_bounds(&c);
	hist_each(h, cumulate, &c);
	for (size_t i = 0; i < c.nr; i++) {
		snprintf(le, sizeof(le), "%.9g", (double)c.le_ns[i] / 1e9);
		if (!strpbrk(le, ".e"))
			strcat(le, ".0");
		put_sample_of(st, "bucket", le, out);
		fprintf(out, " %" PRIu64 "\n", c.n[i]);
	}
	put_sample_of(st, "bucket", "+Inf", out);
	fprintf(out, " %" PRIu64 "\n", h->n);
	put_sample_of(st, "count", NULL, out);
	fprintf(out, " %" PRIu64 "\n", h->n);
	put_sample_of(st, "sum", NULL, out);
	put_number((double)h->sum / 1e9, out);
}

static int put_latencies(struct db *db, FILE *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT run.id, trace, policy, op, phase, blob FROM hist JOIN run ON run.id = hist.run"
				CHOSEN " ORDER BY run.id, op, phase", &st, e);

	if (rc)
		return rc;
	put_family("mmulab_latency_seconds", "histogram", "seconds", "of operations, and of their phases", out);
	while (!rc && (rc = db_step(db, st, e)) > 0) {
		struct hist h;

		rc = export_hist(db, st, 5, &h, e);
		if (rc)
			break;
		put_hist(st, &h, out);
		hist_fini(&h);
	}
	sqlite3_finalize(st);
	return rc;
}

/* --- blame ------------------------------------------------------------------------------------------ */

static int put_blame(struct db *db, FILE *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc = export_prepare(db, "SELECT run.id, trace, policy, waiter, holder, ns FROM blame JOIN run ON run.id = blame.run"
				CHOSEN " ORDER BY run.id, waiter, holder", &st, e);

	if (rc)
		return rc;
	put_family("mmulab_blame_seconds", "gauge", "seconds", "of operations for mmu_lock, by who held it", out);
	while ((rc = db_step(db, st, e)) > 0) {
		fputs("mmulab_blame_seconds", out);
		put_labels(st, out);
		put_label("waiter", db_text(st, 3), ",", out);
		put_label("holder", db_text(st, 4), ",", out);
		fputs("}", out);
		put_number((double)sqlite3_column_int64(st, 5) / 1e9, out);
	}
	sqlite3_finalize(st);
	return rc;
}

int export_openmetrics(struct db *db, FILE *out, struct err *e)
{
	int rc = put_info(db, out, e);

	if (!rc)
		rc = put_metrics(db, out, e);
	if (!rc)
		rc = put_latencies(db, out, e);
	if (!rc)
		rc = put_blame(db, out, e);
	if (!rc)
		fputs("# EOF\n", out);
	return rc;
}
