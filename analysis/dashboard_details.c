/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run's own page shows, in files of DASHBOARD_CHUNK runs:
 *
 *	details(N, SHAPES, [ DETAIL... ], [ WHICH... ]);
 *
 * WHICH is the DETAIL of each run of file N: runs of exact virtual time often share one.
 * A DETAIL begins with the numbers of three SHAPES: of which metrics its values are, of which
 * rows of latencies, of which pairs of waiter and holder.  Values follow: of each metric one, of each row n,
 * p50, p90, p99, p99.9 and max, of each pair ns and n.  A hole is 0.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard_site.h"
#include "analysis/jstext.h"
#include "base/alloc.h"
#include "result/metric.h"
#include "result/result.h"

/* One pass over a table, in the order of runs, side by side with the others. */
struct scan {
	sqlite3_stmt	*st;
	bool		 row;		/* there is one */
};

struct pass {
	struct site	*s;
	struct scan	 metrics, latencies, blame;
	struct intern	 shapes;	/* of the file being written */
	struct text {
		char	*bytes;
		size_t	 len;
		FILE	*out;
	}		 values, shape;	/* of the run */
};

/* Percentiles of fewer operations say no more than the longest does. */
#define RARE 100

static int scan_step(struct site *s, struct scan *scan, struct err *e)
{
	int rc = db_step(s->d->db, scan->st, e);

	scan->row = rc == 1;
	return rc < 0 ? rc : 0;
}

static int scan_open(struct site *s, const char *sql, struct scan *scan, struct err *e)
{
	int rc = db_prepare(s->d->db, sql, "details", &scan->st, e);

	return rc ? rc : scan_step(s, scan, e);
}

/* Moves to the first row of run @id.  Return: as db_step(). */
static int scan_find(struct site *s, struct scan *scan, int64_t id, struct err *e)
{
	int rc = 0;

	while (!rc && scan->row && sqlite3_column_int64(scan->st, 0) < id)
		rc = scan_step(s, scan, e);
	return rc ? rc : scan->row && sqlite3_column_int64(scan->st, 0) == id;
}

/* --- metrics ------------------------------------------------------------------------ */

/* A detail of another metric: one of each vCPU, of each page size.  Kinds of skipped stimuli are caveats. */
static bool is_detail(const char *name)
{
	return strchr(name, '.') && strncmp(name, "skipped.", 8) != 0;
}

static void put_value(struct pass *p, int64_t value)
{
	if (value)
		fprintf(p->values.out, ",%lld", (long long)value);
	else
		putc_unlocked(',', p->values.out);
}

static void metric_read(struct pass *p, size_t run)
{
	const char *name = db_text(p->metrics.st, 1);
	int64_t value = sqlite3_column_int64(p->metrics.st, 3);
	uint32_t metric;

	if (is_detail(name) && !strcmp(p->s->v[run].run->origin, "replay"))
		return;
	metric = intern(&p->s->metrics, name);
	if (metric >= nr_metrics && metric < SITE_METRICS && !p->s->unit_of[metric])
		p->s->unit_of[metric] = xstrdup(db_text(p->metrics.st, 2));
	if (columns_metric(p->s, run, metric, db_text(p->metrics.st, 2), value))
		return;
	fprintf(p->shape.out, ",%u", metric);
	put_value(p, value);
}

/* --- latencies and blame ------------------------------------------------------------------ */

static bool is_shown(const char *op)
{
	return strcmp(op, result_op_name(RESULT_LOAD)) != 0 && strcmp(op, result_op_name(RESULT_TEARDOWN)) != 0;
}

static uint32_t row_number(struct site *s, const char *op, const char *phase)
{
	char name[128];

	snprintf(name, sizeof(name), "%s %s", op, phase);
	return intern(&s->rows, name);
}

static void latency_read(struct pass *p, size_t run)
{
	sqlite3_stmt *st = p->latencies.st;
	const char *op = db_text(st, 1);
	int64_t n = sqlite3_column_int64(st, 3);

	columns_latency(p->s, run, st, 1);
	if (!is_shown(op))
		return;
	fprintf(p->shape.out, ",%u", row_number(p->s, op, db_text(st, 2)));
	put_value(p, n);
	for (int i = 4; i < 8; i++)
		put_value(p, n < RARE ? 0 : sqlite3_column_int64(st, i));
	put_value(p, sqlite3_column_int64(st, 8));
}

static void blame_read(struct pass *p, size_t run)
{
	sqlite3_stmt *st = p->blame.st;

	(void)run;
	fprintf(p->shape.out, ",%u,%u", intern(&p->s->ops, db_text(st, 1)), intern(&p->s->ops, db_text(st, 2)));
	put_value(p, sqlite3_column_int64(st, 3));
	put_value(p, sqlite3_column_int64(st, 4));
}

/* --- files ------------------------------------------------------------------------------------ */

static void text_open(struct text *t)
{
	*t = (struct text){ NULL };
	t->out = open_memstream(&t->bytes, &t->len);
}

static void text_fini(struct text *t)
{
	if (t->out)
		fclose(t->out);
	free(t->bytes);
	*t = (struct text){ NULL };
}

/* One table's rows of run @run through @read; *@shape is the number of what they are. */
static int read_rows(struct pass *p, struct scan *scan, size_t run, void (*read)(struct pass *, size_t),
		     uint32_t *shape, struct err *e)
{
	int rc;

	text_open(&p->shape);
	while ((rc = scan_find(p->s, scan, p->s->v[run].run->id, e)) == 1) {
		read(p, run);
		rc = scan_step(p->s, scan, e);
		if (rc)
			break;
	}
	fflush(p->shape.out);
	*shape = intern(&p->shapes, p->shape.len ? p->shape.bytes + 1 : "");
	text_fini(&p->shape);
	return rc;
}

static int put_detail(struct pass *p, size_t run, struct intern *texts, uint32_t *which, struct err *e)
{
	uint32_t shape[3] = { 0 };
	char *text;
	int rc;

	text_open(&p->values);
	rc = read_rows(p, &p->metrics, run, metric_read, &shape[0], e);
	if (!rc)
		rc = read_rows(p, &p->latencies, run, latency_read, &shape[1], e);
	if (!rc)
		rc = read_rows(p, &p->blame, run, blame_read, &shape[2], e);
	fflush(p->values.out);
	text = xasprintf("[%u,%u,%u%s]", shape[0], shape[1], shape[2], p->values.bytes);
	*which = intern(texts, text);
	free(text);
	text_fini(&p->values);
	return rc;
}

static void put_all(FILE *out, const struct intern *t, const char *before, const char *after)
{
	fputc('[', out);
	for (size_t i = 0; i < t->nr; i++)
		fprintf(out, "%s%s%s%s", i ? ",\n" : "\n", before, t->v[i], after);
	fputs("],\n", out);
}

static int put_file(struct site *s, size_t nr, const struct intern *shapes, const struct intern *texts,
		    const uint32_t *which, size_t nr_which, struct err *e)
{
	char *name = xasprintf("runs/%zu.js", nr);
	struct text file;
	int rc;

	text_open(&file);
	fprintf(file.out, "details(%zu,", nr);
	put_all(file.out, shapes, "[", "]");
	put_all(file.out, texts, "", "");
	for (size_t i = 0; i < nr_which; i++)
		fprintf(file.out, "%s%u", i ? "," : "[", which[i]);
	fputs("]);\n", file.out);
	fflush(file.out);
	rc = outdir_put(s->out, name, file.bytes, file.len, e);
	text_fini(&file);
	free(name);
	return rc;
}

static int write_chunk(struct pass *p, size_t first, struct err *e)
{
	uint32_t which[DASHBOARD_CHUNK];
	struct intern texts = { 0 };
	size_t nr = p->s->nr - first < DASHBOARD_CHUNK ? p->s->nr - first : DASHBOARD_CHUNK;
	int rc = 0;

	for (size_t i = 0; !rc && i < nr; i++)
		rc = put_detail(p, first + i, &texts, &which[i], e);
	if (!rc)
		rc = put_file(p->s, first / DASHBOARD_CHUNK, &p->shapes, &texts, which, nr, e);
	intern_fini(&texts);
	intern_fini(&p->shapes);
	return rc;
}

static void name_everything(struct site *s)
{
	for (size_t i = 0; i < nr_metrics; i++)
		intern(&s->metrics, metrics[i].name);
	for (int op = 0; op < RESULT_NR_OPS; op++) {
		intern(&s->ops, result_op_name(op));
		for (int phase = 0; phase < RESULT_NR_PHASES; phase++)
			row_number(s, result_op_name(op), result_phase_name(phase));
	}
}

int details_write(struct site *s, struct err *e)
{
	struct pass p = { .s = s };
	int rc;

	name_everything(s);
	rc = scan_open(s, "SELECT run, name, unit, value FROM metric ORDER BY run", &p.metrics, e);
	if (!rc)
		rc = scan_open(s, "SELECT run, op, phase, n, p50_ns, p90_ns, p99_ns, p999_ns, max_ns FROM hist"
			       " ORDER BY run, op, phase", &p.latencies, e);
	if (!rc)
		rc = scan_open(s, "SELECT run, waiter, holder, ns, n FROM blame ORDER BY run", &p.blame, e);
	for (size_t first = 0; !rc && first < s->nr; first += DASHBOARD_CHUNK)
		rc = write_chunk(&p, first, e);
	sqlite3_finalize(p.metrics.st);
	sqlite3_finalize(p.latencies.st);
	sqlite3_finalize(p.blame.st);
	return rc;
}

/* --- what the numbers are of ------------------------------------------------------------------- */

static void put_metric(const struct site *s, size_t nr, FILE *out)
{
	const struct metric *m = metric_find(s->metrics.v[nr]);

	fputc('[', out);
	jstext(out, s->metrics.v[nr]);
	if (!m && nr < SITE_METRICS && s->unit_of[nr]) {
		fputc(',', out);
		jstext(out, s->unit_of[nr]);
	} else if (m) {
		fputc(',', out);
		jstext(out, m->unit);
		fprintf(out, ",%d,", m->better);
		jstext(out, m->label);
		fputc(',', out);
		jstext(out, m->help);
		fputs(m->caveat ? ",1" : "", out);
	}
	fputc(']', out);
}

static void put_list(const char *name, const struct intern *t, void (*put)(FILE *, const char *), FILE *out)
{
	fprintf(out, "\"%s\":[", name);
	for (size_t i = 0; i < t->nr; i++) {
		fputs(i ? "," : "", out);
		put(out, t->v[i]);
	}
	fputs("],\n", out);
}

void details_put_names(const struct site *s, FILE *out)
{
	fputs("\"metrics\":[", out);
	for (size_t i = 0; i < s->metrics.nr; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_metric(s, i, out);
	}
	fputs("],\n", out);
	put_list("ops", &s->ops, jstext, out);
	put_list("rows", &s->rows, jstext, out);
}
