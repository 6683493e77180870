/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From runs with known numbers to what a reader sees: which runs stand
 * together, what is written in which unit, and ratios.
 */
#include "analysis/compare.h"

#include <stdio.h>
#include <unistd.h>

#include "analysis/quantity.h"
#include "base/alloc.h"
#include "result/store.h"
#include "test/table.h"

struct made {			/* one run */
	const char	*trace, *policy, *runtime;
	uint64_t	 seed;
	unsigned int	 clones;
	int64_t		 stall_ns;
	uint64_t	 access_ns;	/* of each of 100 accesses but the last, which takes ten times that */
	uint64_t	 wait_age_ns;
};

static const struct made base_and_half[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 2000000, 4000, 500 },
	{ "a.mmt", "half", "vtime", 1, 1, 1000000, 2000, 0 },
};
static const struct made two_traces[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 1000, 10, 0 },	{ "b.mmt", "base", "vtime", 1, 1, 1000, 10, 0 },
	{ "a.mmt", "other", "vtime", 1, 1, 1000, 10, 0 },
};
static const struct made clones_apart[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 1000, 10, 0 },	{ "a.mmt", "base", "vtime", 1, 16, 1000, 10, 0 },
};
static const struct made runtimes_apart[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 1000, 10, 0 },	{ "a.mmt", "base", "threads", 1, 1, 1000, 10, 0 },
};
static const struct made repeated[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 3000, 10, 0 },	{ "a.mmt", "other", "vtime", 1, 1, 1000, 10, 0 },
	{ "a.mmt", "base", "vtime", 1, 1, 5000, 10, 0 },
};
static const struct made seeds[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 1000, 10, 0 },	{ "a.mmt", "base", "vtime", 2, 1, 1000, 10, 0 },
};

static const struct made two_seeds[] = {
	{ "a.mmt", "base", "vtime", 1, 1, 1900000, 4000, 500 },	{ "a.mmt", "base", "vtime", 2, 1, 2100000, 4000, 700 },
	{ "a.mmt", "half", "vtime", 1, 1, 950000, 2000, 0 },	{ "a.mmt", "half", "vtime", 2, 1, 1050000, 2000, 0 },
};

/* --- a database of them -------------------------------------------------------- */

static char path[64];

static void fill(struct result *r, const struct made *m)
{
	result_init(r);
	result_metric(r, "stall", "ns", m->stall_ns);
	result_metric(r, "stall.vm0.vcpu0", "ns", 1);
	result_metric(r, "skipped", "count", 0);
	hist_record_n(&r->hist[RESULT_ACCESS][PHASE_TOTAL], m->access_ns, 99);
	hist_record(&r->hist[RESULT_ACCESS][PHASE_TOTAL], 10 * m->access_ns);
	if (m->wait_age_ns)
		r->blame[RESULT_ACCESS][RESULT_AGE] = (struct result_blame){ m->wait_age_ns, 3 };
	r->blame[RESULT_AGE][RESULT_ACCESS] = (struct result_blame){ 100, 1 };
}

static void make_db(const struct made *runs, size_t nr)
{
	struct store *s = NULL;
	struct err e = { 0 };
	int64_t id;

	snprintf(path, sizeof(path), "/tmp/mmulab-compare-XXXXXX");
	close(mkstemp(path));
	assert_int_equal(store_open(path, &s, &e), 0);
	for (size_t i = 0; i < nr; i++) {
		const struct made *m = &runs[i];
		struct store_run run = {
			.trace = m->trace, .trace_hash = m->trace, .arch = "x86", .kernel = "6.12", .policy = m->policy,
			.policy_text = "", .costs_text = "", .host_text = "", .runtime = m->runtime, .pacing = "closed",
			.command = "c", .commit = "v", .seed = m->seed, .clones = m->clones, .assumed = "",
		};
		struct result r;

		fill(&r, m);
		assert_int_equal(store_run(s, &run, &r, &id, &e), 0);
		result_fini(&r);
	}
	store_close(s);
}

/* --- rows ------------------------------------------------------------------------- */

struct row {
	const char		*name;
	void			(*check)(const struct row *row);
	const struct made	*runs;
	size_t			 nr;
	struct select_rule	 rule;
	const char		*want;		/* "label|label;label": groups; or a line of the table */
	int			 fails;
	const char		*unit;
	int64_t			 value, first;
	enum table_kind		 kind;
	const char		*a, *b, *c;
};

#define RUNS(array) .runs = array, .nr = ARRAY_SIZE(array)

static char *groups_text(const struct selection *s)
{
	char *text = xstrdup(""), *longer;

	for (size_t g = 0; g < s->nr; g++) {
		for (size_t i = 0; i < s->v[g].nr; i++) {
			longer = xasprintf("%s%s%s", text, i ? "|" : g ? ";" : "", s->v[g].v[i].label);
			free(text);
			text = longer;
		}
	}
	return text;
}

static void selects(const struct row *row)
{
	struct selection s = { 0 };
	struct err e = { 0 };
	struct db db = { 0 };
	char *text;

	make_db(row->runs, row->nr);
	assert_int_equal(db_open(path, &db, &e), 0);
	assert_int_equal(select_runs(&db, &row->rule, &s, &e), -row->fails);
	if (row->fails) {
		assert_non_null(strstr(e.text, row->want));
	} else {
		text = groups_text(&s);
		assert_string_equal(text, row->want);
		free(text);
	}
	selection_fini(&s);
	db_close(&db);
	unlink(path);
}

/* The table of the first group. */
static void load(const struct row *row, struct db *db, struct selection *s, struct compare *c)
{
	struct err e = { 0 };

	make_db(row->runs, row->nr);
	assert_int_equal(db_open(path, db, &e), 0);
	assert_int_equal(select_runs(db, &row->rule, s, &e), 0);
	assert_int_equal(compare_load(db, &s->v[0], c, &e), 0);
}

static void unload(struct db *db, struct selection *s, struct compare *c)
{
	compare_fini(c);
	selection_fini(s);
	db_close(db);
	unlink(path);
}

/* @value is the last run's cell. */
static void cells(const struct row *row)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	struct compare c;
	struct table_cell cell;

	load(row, &db, &s, &c);
	cell = table_cell(&c.table, s.v[0].nr - 1, row->kind, row->a, row->b, row->c);
	assert_true(cell.set);
	assert_int_equal(cell.value, row->value);
	unload(&db, &s, &c);
}

/* The printed text has a line that, blanks squeezed, is @want. */
static void prints(const struct row *row)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	struct compare c;
	char *text = NULL, squeezed[256], *line, *rest;
	size_t len = 0, n;
	bool found = false;
	FILE *out;

	load(row, &db, &s, &c);
	out = open_memstream(&text, &len);
	compare_print(&c, out);
	fclose(out);
	for (rest = text; (line = strsep(&rest, "\n"));) {
		n = 0;
		for (; *line && n + 1 < sizeof(squeezed); line++)
			if (*line != ' ' || (n && squeezed[n - 1] != ' '))
				squeezed[n++] = *line;
		squeezed[n] = '\0';
		found |= !strcmp(squeezed, row->want);
	}
	assert_int_equal(found, !row->fails);
	free(text);
	unload(&db, &s, &c);
}

/* A path of keys and indices through the JSON ends at @value; null when @want says so. */
static void json(const struct row *row)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	struct compare c;
	json_t *root, *at;
	char *keys = xstrdup(row->a), *rest = keys, *key;

	load(row, &db, &s, &c);
	root = compare_json(&c);
	for (at = root; (key = strsep(&rest, "/")) && at;)
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
	assert_non_null(at);
	if (json_is_real(at))
		assert_true(json_real_value(at) * 1000 == (double)row->value);
	else if (json_is_string(at))
		assert_string_equal(json_string_value(at), row->want);
	else
		assert_int_equal(json_integer_value(at), row->value);
	json_decref(root);
	free(keys);
	unload(&db, &s, &c);
}

static void quantity(const struct row *row)
{
	char text[48];

	quantity_text(row->unit, row->value, text, sizeof(text));
	assert_string_equal(text, row->want);
}

static void ratio(const struct row *row)
{
	char text[48];

	ratio_text(row->value, row->first, text, sizeof(text));
	assert_string_equal(text, row->want);
}

static void check(const void *row)
{
	((const struct row *)row)->check(row);
}

#define LATENCY(column) .kind = TABLE_LATENCY, .a = "access", .b = "total", .c = column

static const char *const run_2_1[] = { "2", "1" }, *const run_9[] = { "9" }, *const run_word[] = { "newest" };
static const char *const only_other[] = { "oth*" };

static const struct row rows[] = {
	{ .name = "one group", .check = selects, RUNS(base_and_half), .want = "base|half" },
	{ .name = "traces stand apart", .check = selects, RUNS(two_traces), .want = "base|other;base" },
	{ .name = "the last trace is that of the newest run", .check = selects, RUNS(two_traces),
	  .rule = { .last = true }, .want = "base|other" },
	{ .name = "a trace by its stem", .check = selects, RUNS(two_traces), .rule = { .trace = "b" }, .want = "base" },
	{ .name = "a trace by pattern", .check = selects, RUNS(two_traces), .rule = { .trace = "?.mmt" },
	  .want = "base|other;base" },
	{ .name = "no such trace", .check = selects, RUNS(two_traces), .rule = { .trace = "c" },
	  .fails = ERR_INPUT, .want = "no such run; it has 3" },
	{ .name = "policies by pattern", .check = selects, RUNS(two_traces),
	  .rule = { .policies = only_other, .nr_policies = 1 }, .want = "other" },
	{ .name = "clones stand apart", .check = selects, RUNS(clones_apart), .want = "base;base" },
	{ .name = "modelled and measured stand apart", .check = selects, RUNS(runtimes_apart), .want = "base;base" },
	{ .name = "a repeated run keeps its place", .check = selects, RUNS(repeated), .want = "base|other" },
	{ .name = "seeds are named where they differ", .check = selects, RUNS(seeds), .want = "base, seed 1|base, seed 2" },
	{ .name = "runs by number, in the order given", .check = selects, RUNS(clones_apart),
	  .rule = { .runs = run_2_1, .nr_runs = 2 }, .want = "base, x16|base, x1" },
	{ .name = "no such number", .check = selects, RUNS(seeds), .rule = { .runs = run_9, .nr_runs = 1 },
	  .fails = ERR_INPUT, .want = "no run 9" },
	{ .name = "not a number", .check = selects, RUNS(seeds), .rule = { .runs = run_word, .nr_runs = 1 },
	  .fails = ERR_USAGE, .want = "newest" },

	{ .name = "the newest of repeated runs counts", .check = cells, RUNS(repeated),
	  .rule = { .policies = (const char *const[]){ "base" }, .nr_policies = 1 },
	  .kind = TABLE_METRIC, .a = "stall", .value = 5000 },
	{ .name = "p50", .check = cells, RUNS(base_and_half), LATENCY("p50_ns"), .value = 2000 },
	{ .name = "p99 is the 99th of 100", .check = cells, RUNS(base_and_half), LATENCY("p99_ns"), .value = 2000 },
	{ .name = "p99.9 is the last", .check = cells, RUNS(base_and_half), LATENCY("p999_ns"), .value = 20000 },
	{ .name = "max", .check = cells, RUNS(base_and_half), LATENCY("max_ns"), .value = 20000 },
	{ .name = "mean", .check = cells, RUNS(base_and_half), LATENCY("mean_ns"), .value = 2180 },
	{ .name = "who never waited waited 0 ns", .check = cells, RUNS(base_and_half), .kind = TABLE_BLAME,
	  .a = "access", .b = "age", .c = "ns", .value = 0 },

	{ .name = "stall with its ratio", .check = prints, RUNS(base_and_half), .want = "stall per vCPU, ms 2.000 1.000 0.50x" },
	{ .name = "p99.9 with its ratio", .check = prints, RUNS(base_and_half), .want = "p99.9, us 40.00 20.00 0.50x" },
	{ .name = "blame", .check = prints, RUNS(base_and_half), .want = "access waited for age, ns 500 0 0.00x" },
	{ .name = "details are left to JSON", .check = prints, RUNS(base_and_half),
	  .want = "stall.vm0.vcpu0, ns 1 1 1.00x", .fails = 1 },
	{ .name = "a caveat of 0 is none", .check = prints, RUNS(base_and_half), .want = "stimuli skipped 0 0 -", .fails = 1 },

	{ .name = "seeds of one policy are one column", .check = prints, RUNS(two_seeds),
	  .want = "[2] half (runs 3, 4, seeds 1, 2, access none)" },
	{ .name = "a metric's mean over them, sure by what they share", .check = prints, RUNS(two_seeds),
	  .want = "stall per vCPU, ms 2.000 1.000 0.50x!" },
	{ .name = "quantiles of what they recorded together", .check = prints, RUNS(two_seeds), .want = "p50, us 4.001 2.000 0.50x!" },
	{ .name = "who waited, over them", .check = prints, RUNS(two_seeds), .want = "access waited for age, ns 600 0 0.00x!" },
	{ .name = "one run each: quantiles only", .check = prints, RUNS(base_and_half), .want = "p50, us 4.001 2.000 0.50x!" },
	{ .name = "JSON: runs are there one by one", .check = json, RUNS(two_seeds), .a = "runs/3/metrics/stall/value",
	  .value = 1050000 },
	{ .name = "JSON: and side by side", .check = json, RUNS(two_seeds), .a = "sides/1/metrics/stall/ratio", .value = 500 },
	{ .name = "JSON: how sure", .check = json, RUNS(two_seeds), .a = "sides/1/metrics/stall/high", .value = 500 },
	{ .name = "JSON: of what", .check = json, RUNS(two_seeds), .a = "sides/1/latency/access/total/p50_ns/about",
	  .want = "schedules" },
	{ .name = "JSON: of one run", .check = json, RUNS(base_and_half), .a = "sides/1/latency/access/total/p50_ns/about",
	  .want = "operations" },
	{ .name = "JSON: of nothing", .check = json, RUNS(base_and_half), .a = "sides/1/metrics/stall/about", .want = "nothing" },
	{ .name = "JSON: metric", .check = json, RUNS(base_and_half), .a = "runs/1/metrics/stall/value", .value = 1000000 },
	{ .name = "JSON: ratio", .check = json, RUNS(base_and_half), .a = "runs/1/metrics/stall/ratio", .value = 500 },
	{ .name = "JSON: details are there", .check = json, RUNS(base_and_half),
	  .a = "runs/0/metrics/stall.vm0.vcpu0/value", .value = 1 },
	{ .name = "JSON: latency", .check = json, RUNS(base_and_half), .a = "runs/0/latency/access/total/max_ns", .value = 40000 },
	{ .name = "JSON: blame", .check = json, RUNS(base_and_half), .a = "runs/0/blame/0/n", .value = 3 },
	{ .name = "JSON: modelled", .check = json, RUNS(base_and_half), .a = "figures", .want = "modelled" },

	{ .name = "nanoseconds", .check = quantity, .unit = "ns", .value = 999, .want = "999 ns" },
	{ .name = "microseconds", .check = quantity, .unit = "ns", .value = 1234, .want = "1.23 us" },
	{ .name = "milliseconds", .check = quantity, .unit = "ns", .value = 45678901, .want = "45.7 ms" },
	{ .name = "seconds", .check = quantity, .unit = "ns", .value = 123456789012, .want = "123 s" },
	{ .name = "shares", .check = quantity, .unit = "ppm", .value = 123400, .want = "12.3 %" },
	{ .name = "bytes", .check = quantity, .unit = "bytes", .value = 1536, .want = "1.50 KiB" },
	{ .name = "counts", .check = quantity, .unit = "count", .value = 1234567, .want = "1234567" },
	{ .name = "nothing", .check = quantity, .unit = "ns", .value = 0, .want = "0 ns" },
	{ .name = "less than nothing", .check = quantity, .unit = "ns", .value = -1500, .want = "-1.50 us" },

	{ .name = "half", .check = ratio, .value = 1, .first = 2, .want = "0.50x" },
	{ .name = "much less", .check = ratio, .value = 1, .first = 50, .want = "0.020x" },
	{ .name = "much more", .check = ratio, .value = 123, .first = 10, .want = "12.3x" },
	{ .name = "far more", .check = ratio, .value = 12345, .first = 10, .want = "1234x" },
	{ .name = "to nothing", .check = ratio, .value = 0, .first = 10, .want = "0.00x" },
	{ .name = "from nothing", .check = ratio, .value = 5, .first = 0, .want = "-" },
};

int main(void)
{
	return table_run("compare", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
