/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report's large tables: every figure, and who waited for whom. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/report.h"
#include "result/result.h"

/* --- every figure -------------------------------------------------------------------- */

static void put_line(struct report *r, const struct table_line *line)
{
	struct scale scale = compare_scale(&r->table, line);
	struct doc *d = r->doc;

	doc_row(d, DOC_BODY);
	doc_cell(d, DOC_PLAIN, "%s%s%s", line->label + strspn(line->label, " "), *scale.unit ? ", " : "", report_unit(&scale));
	for (size_t run = 0; run < r->firsts.nr; run++) {
		char text[64], ratio[24] = "";

		scale_text(&scale, line->v[run].value, text, sizeof(text));
		doc_cell(d, DOC_PLAIN, "%s", line->v[run].set ? text : "-");
		if (!run)
			continue;
		if (line->v[0].set && line->v[run].set)
			ratio_text(line->v[run].value, line->v[0].value, ratio, sizeof(ratio));
		doc_cell(d, DOC_SOFT, "%s", ratio);
	}
}

void report_everything(struct report *r)
{
	struct doc *d = r->doc;

	doc_put(d, DOC_FOLD, DOC_PLAIN, r->firsts.nr < r->group->nr ? "All figures of the first seeds" : "All figures");
	doc_put(d, DOC_TABLE, DOC_PLAIN, "");
	doc_row(d, DOC_HEAD);
	doc_cell(d, DOC_PLAIN, "%s", "");
	for (size_t run = 0; run < r->firsts.nr; run++) {
		doc_cell(d, DOC_PLAIN, "%s", r->firsts.v[run].label);
		d->v[d->nr - 1].number = run ? 2 : 1;
	}
	for (size_t i = 0; i < r->table.nr; i++) {
		char *title;

		if (r->table.v[i].extra)
			continue;
		title = table_section(&r->table, i);
		if (title) {
			doc_row(d, DOC_SECTION);
			doc_cell(d, DOC_STRONG, "%s", title);
			d->v[d->nr - 1].number = (int)(2 * r->firsts.nr);
		}
		free(title);
		put_line(r, &r->table.v[i]);
	}
	doc_put(d, DOC_TABLE_END, DOC_PLAIN, "");
	doc_put(d, DOC_FOLD_END, DOC_PLAIN, "");
}

/* --- blame --------------------------------------------------------------------------- */

/* Does any run of the group have @op as waiter (or as holder)? */
static bool takes_part(const struct table *t, const char *op, bool as_waiter)
{
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].kind == TABLE_BLAME && !strcmp(as_waiter ? t->v[i].a : t->v[i].b, op))
			return true;
	return false;
}

/* The longest wait of all runs, so that one shade means one time throughout. */
static int64_t hottest(const struct table *t)
{
	int64_t most = 0;

	for (size_t i = 0; i < t->nr; i++)
		for (size_t run = 0; run < t->group->nr; run++)
			if (t->v[i].kind == TABLE_BLAME && !strcmp(t->v[i].c, "ns") && t->v[i].v[run].value > most)
				most = t->v[i].v[run].value;
	return most;
}

static void put_blame_cell(struct report *r, size_t run, const char *waiter, const char *holder, int64_t most)
{
	int64_t ns = table_cell(&r->table, run, TABLE_BLAME, waiter, holder, "ns").value;
	char text[32];

	if (!ns) {
		doc_cell(r->doc, DOC_SOFT, "-");
		return;
	}
	report_quantity("ns", ns, text, sizeof(text));
	doc_cell(r->doc, DOC_PLAIN, "%s", text);
	r->doc->v[r->doc->nr - 1].shade = most ? (int)(1000 * sqrt((double)ns / (double)most)) : 0;
}

static void put_matrix(struct report *r, size_t run, int64_t most)
{
	struct doc *d = r->doc;

	doc_put(d, DOC_TABLE, DOC_PLAIN, "");
	doc_row(d, DOC_HEAD);
	doc_cell(d, DOC_PLAIN, "%s", r->firsts.v[run].label);
	report_key(&d->v[d->nr - 1], run);
	for (int holder = 0; holder < RESULT_NR_OPS; holder++)
		if (takes_part(&r->table, result_op_name(holder), false))
			doc_cell(d, DOC_PLAIN, "%s", result_op_name(holder));
	for (int waiter = 0; waiter < RESULT_NR_OPS; waiter++) {
		if (!takes_part(&r->table, result_op_name(waiter), true))
			continue;
		doc_row(d, DOC_BODY);
		doc_cell(d, DOC_PLAIN, "%s waited for", result_op_name(waiter));
		for (int holder = 0; holder < RESULT_NR_OPS; holder++)
			if (takes_part(&r->table, result_op_name(holder), false))
				put_blame_cell(r, run, result_op_name(waiter), result_op_name(holder), most);
	}
	doc_put(d, DOC_TABLE_END, DOC_PLAIN, "");
}

void report_blame(struct report *r)
{
	int64_t most = hottest(&r->table);

	if (!most) {
		doc_heading(r->doc, 3, NULL, "Who waited for whom");
		doc_para(r->doc, DOC_PLAIN, "Nobody waited for mmu_lock under any of these policies.");
		return;
	}
	doc_put(r->doc, DOC_WIDE, DOC_PLAIN, "");
	doc_heading(r->doc, 3, NULL, "Who waited for whom");
	doc_para(r->doc, DOC_SOFT, "Time spent queued for mmu_lock, all tasks together, by what the queued task was doing "
		 "(row) and what held the lock meanwhile (column); guest: nobody's operation, as in the hand-over itself.");
	for (size_t run = 0; run < r->firsts.nr; run++)
		put_matrix(r, run, most);
	doc_put(r->doc, DOC_WIDE_END, DOC_PLAIN, "");
}
