/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From histograms to pictures: every figure draws and says what it draws, names
 * that mean something to gnuplot or HTML mean nothing there, and what stands in
 * a report is escaped.
 */
#include "analysis/figure.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/html.h"
#include "analysis/report.h"
#include "base/alloc.h"
#include "test/fake_result.h"
#include "test/table.h"

#define PLOTS "analysis/plots"

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	const char	*policy;	/* of the second run */
	uint32_t	 storm;		/* of both */
	const char	*figure;
	const char	*want, *never;
	int		 rc;
	int64_t		 value;
	uint64_t	 mapped;	/* bytes, of the runs drawn; there are smaller ones of other traces */
	unsigned int	 touches;	/* of both, by the access model */
	unsigned int	 clones;	/* of both; 0: 1 */
	bool		 published;	/* figures of both policies on hardware */
	unsigned int	 seeds;		/* of a sweep: runs for each of a knob's values */
};

static char path[64];

/* The same guest with less memory. */
static void store_smaller(struct store *s, struct fake f)
{
	static const char *const traces[] = { "U.mmt", "V.mmt" };
	struct err e = { 0 };
	int64_t id;

	for (unsigned int i = 0; i < 4; i++) {
		f.trace = traces[i / 2];
		f.policy = i % 2 ? "other" : "base";
		f.mapped >>= i % 2 ? 0 : 3;
		assert_int_equal(fake_store(s, &f, &id, &e), 0);
	}
}

/* One knob from 1 to 1000, with several seeds. */
static void store_sweep(struct store *s, struct fake f, unsigned int seeds)
{
	static const char *const knobs[][2] = {
		{ "x86-6.12 zap.obsolete_batch=1", "zap.obsolete_batch = 1\nfault.lock = read\n" },
		{ "x86-6.12 zap.obsolete_batch=10", "zap.obsolete_batch = 10\nfault.lock = read\n" },
		{ "x86-6.12 zap.obsolete_batch=1000", "zap.obsolete_batch = 1000\nfault.lock = read\n" },
	};
	struct err e = { 0 };
	int64_t id;

	f.accesses = 300;
	for (unsigned int i = 0; i < ARRAY_SIZE(knobs); i++) {
		f.policy = knobs[i][0];
		f.knob = knobs[i][1];
		for (f.seed = 1; f.seed <= seeds; f.seed++)
			assert_int_equal(fake_store(s, &f, &id, &e), 0);
	}
}

/* What somebody else's hardware did under the same two policies; half the stall under the second. */
static void store_published(struct store *s, struct fake f)
{
	struct store_run run;
	struct err e = { 0 };
	int64_t id;

	for (unsigned int i = 0; i < 2; i++) {
		struct result r;

		fake_run(&run, &f);
		run.trace = run.trace_hash = "dirty_log_perf_test";
		run.runtime = "hardware";
		run.figures = "published";
		run.origin = "selftest";
		run.policy = i ? "other" : "base";
		result_init(&r);
		result_metric(&r, "stall", "ns", i ? 500 : 1000);
		assert_int_equal(store_run(s, &run, &r, &id, &e), 0);
		result_fini(&r);
	}
}

static void make_db(const struct row *row)
{
	struct fake f = { .trace = "T.mmt", .policy = "base", .runtime = "vtime", .seed = 1,
			  .clones = row->clones ? row->clones : 1, .touches = row->touches,
			  .accesses = 15000, .storm = row->storm, .storm_ns = 90000, .mapped = row->mapped };
	struct store *s = NULL;
	struct err e = { 0 };
	int64_t id;

	snprintf(path, sizeof(path), "/tmp/mmulab-picture-XXXXXX");
	close(mkstemp(path));
	assert_int_equal(store_open(path, &s, &e), 0);
	if (row->seeds) {
		store_sweep(s, f, row->seeds);
		store_close(s);
		return;
	}
	assert_int_equal(fake_store(s, &f, &id, &e), 0);
	f.policy = row->policy ? row->policy : "other";
	f.storm = 0;
	assert_int_equal(fake_store(s, &f, &id, &e), 0);
	if (row->mapped)
		store_smaller(s, f);
	if (row->published)
		store_published(s, f);
	store_close(s);
}

struct lab {
	struct db		 db;
	struct selection	 runs;
	struct figures		 figures;
};

static void lab_open(struct lab *l, const struct row *row)
{
	struct select_rule all = { 0 };
	struct err e = { 0 };

	*l = (struct lab){ 0 };
	make_db(row);
	assert_int_equal(db_open(path, &l->db, &e), 0);
	assert_int_equal(select_runs(&l->db, &all, &l->runs, &e), 0);
	assert_int_equal(figures_open(PLOTS, &l->figures, &e), 0);
	assert_int_equal(figures_group(&l->db, &l->runs.v[0], &e), 0);
}

static void lab_close(struct lab *l)
{
	figures_close(&l->figures);
	selection_fini(&l->runs);
	db_close(&l->db);
	unlink(path);
}

/* --- rows ------------------------------------------------------------------------- */

/* The table that queries see holds what the histogram held. */
static void buckets(const struct row *row)
{
	struct lab l;
	struct err e = { 0 };
	sqlite3_stmt *st;

	lab_open(&l, row);
	assert_int_equal(db_prepare(&l.db, row->want, "test", &st, &e), 0);
	assert_int_equal(db_step(&l.db, st, &e), 1);
	assert_int_equal(sqlite3_column_int64(st, 0), row->value);
	sqlite3_finalize(st);
	lab_close(&l);
}

static void draws(const struct row *row)
{
	struct lab l;
	struct err e = { 0 };
	char *out = NULL;
	size_t len = 0;
	const struct figure *fig;

	lab_open(&l, row);
	fig = figures_find(&l.figures, row->figure);
	assert_non_null(fig);
	assert_int_equal(figure_draw(&l.db, &l.figures, fig, &l.runs.v[0], FIGURE_SVG, &out, &len, &e), row->rc);
	if (!row->rc) {
		assert_int_equal(strlen(out), len);
		assert_non_null(strstr(out, "</svg>"));
		assert_true(row->mapped || strstr(out, "T.mmt"));
		assert_non_null(strstr(out, "modelled, virtual time"));
		assert_non_null(strstr(out, row->want));
		assert_true(!row->never || !strstr(out, row->never));
	}
	free(out);
	lab_close(&l);
}

static void draws_png(const struct row *row)
{
	struct lab l;
	struct err e = { 0 };
	char *out = NULL;
	size_t len = 0;

	lab_open(&l, row);
	assert_int_equal(figure_draw(&l.db, &l.figures, figures_find(&l.figures, row->figure), &l.runs.v[0], FIGURE_PNG,
				     &out, &len, &e), 0);
	assert_true(len > 5000);
	assert_memory_equal(out, "\x89PNG\r\n\x1a\n", 8);
	assert_memory_equal(out + len - 8, "IEND", 4);
	free(out);
	lab_close(&l);
}

static void draws_twice(const struct row *row)
{
	struct lab l;
	struct err e = { 0 };
	char *one, *two;
	size_t len_one, len_two;

	lab_open(&l, row);
	for (size_t i = 0; i < l.figures.nr; i++) {
		int rc = figure_draw(&l.db, &l.figures, &l.figures.v[i], &l.runs.v[0], FIGURE_SVG, &one, &len_one, &e);

		if (rc == 1)		/* nothing to draw */
			continue;
		assert_int_equal(rc, 0);
		assert_int_equal(figure_draw(&l.db, &l.figures, &l.figures.v[i], &l.runs.v[0], FIGURE_SVG, &two,
					     &len_two, &e), 0);
		assert_int_equal(len_one, len_two);
		assert_memory_equal(one, two, len_one);
		free(one);
		free(two);
	}
	lab_close(&l);
}

/* Without gnuplot: one line that says what to install. */
static void no_gnuplot(const struct row *row)
{
	struct lab l;
	struct err e = { 0 };
	char *out = NULL, *old = xstrdup(getenv("PATH"));
	size_t len;

	lab_open(&l, row);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(figure_draw(&l.db, &l.figures, &l.figures.v[0], &l.runs.v[0], FIGURE_SVG, &out, &len, &e),
			 -ERR_MACHINE);
	setenv("PATH", old, 1);
	assert_non_null(strstr(e.text, "apt-get install gnuplot-nox"));
	assert_null(out);
	free(old);
	lab_close(&l);
}

static void no_templates(const struct row *row)
{
	struct figures f = { 0 };
	struct err e = { 0 };

	assert_int_equal(figures_open(row->figure, &f, &e), -row->value);
	assert_non_null(strstr(e.text, row->want));
}

static void write_text(const char *dir, const char *name, const char *text)
{
	char *file = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(file);
}

/* A figure of its own: @figure is its template, @policy its query. */
static void own_figure(const struct row *row)
{
	char dir[] = "/tmp/mmulab-plots-XXXXXX", *plots, *sql, *rm, *out = NULL;
	struct figures mine = { 0 };
	struct row plain = *row;
	struct err e = { 0 };
	struct lab l;
	size_t len;

	plain.policy = NULL;
	lab_open(&l, &plain);
	assert_non_null(mkdtemp(dir));
	plots = xasprintf("%s/plots", dir);
	sql = xasprintf("%s/sql", dir);
	assert_int_equal(mkdir(plots, 0777) | mkdir(sql, 0777), 0);
	write_text(plots, "common.gp", "");
	write_text(plots, "mine.gp", row->figure);
	write_text(sql, "mine.sql", row->policy);
	if (!figures_open(plots, &mine, &e))
		assert_int_equal(figure_draw(&l.db, &mine, &mine.v[0], &l.runs.v[0], FIGURE_SVG, &out, &len, &e),
				 row->rc);
	figures_close(&mine);
	rm = xasprintf("rm -r %s", dir);
	assert_int_equal(system(rm), 0);
	assert_non_null(strstr(row->rc ? e.text : out, row->want));
	free(rm);
	free(out);
	free(plots);
	free(sql);
	lab_close(&l);
}

static void damaged_blob(const struct row *row)
{
	struct select_rule all = { 0 };
	struct selection runs = { 0 };
	struct db db = { 0 };
	struct err e = { 0 };
	sqlite3 *raw;

	make_db(row);
	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, "UPDATE hist SET blob = substr(blob, 1, 20) WHERE run = 2 AND op = 'access'"
				      " AND phase = 'total'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(raw);
	assert_int_equal(db_open(path, &db, &e), 0);
	assert_int_equal(select_runs(&db, &all, &runs, &e), 0);
	assert_int_equal(figures_group(&db, &runs.v[0], &e), -ERR_INPUT);
	assert_non_null(strstr(e.text, "access, total of run 2 is damaged"));
	selection_fini(&runs);
	db_close(&db);
	unlink(path);
}

static char *page(struct lab *l)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct doc d;

	assert_int_equal(report_make(&l->db, &l->runs, &l->figures, &d, &e), 0);
	doc_html(&d, out);
	doc_fini(&d);
	fclose(out);
	return text;
}

static void reports(const struct row *row)
{
	struct lab l;
	char *text;

	lab_open(&l, row);
	text = page(&l);
	assert_non_null(strstr(text, "</html>"));
	if (row->want)
		assert_non_null(strstr(text, row->want));
	if (row->never)
		assert_null(strstr(text, row->never));
	free(text);
	lab_close(&l);
}

static void reports_twice(const struct row *row)
{
	struct lab l;
	char *one, *two;

	lab_open(&l, row);
	one = page(&l);
	two = page(&l);
	assert_string_equal(one, two);
	free(one);
	free(two);
	lab_close(&l);
}

static void inlines(const struct row *row)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	html_svg(out, "<?xml?><svg width=\"9\" viewBox=\"0 0 9 9\" xmlns=\"http://x\"><title>t</title><desc>d</desc>"
		 "<g id=\"a\"><use xlink:href='#a'/><p fill='url(#a)' c='#0072B2'/></g></svg>\n", "a \"b\"", 3);
	fclose(out);
	assert_string_equal(text, "<svg viewBox=\"0 0 9 9\" role=\"img\" aria-label=\"a &quot;b&quot;\">"
			    "<g id=\"p3-a\"><use xlink:href='#p3-a'/><p fill='url(#p3-a)' c='#0072B2'/></g></svg>\n");
	free(text);
}

static void check(const void *row)
{
	((const struct row *)row)->check(row);
}

static const struct row rows[] = {
	{ .name = "all records are in buckets", .check = buckets, .storm = 50, .value = 15000,
	  .want = "SELECT sum(n) FROM bucket WHERE run = 1 AND op = 'access' AND phase = 'total'" },
	{ .name = "the last bucket is up to all", .check = buckets, .storm = 50, .value = 1,
	  .want = "SELECT upto = total AND hi = max_ns FROM bucket JOIN latency USING (run, op, phase) WHERE run = 1"
		  " AND op = 'access' AND phase = 'total' ORDER BY hi DESC LIMIT 1" },
	{ .name = "at most 64 buckets per power of two", .check = buckets, .storm = 50, .value = 1,
	  .want = "SELECT max(n) <= 64 FROM (SELECT count(*) AS n FROM bucket WHERE hi > 0 GROUP BY run, op, phase,"
		  " CAST(log2(hi) AS INTEGER))" },
	{ .name = "runs are named", .check = buckets, .storm = 50, .value = 1,
	  .want = "SELECT count(*) FROM sel WHERE pos = 2 AND label = 'other'" },

	{ .name = "stall", .check = draws, .figure = "stall", .storm = 50, .want = "lock wait" },
	{ .name = "retries", .check = draws, .figure = "retries", .storm = 50, .want = "only the key covers it" },
	{ .name = "access-cdf", .check = draws, .figure = "access-cdf", .storm = 50, .want = "other" },
	{ .name = "access-tail", .check = draws, .figure = "access-tail", .storm = 50, .want = "1 in 1 000" },
	{ .name = "wait-cdf", .check = draws, .figure = "wait-cdf", .storm = 50, .want = "100 %" },
	{ .name = "wait-tail", .check = draws, .figure = "wait-tail", .storm = 50, .want = "other" },
	{ .name = "access-time", .check = draws, .figure = "access-time", .storm = 50, .want = "time of the run, ms" },
	{ .name = "wait-time", .check = draws, .figure = "wait-time", .storm = 50, .want = "other" },
	{ .name = "blame", .check = draws, .figure = "blame", .storm = 50, .want = "access waited for age" },
	{ .name = "access-heat", .check = draws, .figure = "access-heat", .storm = 50, .want = "data:image/png;base64" },
	{ .name = "its darkest cell is told", .check = draws, .figure = "access-heat", .want = "darkest: 64 in one cell" },
	{ .name = "its cells have edges", .check = draws, .figure = "access-heat", .want = "image-rendering='pixelated'" },
	{ .name = "invalidate-heat of nothing is not drawn", .check = draws, .figure = "invalidate-heat", .rc = 1 },
	{ .name = "lock-time", .check = draws, .figure = "lock-time", .storm = 50, .want = "tasks waiting | tasks holding" },
	{ .name = "lock-time names operations", .check = draws, .figure = "lock-time", .want = "<text>access</text>", .never = "<text>age</text>" },
	{ .name = "ops-cdf", .check = draws, .figure = "ops-cdf", .want = "<text>age</text>", .never = "<text>access</text>" },
	{ .name = "ops-tail", .check = draws, .figure = "ops-tail", .want = ">10 %<" },
	{ .name = "stall-vcpu", .check = draws, .figure = "stall-vcpu", .storm = 50, .want = "dark: queued for mmu_lock" },
	{ .name = "stall-vcpu of many has several in a bar", .check = draws, .figure = "stall-vcpu", .clones = 256,
	  .want = "each bar is the mean of 16 of them" },
	{ .name = "stall-vcpu of a few has one", .check = draws, .figure = "stall-vcpu", .clones = 16, .want = "<text>vCPU</text>" },
	{ .name = "windows", .check = draws, .figure = "windows", .want = "from the start's begin" },
	{ .name = "yields", .check = draws, .figure = "yields", .want = "381 µs, 17 yields" },
	{ .name = "refault", .check = draws, .figure = "refault", .touches = 40, .want = "taken away, 320 times" },
	{ .name = "refault says what comes back", .check = draws, .figure = "refault", .touches = 40, .want = ">12 %<",
	  .never = "made old, " },
	{ .name = "refault without an access model is nothing", .check = draws, .figure = "refault", .rc = 1 },
	{ .name = "blame-matrix", .check = draws, .figure = "blame-matrix", .storm = 50, .want = "row waited for column" },
	{ .name = "matrix", .check = draws, .figure = "matrix", .storm = 50, .want = "2.5 ms" },
	{ .name = "matrix has ratios", .check = draws, .figure = "matrix", .want = "1.00x" },
	{ .name = "published", .check = draws, .figure = "published", .published = true, .want = "stall, other (dirty_log_perf_test)" },
	{ .name = "published has their ratio", .check = draws, .figure = "published", .published = true, .want = ">0.5x<" },
	{ .name = "nothing published is nothing", .check = draws, .figure = "published", .rc = 1 },
	{ .name = "sweep", .check = draws, .figure = "sweep", .seeds = 3, .want = "the least and the most of 3 seeds" },
	{ .name = "sweep by the knob's values", .check = draws, .figure = "sweep", .seeds = 2, .want = ">1000</tspan>" },
	{ .name = "sweep of one seed has no band", .check = draws, .figure = "sweep", .seeds = 1, .want = "zap.obsolete_batch",
	  .never = "seeds" },
	{ .name = "sweep of no knob is nothing", .check = draws, .figure = "sweep", .rc = 1 },
	{ .name = "of many runs those that can be told apart are drawn", .check = draws, .figure = "stall", .seeds = 4,
	  .want = "; 3 of 12 runs drawn" },
	{ .name = "zap-growth", .check = draws, .figure = "zap-growth", .storm = 50, .mapped = 1ULL << 40, .want = "128 GiB" },
	{ .name = "zap-growth is headed by what its traces share", .check = draws, .figure = "zap-growth", .storm = 50,
	  .mapped = 1ULL << 40, .want = "in nothing but their memory", .never = "T.mmt" },
	{ .name = "zap-growth of one size is nothing", .check = draws, .figure = "zap-growth", .storm = 50, .rc = 1 },
	{ .name = "a policy named like a shell command is only a name", .check = draws, .figure = "access-cdf",
	  .policy = "a`touch /tmp/x`'\"\\n", .want = "a_touch /tmp/x____n" },
	{ .name = "a policy named like enhanced text is only a name", .check = draws, .figure = "access-cdf",
	  .policy = "a_b{c}^d@e", .want = "a_b{c}^d@e" },
	{ .name = "a policy named like a tag is escaped in the picture", .check = draws, .figure = "blame",
	  .policy = "<script>&", .want = "&lt;script>&amp;", .never = "<script>" },
	{ .name = "a very long name", .check = draws, .figure = "access-cdf",
	  .policy = "x86-6.12 fault.lock=write age.lock=lockless zap.range=tables fault.huge_split=in-place flush.batch=per-op",
	  .want = "flush.batch=per-op" },
	{ .name = "PNG", .check = draws_png, .figure = "access-time", .storm = 50 },
	{ .name = "the same data give the same pictures", .check = draws_twice, .storm = 50 },
	{ .name = "gnuplot is missing", .check = no_gnuplot },
	{ .name = "the templates' folder is missing", .check = no_templates, .figure = "/nowhere", .value = ERR_INPUT,
	  .want = "/nowhere" },
	{ .name = "no templates in the folder", .check = no_templates, .figure = "analysis/sql", .value = ERR_MACHINE,
	  .want = "no templates" },
	{ .name = "a new figure is a query and a template", .check = own_figure, .want = "</svg>",
	  .figure = "#\n# 1: mine\nplot $data using 1:2\n", .policy = "SELECT 1, 'a', 2, 3" },
	{ .name = "a template's mistake is told with its line", .check = own_figure, .rc = -ERR_MACHINE, .want = "line 3",
	  .figure = "#\n# 1: mine\nplto $data using 1:2\n", .policy = "SELECT 1, 'a', 2, 3" },
	{ .name = "a query's mistake is told", .check = own_figure, .rc = -ERR_INPUT, .want = "no such table: nowhere",
	  .figure = "#\n# 1: mine\nplot $data using 1:2\n", .policy = "SELECT * FROM nowhere" },
	{ .name = "a query without rows draws nothing", .check = own_figure, .rc = 1, .want = "",
	  .figure = "#\n# 1: mine\nplot $data using 1:2\n", .policy = "SELECT 1, 'a', 2, 3 WHERE 0" },
	{ .name = "a template that does not say what it shows", .check = own_figure, .rc = 1, .want = "mine.gp:2",
	  .figure = "plot x\nplot y\n", .policy = "SELECT 1, 'a', 2, 3" },
	{ .name = "a damaged histogram is named", .check = damaged_blob },

	{ .name = "a report answers", .check = reports, .storm = 50, .want = "<strong>other</strong> against base: stall per vCPU" },
	{ .name = "a report says who waited", .check = reports, .storm = 50, .want = "access waited for age" },
	{ .name = "a report says how to repeat it", .check = reports, .storm = 50, .want = "mmulab replay T.mmt -p x86-6.12" },
	{ .name = "a report says what is modelled", .check = reports, .storm = 50, .want = "All times are modelled" },
	{ .name = "a report loads nothing", .check = reports, .storm = 50, .never = "http" },
	{ .name = "a report escapes", .check = reports, .policy = "<script>alert('x')</script>", .never = "<script" },
	{ .name = "a report says how sure it is", .check = reports, .storm = 50, .want = "sure, large" },
	{ .name = "seeds are one column", .check = reports, .seeds = 4, .want = "All figures of the first seeds" },
	{ .name = "and one configuration", .check = reports, .seeds = 4, .want = "zap.obsolete_batch=10, 4 seeds" },
	{ .name = "a report says that it knows nothing of the trace", .check = reports, .want = "mmulab verify --db" },
	{ .name = "the same database gives the same report", .check = reports_twice, .storm = 50 },
	{ .name = "a picture's ids become the page's", .check = inlines },
};

int main(void)
{
	return table_run("picture", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
