/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report's tables, and the sentences that say what stands in them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/html.h"
#include "analysis/report.h"
#include "result/result.h"

/* Differences below this are not coloured. */
#define NOTEWORTHY 0.02

void report_quantity(const char *unit, int64_t value, char *buf, size_t size)
{
	char text[48];
	size_t len;

	quantity_text(unit, value, text, sizeof(text));
	len = strlen(text);
	if (len > 3 && !strcmp(text + len - 3, " us"))
		snprintf(buf, size, "%.*sµs", (int)len - 2, text);
	else
		snprintf(buf, size, "%s", text);
}

/* --- a value and its ratio ------------------------------------------------------- */

static const char *verdict(const struct table_line *r, size_t run)
{
	double first = (double)r->v[0].value, change;

	if (!run || !r->better || !r->v[0].set || !r->v[run].set || r->v[0].value == r->v[run].value)
		return "r";
	change = first ? (double)r->v[run].value / first - 1 : 1;
	if (fabs(change) < NOTEWORTHY)
		return "r";
	return (change > 0) == (r->better > 0) ? "good" : "bad";
}

static void put_cell(const struct table_line *r, const struct scale *s, size_t run, FILE *out)
{
	char text[64];

	if (!r->v[run].set) {
		fputs(run ? "<td>-</td><td></td>" : "<td>-</td>", out);
		return;
	}
	scale_text(s, r->v[run].value, text, sizeof(text));
	fprintf(out, "<td>%s</td>", text);
	if (!run)
		return;
	text[0] = '\0';
	if (r->v[0].set)
		ratio_text(r->v[run].value, r->v[0].value, text, sizeof(text));
	fprintf(out, "<td class=\"%s\">%s</td>", verdict(r, run), text);
}

static void put_row(const struct table *t, const struct table_line *r, const char *prefix, FILE *out)
{
	struct scale s = compare_scale(t, r);
	const char *unit = !strcmp(s.unit, "us") ? "µs" : s.unit;

	fputs("<tr><th>", out);
	html_printf(out, "%s%s%s%s", prefix, r->label + strspn(r->label, " "), *unit ? ", " : "", unit);
	fputs("</th>", out);
	for (size_t run = 0; run < t->group->nr; run++)
		put_cell(r, &s, run, out);
	fputs("</tr>\n", out);
}

static void put_head(const struct group *g, FILE *out)
{
	fputs("<div class=\"wide\"><table><thead><tr><th></th>", out);
	for (size_t i = 0; i < g->nr; i++) {
		fputs(i ? "<th colspan=\"2\">" : "<th>", out);
		html_text(out, g->v[i].label);
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
}

static void put_foot(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

/* --- the answer ------------------------------------------------------------------ */

/* ", access p99 0.12x (177 us to 21 us)" where both runs have it. */
static void put_change(const struct table *t, size_t run, const char *what, const struct table_line *r, FILE *out)
{
	char before[32], after[32], ratio[24];

	if (!r || !r->v[0].set || !r->v[run].set)
		return;
	report_quantity(r->unit, r->v[0].value, before, sizeof(before));
	report_quantity(r->unit, r->v[run].value, after, sizeof(after));
	ratio_text(r->v[run].value, r->v[0].value, ratio, sizeof(ratio));
	html_printf(out, "%s ", what);
	if (r->v[0].value == r->v[run].value) {
		html_printf(out, "unchanged (%s)", before);
		return;
	}
	fprintf(out, "<span class=\"%s\">", verdict(r, run));
	html_printf(out, "%s", strcmp(ratio, "-") ? ratio : "from nothing");
	fputs("</span>", out);
	html_printf(out, " (%s to %s)", before, after);
}

/* Where the waiting comes from: the pair that changed most. */
static const struct table_line *largest_change(const struct table *t, size_t run)
{
	const struct table_line *best = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < t->nr; i++) {
		const struct table_line *r = &t->v[i];
		int64_t change = r->v[run].value - r->v[0].value;

		if (r->kind != TABLE_BLAME || strcmp(r->c, "ns") || llabs(change) <= most)
			continue;
		most = llabs(change);
		best = r;
	}
	return best;
}

static void put_answer(const struct table *t, size_t run, FILE *out)
{
	const struct table_line *cause = largest_change(t, run);

	fputs("<p class=\"answer\"><strong>", out);
	html_text(out, t->group->v[run].label);
	fputs("</strong> against ", out);
	html_text(out, t->group->v[0].label);
	fputs(": ", out);
	put_change(t, run, "stall per vCPU", table_find(t, TABLE_METRIC, "stall", NULL, NULL), out);
	fputs(", ", out);
	put_change(t, run, "access p50", table_find(t, TABLE_LATENCY, "access", "total", "p50_ns"), out);
	fputs(", ", out);
	put_change(t, run, "access p99", table_find(t, TABLE_LATENCY, "access", "total", "p99_ns"), out);
	fputs(", ", out);
	put_change(t, run, "lock wait p99", table_find(t, TABLE_LATENCY, "access", "lock_wait", "p99_ns"), out);
	fputs(".", out);
	if (cause) {
		fputs(" What changed most in the queue for mmu_lock: ", out);
		put_change(t, run, cause->label, cause, out);
		fputs(".", out);
	}
	fputs("</p>\n", out);
}

void report_answer(const struct table *t, FILE *out)
{
	for (size_t run = 1; run < t->group->nr; run++)
		put_answer(t, run, out);
}

/* --- summary and everything --------------------------------------------------------- */

void report_summary(const struct table *t, FILE *out)
{
	static const char *const metrics[] = { "stall", "stall_share", "faults", "avoided", "added", "retries",
					       "flushes", "yields", "longest_stretch" };
	static const char *const columns[] = { "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns" };
	static const struct {
		const char *phase, *prefix;
	} phases[] = { { "total", "access " }, { "lock_wait", "lock wait " } };

	put_head(t->group, out);
	for (size_t i = 0; i < 2; i++) {
		const struct table_line *r = table_find(t, TABLE_METRIC, metrics[i], NULL, NULL);

		if (r)
			put_row(t, r, "", out);
	}
	for (size_t p = 0; p < ARRAY_SIZE(phases); p++) {
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
			const struct table_line *r = table_find(t, TABLE_LATENCY, "access", phases[p].phase, columns[i]);

			if (r)
				put_row(t, r, phases[p].prefix, out);
		}
	}
	for (size_t i = 2; i < ARRAY_SIZE(metrics); i++) {
		const struct table_line *r = table_find(t, TABLE_METRIC, metrics[i], NULL, NULL);

		if (r)
			put_row(t, r, "", out);
	}
	put_foot(out);
}

void report_everything(const struct table *t, FILE *out)
{
	fputs("<details><summary>All figures</summary>\n", out);
	put_head(t->group, out);
	for (size_t i = 0; i < t->nr; i++) {
		char *title;

		if (t->v[i].extra)
			continue;
		title = table_section(t, i);
		if (title) {
			fprintf(out, "<tr class=\"head\"><th colspan=\"%zu\">", 2 * t->group->nr);
			html_text(out, title);
			fputs("</th></tr>\n", out);
		}
		free(title);
		put_row(t, &t->v[i], "", out);
	}
	put_foot(out);
	fputs("</details>\n", out);
}

/* --- blame ----------------------------------------------------------------------------- */

/* Does any run of the group have @op as waiter (or as holder)? */
static bool takes_part(const struct table *t, const char *op, bool as_waiter)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].kind == TABLE_BLAME && !strcmp(as_waiter ? t->v[i].a : t->v[i].b, op))
			return true;
	return false;
}

/* The longest wait of all runs, so that one colour means one time throughout. */
static int64_t hottest(const struct table *t)
{
	int64_t most = 0;

	for (size_t i = 0; i < t->nr; i++)
		for (size_t run = 0; run < t->group->nr; run++)
			if (t->v[i].kind == TABLE_BLAME && !strcmp(t->v[i].c, "ns") && t->v[i].v[run].value > most)
				most = t->v[i].v[run].value;
	return most;
}

static void put_blame_cell(const struct table *t, size_t run, const char *waiter, const char *holder, FILE *out)
{
	int64_t ns = table_cell(t, run, TABLE_BLAME, waiter, holder, "ns").value;
	int64_t n = table_cell(t, run, TABLE_BLAME, waiter, holder, "n").value, most = hottest(t);
	char text[32];

	if (!ns && !n) {
		fputs("<td class=\"soft\">-</td>", out);
		return;
	}
	report_quantity("ns", ns, text, sizeof(text));
	fprintf(out, "<td style=\"background: rgba(var(--heat), %.3f)\" title=\"%lld times\">%s</td>",
		most ? 0.75 * sqrt((double)ns / (double)most) : 0.0, (long long)n, text);
}

void report_blame(const struct table *t, size_t run, FILE *out)
{
	fputs("<div class=\"wide\"><table class=\"blame\"><thead><tr><th>", out);
	html_text(out, t->group->v[run].label);
	fputs("</th>", out);
	for (int holder = 0; holder < RESULT_NR_OPS; holder++)
		if (takes_part(t, result_op_name(holder), false))
			fprintf(out, "<th>%s</th>", result_op_name(holder));
	fputs("</tr></thead><tbody>\n", out);
	for (int waiter = 0; waiter < RESULT_NR_OPS; waiter++) {
		if (!takes_part(t, result_op_name(waiter), true))
			continue;
		fprintf(out, "<tr><th>%s waited for</th>", result_op_name(waiter));
		for (int holder = 0; holder < RESULT_NR_OPS; holder++)
			if (takes_part(t, result_op_name(holder), false))
				put_blame_cell(t, run, result_op_name(waiter), result_op_name(holder), out);
		fputs("</tr>\n", out);
	}
	put_foot(out);
}
