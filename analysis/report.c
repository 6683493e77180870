/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report page. */
#include "analysis/report.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/html.h"
#include "base/alloc.h"

struct report {
	struct db		*db;
	const struct figures	*figures;
	FILE			*out;
	unsigned int		 pictures;	/* so far */
};

/* --- what was asked ---------------------------------------------------------------- */

static bool is_measured(const struct run *r)
{
	return strcmp(r->figures, "measured") == 0;
}

static char *group_title(const struct group *g)
{
	const struct run *r = &g->v[0];
	char clones[64] = "";

	if (r->clones > 1)
		snprintf(clones, sizeof(clones), ", %lld times the recorded vCPUs", (long long)r->clones);
	return xasprintf("%s%s%s%s%s", r->trace, clones, strcmp(r->pacing, "closed") ? ", pacing " : "",
			 strcmp(r->pacing, "closed") ? r->pacing : "", is_measured(r) ? ", real threads" : "");
}

static void put_question(const struct group *g, FILE *out)
{
	const struct run *r = &g->v[0];

	fputs("<p>What the MMU of this host went through (", out);
	html_printf(out, "%s, kernel %s", r->arch, r->kernel);
	fputs("), replayed ", out);
	if (r->clones > 1)
		fprintf(out, "%lld times over, on disjoint memory of the same VM and as many times the CPUs, ",
			(long long)r->clones);
	if (strcmp(r->time_scale, "1"))
		html_printf(out, "with recorded times multiplied by %s so that they are on the cost model's scale, ",
			    r->time_scale);
	html_printf(out, "with pacing %s, %s, under %zu polic%s.", r->pacing,
		    is_measured(r) ? "on real threads" : "in virtual time", g->nr, g->nr == 1 ? "y" : "ies");
	fputs("</p>\n", out);
}

/* The value of knob @name in run @id, or "". */
static int put_knob(struct report *p, const char *name, int64_t id, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(p->db, "SELECT value FROM knob WHERE run = ? AND name = ?", "knob", &st, e);

	if (rc)
		return rc;
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
	rc = db_step(p->db, st, e);
	fputs("<td>", p->out);
	html_text(p->out, rc == 1 ? db_text(st, 0) : "");
	fputs("</td>", p->out);
	sqlite3_finalize(st);
	return rc < 0 ? rc : 0;
}

/* The knobs in which the group's policies differ. */
static int put_knobs(struct report *p, const struct group *g, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(p->db, "SELECT name FROM knob JOIN temp.sel USING (run) GROUP BY name"
			    " HAVING count(DISTINCT value) > 1 OR count(*) < (SELECT count(*) FROM temp.sel) ORDER BY name",
			    "knob", &st, e);
	int rows = 0;

	while (!rc && (rc = db_step(p->db, st, e)) == 1) {
		rc = 0;
		if (!rows++) {
			fputs("<div class=\"wide\"><table><thead><tr><th>knob that differs</th>", p->out);
			for (size_t i = 0; i < g->nr; i++) {
				fputs("<th>", p->out);
				html_text(p->out, g->v[i].label);
				fputs("</th>", p->out);
			}
			fputs("</tr></thead><tbody>\n", p->out);
		}
		fputs("<tr><th><code>", p->out);
		html_text(p->out, db_text(st, 0));
		fputs("</code></th>", p->out);
		for (size_t i = 0; !rc && i < g->nr; i++)
			rc = put_knob(p, db_text(st, 0), g->v[i].id, e);
		fputs("</tr>\n", p->out);
	}
	sqlite3_finalize(st);
	if (rows)
		fputs("</tbody></table></div>\n", p->out);
	return rc;
}

/* --- pictures ---------------------------------------------------------------------- */

static int put_picture(struct report *p, const struct group *g, const struct figure *fig, struct err *e)
{
	char *svg = NULL;
	size_t len;
	int rc = figure_draw(p->db, p->figures, fig, g, FIGURE_SVG, &svg, &len, e);

	if (rc == 0) {
		fputs("<figure>\n", p->out);
		html_svg(p->out, svg, fig->about, ++p->pictures);
		fputs("<figcaption>", p->out);
		html_text(p->out, fig->about);
		fputs(".</figcaption>\n</figure>\n", p->out);
	} else if (rc == 1) {
		fputs("<p class=\"soft\">", p->out);
		html_printf(p->out, "%s: nothing was recorded.", fig->about);
		fputs("</p>\n", p->out);
		rc = 0;
	}
	free(svg);
	return rc;
}

/* --- what must be known ------------------------------------------------------------- */

static void put_item(FILE *out, const char *text)
{
	fputs("<li>", out);
	html_text(out, text);
	fputs("</li>\n", out);
}

/* One caveat the runs themselves noted: each run's value where it is not 0. */
static void put_noted(const struct table *t, const struct table_line *r, FILE *out)
{
	fputs("<li>", out);
	html_printf(out, "%s: %s (", r->label, r->caveat);
	for (size_t run = 0, nr = 0; run < t->group->nr; run++) {
		char text[48];

		if (!r->v[run].value)
			continue;
		report_quantity(r->unit, r->v[run].value, text, sizeof(text));
		html_printf(out, "%s%s: %s", nr++ ? ", " : "", t->group->v[run].label, text);
	}
	fputs(")", out);
	fputs("</li>\n", out);
}

static void put_skipped_kinds(const struct table *t, FILE *out)
{
	for (size_t i = 0; i < t->nr; i++) {
		const struct table_line *r = &t->v[i];

		if (r->kind != TABLE_METRIC || strncmp(r->a, "skipped.", 8) || !r->v[0].set)
			continue;
		fputs("<li>", out);
		html_printf(out, "skipped, %s: %lld", r->a + 8, (long long)r->v[0].value);
		fputs("</li>\n", out);
	}
}

/* How often the guest got round is the model's own doing; the recording has the other number. */
static void put_attempts(const struct table *t, FILE *out)
{
	struct table_cell recorded = table_cell(t, 0, TABLE_METRIC, "recorded", NULL, NULL);
	struct table_cell faults = table_cell(t, 0, TABLE_METRIC, "faults", NULL, NULL);

	if (!recorded.set || !faults.set || (faults.value <= 2 * recorded.value && recorded.value <= 2 * faults.value))
		return;
	fputs("<li>", out);
	html_printf(out, "Fault attempts under %s: %lld, where the recording has %lld. The cost model's faults are faster or "
		    "slower than the recorded host's, which changes how often one meets an open invalidation and is retried.",
		    t->group->v[0].label, (long long)faults.value, (long long)recorded.value);
	fputs("</li>\n", out);
}

static void put_caveats(const struct table *t, FILE *out)
{
	const struct group *g = t->group;
	const struct run *r = &g->v[0];

	fputs("<h3>Before believing it</h3>\n<ul>\n", out);
	if (is_measured(r))
		put_item(out, "Service, waits and holds are measured, on real threads and locks of the machine the replay ran "
			 "on; they are that machine's, not those of the host in the trace.");
	else
		put_item(out, "All times are modelled: a cost model charges virtual time for what the engine does, and queues "
			 "for locks and CPUs follow from that. Directions and ratios are meant, not nanoseconds.");
	if (!strcmp(r->pacing, "asap"))
		put_item(out, "Pacing asap: the guest does not think between its accesses, and the host does not pause between its "
			 "operations. Contention is the worst this order of events can give.");
	else
		put_item(out, "The guest's thinking between two accesses is as recorded, on the host of the trace. Where that "
			 "host was an emulated or a loaded one its pace is too, and contention follows the pace.");
	put_attempts(t, out);
	put_item(out, "A trace holds the guest's misses, not its hits. No access model was used: accesses that would fault "
		 "only under another policy are not added (their number stands in the table).");
	for (size_t i = 0; i < g->nr; i++) {
		if (*g->v[i].assumed) {
			fputs("<li>", out);
			html_printf(out, "%s: facts the trace lacks and --assume granted: %s", g->v[i].label, g->v[i].assumed);
			fputs("</li>\n", out);
		}
	}
	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].caveat && !t->v[i].extra)
			put_noted(t, &t->v[i], out);
	put_skipped_kinds(t, out);
	fputs("</ul>\n", out);
}

/* --- how to make it again ------------------------------------------------------------ */

static void put_text_block(const char *title, const char *text, FILE *out)
{
	fputs("<details><summary>", out);
	html_text(out, title);
	fputs("</summary><pre>", out);
	html_text(out, text);
	fputs("</pre></details>\n", out);
}

static void put_repeat(const struct group *g, FILE *out)
{
	fputs("<h3>To make it again</h3>\n<pre>", out);
	for (size_t i = 0; i < g->nr; i++)
		html_printf(out, "%s --db results.db\n", g->v[i].command);
	fputs("mmulab report results.db -o report.html</pre>\n<p class=\"soft\">", out);
	html_printf(out, "Trace hash %s. ", g->v[0].trace_hash);
	for (size_t i = 0; i < g->nr; i++)
		html_printf(out, "%sRun %lld: seed %llu, access %s, mmulab %s, stored %s.", i ? " " : "",
			    (long long)g->v[i].id, (unsigned long long)g->v[i].seed, g->v[i].access,
			    g->v[i].version, g->v[i].time);
	fputs("</p>\n", out);
	put_text_block("Cost model", g->v[0].costs_text, out);
	put_text_block("Host model", g->v[0].host_text, out);
	for (size_t i = 0; i < g->nr; i++) {
		char *title = xasprintf("Policy %s", g->v[i].label);

		put_text_block(title, g->v[i].policy_text, out);
		free(title);
	}
}

/* --- the page ------------------------------------------------------------------------- */

static void put_blame(const struct table *t, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < t->nr; i++)
		any |= t->v[i].kind == TABLE_BLAME;
	fputs("<h3>Who waited for whom</h3>\n", out);
	if (!any) {
		fputs("<p>Nobody waited for mmu_lock under any of these policies.</p>\n", out);
		return;
	}
	fputs("<p class=\"soft\">Time spent queued for mmu_lock, all tasks together, by what the queued task was doing (row) "
	      "and what held the lock meanwhile (column); guest: nobody's operation, as in the hand-over itself.</p>\n"
	      "<div class=\"blames\">\n", out);
	for (size_t run = 0; run < t->group->nr; run++)
		report_blame(t, run, out);
	fputs("</div>\n", out);
}

static int put_group(struct report *p, const struct group *g, struct err *e)
{
	struct table t;
	char *title = group_title(g);
	int rc = figures_group(p->db, g, e);

	fputs("<h2 id=\"", p->out);
	html_text(p->out, g->slug);
	fputs("\">", p->out);
	html_text(p->out, title);
	fputs("</h2>\n", p->out);
	free(title);
	if (!rc)
		rc = table_load(p->db, g, &t, e);
	if (rc)
		return rc;
	put_question(g, p->out);
	rc = put_knobs(p, g, e);
	report_answer(&t, p->out);
	fprintf(p->out, "<h3>In numbers</h3>\n");
	report_summary(&t, p->out);
	report_everything(&t, p->out);
	fputs("<h3>In pictures</h3>\n", p->out);
	for (size_t i = 0; !rc && i < p->figures->nr; i++)
		rc = put_picture(p, g, &p->figures->v[i], e);
	put_blame(&t, p->out);
	put_caveats(&t, p->out);
	put_repeat(g, p->out);
	table_fini(&t);
	return rc;
}

static void put_contents(const struct selection *runs, FILE *out)
{
	fputs("<ul>\n", out);
	for (size_t i = 0; i < runs->nr; i++) {
		char *title = group_title(&runs->v[i]);

		fputs("<li><a href=\"#", out);
		html_text(out, runs->v[i].slug);
		fputs("\">", out);
		html_text(out, title);
		fputs("</a>: ", out);
		for (size_t k = 0; k < runs->v[i].nr; k++)
			html_printf(out, "%s%s", k ? ", " : "", runs->v[i].v[k].label);
		fputs("</li>\n", out);
		free(title);
	}
	fputs("</ul>\n", out);
}

int report_write(struct db *db, const struct selection *runs, const struct figures *figures, FILE *out,
		 struct err *e)
{
	struct report p = { .db = db, .figures = figures, .out = out };
	int rc = 0;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>mmulab report</title>\n<style>\n", out);
	fputs(html_style, out);
	fputs("</style>\n</head>\n<body>\n<h1>What would the guest have felt?</h1>\n"
	      "<p>Traces of KVM hosts, replayed under other policies of the MMU. Within each section the first policy "
	      "is the one the others are held against; <span class=\"good\">green</span> is better for the guest, "
	      "<span class=\"bad\">orange</span> worse.</p>\n", out);
	put_contents(runs, out);
	for (size_t i = 0; !rc && i < runs->nr; i++)
		rc = put_group(&p, &runs->v[i], e);
	fputs("</body>\n</html>\n", out);
	return rc;
}
