/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The quantities every table of the dashboard can show. */
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard_site.h"
#include "analysis/jstext.h"
#include "base/alloc.h"
#include "result/metric.h"
#include "result/result.h"

/* Of what other programs measured (dirty_log_perf_test and its like), which metric.def does not know. */
#define MAX_OTHERS 40

static const char *const headlines[] = {
	"stall", "stall_share", "stall_max", "retries", "flushes", "window_max", "longest_stretch", "run", "bytes",
};

static const struct {
	enum result_op		 op;
	enum result_phase	 phase;
	int			 column;	/* after op and phase */
	const char		*name;
} latencies[] = {
	{ RESULT_ACCESS, PHASE_TOTAL, 3, "p50" },	{ RESULT_ACCESS, PHASE_TOTAL, 5, "p99" },
	{ RESULT_ACCESS, PHASE_TOTAL, 6, "p99.9" },	{ RESULT_ACCESS, PHASE_TOTAL, 7, "max" },
	{ RESULT_ACCESS, PHASE_LOCK_WAIT, 5, "p99" },	{ RESULT_INVALIDATE, PHASE_TOTAL, 5, "p99" },
	{ RESULT_AGE, PHASE_TOTAL, 5, "p99" },
};

static struct column *column_add(struct site *s, char *name, char *label, const char *unit, int better)
{
	struct column *c;

	s->columns = xreallocarray(s->columns, s->nr_columns + 1, sizeof(*s->columns));
	c = &s->columns[s->nr_columns++];
	*c = (struct column){ .name = name, .label = label, .unit = xstrdup(unit), .better = better };
	c->v = xreallocarray(NULL, s->nr, sizeof(*c->v));
	for (size_t i = 0; i < s->nr; i++)
		c->v[i] = SITE_UNSET;
	return c;
}

static void add_metric(struct site *s, const char *name)
{
	const struct metric *m = metric_find(name);

	column_add(s, xstrdup(name), xstrdup(m->label + strspn(m->label, " ")), m->unit, m->better);
}

/* "access p99", "access lock wait p99". */
static char *latency_label(size_t i)
{
	bool total = latencies[i].phase == PHASE_TOTAL;
	char *label = xasprintf("%s%s%s %s", result_op_name(latencies[i].op), total ? "" : " ",
				total ? "" : result_phase_name(latencies[i].phase), latencies[i].name);

	for (char *c = label; *c; c++)
		if (*c == '_')
			*c = ' ';
	return label;
}

/* The metrics, the latencies, others as they come. */
void columns_init(struct site *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(headlines); i++)
		add_metric(s, headlines[i]);
	for (size_t i = 0; i < ARRAY_SIZE(latencies); i++)
		column_add(s, xasprintf("%s.%s.%s", result_op_name(latencies[i].op), result_phase_name(latencies[i].phase),
					latencies[i].name), latency_label(i), "ns", -1);
}

void columns_fini(struct site *s)
{
	for (size_t i = 0; i < s->nr_columns; i++) {
		free(s->columns[i].name);
		free(s->columns[i].label);
		free(s->columns[i].unit);
		free(s->columns[i].v);
	}
	free(s->columns);
}

static void column_set(struct column *c, size_t run, int64_t value)
{
	c->v[run] = value;
	c->used = true;
}

/* The column of a metric not seen before, NULL when it has none. */
static struct column *find_column(struct site *s, const char *name, const char *unit)
{
	size_t fixed = ARRAY_SIZE(headlines) + ARRAY_SIZE(latencies);

	for (size_t i = 0; i < s->nr_columns; i++)
		if (!strcmp(s->columns[i].name, name))
			return &s->columns[i];
	if (metric_find(name) || strchr(name, '.') || s->nr_columns >= fixed + MAX_OTHERS)
		return NULL;
	return column_add(s, xstrdup(name), xstrdup(name), unit, 0);
}

bool columns_metric(struct site *s, size_t run, uint32_t metric, const char *unit, int64_t value)
{
	int *column;

	if (metric >= ARRAY_SIZE(s->column_of))
		return false;
	column = &s->column_of[metric];
	if (!*column) {
		struct column *c = find_column(s, s->metrics.v[metric], unit);

		*column = c ? (int)(c - s->columns) + 1 : -1;
	}
	if (*column > 0)
		column_set(&s->columns[*column - 1], run, value);
	return *column > 0;
}

void columns_latency(struct site *s, size_t run, sqlite3_stmt *st, int first)
{
	const char *op = db_text(st, first), *phase = db_text(st, first + 1);

	for (size_t i = 0; i < ARRAY_SIZE(latencies); i++)
		if (!strcmp(op, result_op_name(latencies[i].op)) &&
		    !strcmp(phase, result_phase_name(latencies[i].phase)))
			column_set(&s->columns[ARRAY_SIZE(headlines) + i], run,
				   sqlite3_column_int64(st, first + latencies[i].column));
}

static void put_values(const struct site *s, const struct column *c, FILE *out)
{
	fputc('[', out);
	for (size_t i = 0; i < s->nr; i++) {
		if (i)
			fputc(',', out);
		if (c->v[i] != SITE_UNSET)
			fprintf(out, "%lld", (long long)c->v[i]);
	}
	/* A hole at the end needs a comma of its own. */
	fputs(s->nr && c->v[s->nr - 1] == SITE_UNSET ? ",]" : "]", out);
}

void columns_put(const struct site *s, FILE *out)
{
	fputs("\"columns\":[", out);
	for (size_t i = 0, nr = 0; i < s->nr_columns; i++) {
		const struct column *c = &s->columns[i];

		if (!c->used)
			continue;
		fputs(nr++ ? ",\n{\"name\":" : "\n{\"name\":", out);
		jstext(out, c->name);
		fputs(",\"label\":", out);
		jstext(out, c->label);
		fputs(",\"unit\":", out);
		jstext(out, c->unit);
		fprintf(out, ",\"better\":%d,\"values\":", c->better);
		put_values(s, c, out);
		fputc('}', out);
	}
	fputs("],\n", out);
}
