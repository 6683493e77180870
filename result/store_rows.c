/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as rows: one function per table, in the order of the schema. */
#include "result/store_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "result/schema.h"

/* One table's INSERT, prepared once per run. */
struct insert {
	struct store_rows *s;
	sqlite3_stmt	*st;
};

static int insert_prepare(struct insert *in, struct store_rows *s, const char *sql, struct err *e)
{
	in->s = s;
	in->st = NULL;
	return sqlite3_prepare_v2(s->db, sql, -1, &in->st, NULL) == SQLITE_OK ? 0 : schema_fail(s->db, s->path, "store the run", e);
}

static void insert_int(struct insert *in, int column, uint64_t value)
{
	sqlite3_bind_int64(in->st, column, (sqlite3_int64)value);
}

static void insert_text(struct insert *in, int column, const char *text)
{
	sqlite3_bind_text(in->st, column, text ? text : "", -1, SQLITE_TRANSIENT);
}

static int insert_row(struct insert *in, struct err *e)
{
	if (sqlite3_step(in->st) != SQLITE_DONE)
		return schema_fail(in->s->db, in->s->path, "store the run", e);
	sqlite3_reset(in->st);
	return 0;
}

static void insert_fini(struct insert *in)
{
	sqlite3_finalize(in->st);
}

/* UTC; SOURCE_DATE_EPOCH makes databases reproducible (reproducible-builds.org). */
static void now_text(char *buf, size_t size)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	time_t t = fixed ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static const char *figures_of(const char *runtime)
{
	return strcmp(runtime, "vtime") ? "measured" : "modelled";
}

static int put_identity(struct store_rows *s, const struct store_run *run, int64_t *id, struct err *e)
{
	const char *texts[] = { run->commit, run->trace, run->trace_hash, run->arch, run->kernel, run->runtime,
				run->pacing, run->policy, run->policy_text, run->costs_text, run->host_text,
				run->assumed, run->command, run->access ? run->access : "none",
				run->time_scale ? run->time_scale : "1",
				run->figures ? run->figures : figures_of(run->runtime),
				run->origin ? run->origin : "replay", run->branch, run->subject, run->job };
	struct insert in;
	char now[32];
	int rc = insert_prepare(&in, s, "INSERT INTO run (time, version, trace, trace_hash, arch, kernel, runtime, pacing,"
				" policy, policy_text, costs_text, host_text, assumed, command, access, time_scale,"
				" figures, origin, branch, subject, job, seed, clones, status)"
				" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'done')", e);

	if (rc)
		return rc;
	now_text(now, sizeof(now));
	insert_text(&in, 1, now);
	for (int i = 0; i < (int)ARRAY_SIZE(texts); i++)
		insert_text(&in, 2 + i, texts[i]);
	insert_int(&in, 2 + ARRAY_SIZE(texts), run->seed);
	insert_int(&in, 3 + ARRAY_SIZE(texts), run->clones);
	rc = insert_row(&in, e);
	insert_fini(&in);
	*id = sqlite3_last_insert_rowid(s->db);
	return rc;
}

/* "name = value" of one line of policy_print()'s text; false for blank lines, sections and comments. */
static bool knob_line(const char *line, size_t len, struct insert *in)
{
	const char *eq = memchr(line, '=', len), *end = line + len, *name_end = eq;

	if (!eq || strchr("[;#", *line))
		return false;
	while (name_end > line && name_end[-1] == ' ')
		name_end--;
	do
		eq++;
	while (eq < end && *eq == ' ');
	sqlite3_bind_text(in->st, 2, line, (int)(name_end - line), SQLITE_TRANSIENT);
	sqlite3_bind_text(in->st, 3, eq, (int)(end - eq), SQLITE_TRANSIENT);
	return true;
}

static int put_knobs(struct store_rows *s, int64_t id, const char *text, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT OR REPLACE INTO knob VALUES (?,?,?)", e);

	insert_int(&in, 1, (uint64_t)id);
	while (!rc && text && *text) {
		size_t len = strcspn(text, "\n");

		if (knob_line(text, len, &in))
			rc = insert_row(&in, e);
		text += len + (text[len] == '\n');
	}
	insert_fini(&in);
	return rc;
}

static int put_metrics(struct store_rows *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO metric VALUES (?,?,?,?)", e);

	for (size_t i = 0; !rc && i < r->nr_metrics; i++) {
		insert_int(&in, 1, (uint64_t)id);
		insert_text(&in, 2, r->metrics[i].name);
		insert_text(&in, 3, r->metrics[i].unit);
		insert_int(&in, 4, (uint64_t)r->metrics[i].value);
		rc = insert_row(&in, e);
	}
	insert_fini(&in);
	return rc;
}

static int put_hist(struct insert *in, const struct hist *h, struct err *e)
{
	static const uint32_t quantiles_ppm[] = { 500000, 900000, 990000, 999000 };
	size_t len;
	void *blob = hist_encode(h, &len);

	insert_int(in, 4, h->n);
	insert_int(in, 5, h->min);
	insert_int(in, 6, hist_mean(h));
	for (int q = 0; q < (int)ARRAY_SIZE(quantiles_ppm); q++)
		insert_int(in, 7 + q, hist_quantile(h, quantiles_ppm[q]));
	insert_int(in, 11, h->max);
	sqlite3_bind_blob64(in->st, 12, blob, len, free);
	return insert_row(in, e);
}

static int put_hists(struct store_rows *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO hist VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", e);

	for (int op = 0; op < RESULT_NR_OPS; op++) {
		for (int phase = 0; !rc && phase < RESULT_NR_PHASES; phase++) {
			if (!r->hist[op][phase].n)
				continue;
			insert_int(&in, 1, (uint64_t)id);
			insert_text(&in, 2, result_op_name(op));
			insert_text(&in, 3, result_phase_name(phase));
			rc = put_hist(&in, &r->hist[op][phase], e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_blame(struct store_rows *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO blame VALUES (?,?,?,?,?)", e);

	for (int waiter = 0; waiter < RESULT_NR_OPS; waiter++) {
		for (int holder = 0; !rc && holder < RESULT_NR_OPS; holder++) {
			const struct result_blame *b = &r->blame[waiter][holder];

			if (!b->n && !b->ns)
				continue;
			insert_int(&in, 1, (uint64_t)id);
			insert_text(&in, 2, result_op_name(waiter));
			insert_text(&in, 3, result_op_name(holder));
			insert_int(&in, 4, b->ns);
			insert_int(&in, 5, b->n);
			rc = insert_row(&in, e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_series(struct store_rows *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO series VALUES (?,?,?,?,?)", e);

	for (size_t i = 0; i < r->nr_series; i++) {
		const struct result_series *line = &r->series[i];

		insert_int(&in, 1, (uint64_t)id);
		insert_text(&in, 2, line->name);
		insert_int(&in, 4, line->bucket_ns);
		for (uint64_t b = 0; !rc && b < line->nr; b++) {
			if (!line->v[b])
				continue;
			insert_int(&in, 3, b * line->bucket_ns);
			insert_int(&in, 5, line->v[b]);
			rc = insert_row(&in, e);
		}
	}
	insert_fini(&in);
	return rc;
}

static int put_heat_of(struct insert *in, const struct result_heat *h, struct err *e)
{
	int rc = 0;

	insert_int(in, 4, h->bucket_ns);
	for (uint64_t t = 0; t < RESULT_HEAT_TIMES; t++) {
		for (unsigned int l = 0; !rc && l < RESULT_HEAT_LATENCIES; l++) {
			if (!h->n[t][l])
				continue;
			insert_int(in, 3, t * h->bucket_ns);
			insert_int(in, 5, result_heat_hi_ns(h, l));
			insert_int(in, 6, h->n[t][l]);
			rc = insert_row(in, e);
		}
	}
	return rc;
}

static int put_heat(struct store_rows *s, int64_t id, const struct result *r, struct err *e)
{
	struct insert in;
	int rc = insert_prepare(&in, s, "INSERT INTO heat VALUES (?,?,?,?,?,?)", e);

	insert_int(&in, 1, (uint64_t)id);
	for (int op = 0; !rc && op < RESULT_NR_OPS; op++) {
		if (!r->heat[op])
			continue;
		insert_text(&in, 2, result_op_name(op));
		rc = put_heat_of(&in, r->heat[op], e);
	}
	insert_fini(&in);
	return rc;
}

/* Return: 1 when the run's job is there already, and its number in *@id; 0; or an error. */
static int find_job(struct store_rows *s, const char *job, int64_t *id, struct err *e)
{
	struct insert in;
	int rc;

	if (!job || !*job)
		return 0;
	rc = insert_prepare(&in, s, "SELECT id FROM run WHERE job = ? AND job <> ''", e);
	if (rc)
		return rc;
	insert_text(&in, 1, job);
	switch (sqlite3_step(in.st)) {
	case SQLITE_ROW:
		*id = sqlite3_column_int64(in.st, 0);
		rc = 1;
		break;
	case SQLITE_DONE:
		break;
	default:
		rc = schema_fail(s->db, s->path, "store the run", e);
	}
	insert_fini(&in);
	return rc;
}

int store_rows_run(struct store_rows *s, const struct store_run *run, const struct result *r, int64_t *id,
		   struct err *e)
{
	int rc = find_job(s, run->job, id, e);

	if (rc)
		return rc < 0 ? rc : 0;
	rc = put_identity(s, run, id, e);
	if (!rc)
		rc = put_knobs(s, *id, run->policy_text, e);
	if (!rc)
		rc = put_metrics(s, *id, r, e);
	if (!rc)
		rc = put_hists(s, *id, r, e);
	if (!rc)
		rc = put_blame(s, *id, r, e);
	if (!rc)
		rc = put_series(s, *id, r, e);
	return rc ? rc : put_heat(s, *id, r, e);
}

int store_rows_fidelity(struct store_rows *s, const struct store_fidelity *f, struct err *e)
{
	struct insert in;
	char now[32];
	int rc = insert_prepare(&in, s, "INSERT OR REPLACE INTO fidelity (trace_hash, policy, version, time, operations,"
				" judged, exact, baseline_exact) VALUES (?,?,?,?,?,?,?,?)", e);

	if (rc)
		return rc;
	now_text(now, sizeof(now));
	insert_text(&in, 1, f->trace_hash);
	insert_text(&in, 2, f->policy);
	insert_text(&in, 3, f->commit);
	insert_text(&in, 4, now);
	insert_int(&in, 5, f->operations);
	insert_int(&in, 6, f->judged);
	insert_int(&in, 7, f->exact);
	insert_int(&in, 8, f->baseline_exact);
	rc = insert_row(&in, e);
	insert_fini(&in);
	return rc;
}

