/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: its sections, what was asked, and how to make it again. */
#include "analysis/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

bool report_is_measured(const struct run *r)
{
	return strcmp(r->figures, "modelled") != 0;
}

void report_key(struct doc_piece *cell, size_t side)
{
	cell->more = xasprintf("[%zu]", side + 1);
}

const char *report_unit(const struct scale *s)
{
	return strcmp(s->unit, "us") ? s->unit : "µs";
}

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

/* --- what was asked ---------------------------------------------------------------- */

static char *group_title(const struct group *g)
{
	const struct run *r = &g->v[0];
	char clones[64] = "";

	if (r->clones > 1)
		snprintf(clones, sizeof(clones), ", %lld times the recorded vCPUs", (long long)r->clones);
	return xasprintf("%s%s%s%s%s", r->trace, clones, strcmp(r->pacing, "closed") ? ", pacing " : "",
			 strcmp(r->pacing, "closed") ? r->pacing : "", !report_is_measured(r) ? "" : strcmp(r->origin, "selftest") ? ", real threads" : ", hardware");
}

/* Nobody asked: a test of the kernel's was run, here or elsewhere, and this is what it printed. */
static void put_test(struct report *p)
{
	const struct run *r = &p->group->v[0];

	doc_heading(p->doc, 3, NULL, "What was run");
	doc_para(p->doc, DOC_PLAIN, "%s of the kernel's KVM selftests, on real machines; what it printed:", r->trace);
	for (size_t i = 0; i < p->sides.nr; i++) {
		const struct side *side = &p->sides.v[i];

		r = side->run[0];
		doc_item(p->doc, "[%zu] %s: %s, kernel %s (%s)", i + 1, side->label, *r->arch ? r->arch : "architecture unknown",
			 *r->kernel ? r->kernel : "unknown", run_figures(r));
	}
}

static void put_question(struct report *p)
{
	const struct run *r = &p->group->v[0];
	struct doc *d = p->doc;

	if (!strcmp(r->origin, "selftest")) {
		put_test(p);
		return;
	}
	doc_heading(d, 3, NULL, "What was asked");
	doc_para(d, DOC_PLAIN, "What the MMU of this host went through (%s, kernel %s), replayed ", r->arch, r->kernel);
	if (r->clones > 1)
		doc_text(d, DOC_PLAIN, "%lld times over, on disjoint memory of the same VM and as many times the CPUs, ",
			 (long long)r->clones);
	if (strcmp(r->time_scale, "1"))
		doc_text(d, DOC_PLAIN, "with recorded times multiplied by %s so that they are on the cost model's scale, ",
			 r->time_scale);
	doc_text(d, DOC_PLAIN, "with pacing %s, %s, under %zu polic%s:", r->pacing,
		 report_is_measured(r) ? "on real threads" : "in virtual time", p->sides.nr, p->sides.nr == 1 ? "y" : "ies");
	for (size_t i = 0; i < p->sides.nr; i++) {
		const struct side *side = &p->sides.v[i];

		doc_item(d, "[%zu] %s", i + 1, side->label);
		if (side->nr > 1)
			doc_text(d, DOC_PLAIN, ", %zu seeds", side->nr);
	}
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
	doc_cell(p->doc, DOC_PLAIN, "%s", rc == 1 ? db_text(st, 0) : "");
	sqlite3_finalize(st);
	return rc < 0 ? rc : 0;
}

static void begin_knobs(struct report *p)
{
	doc_put(p->doc, DOC_TABLE, DOC_PLAIN, "");
	doc_row(p->doc, DOC_HEAD);
	doc_cell(p->doc, DOC_PLAIN, "knob that differs");
	for (size_t i = 0; i < p->sides.nr; i++) {
		doc_cell(p->doc, DOC_PLAIN, "%s", p->sides.v[i].label);
		report_key(&p->doc->v[p->doc->nr - 1], i);
	}
}

/* The knobs in which the group's policies differ. */
static int put_knobs(struct report *p, struct err *e)
{
	sqlite3_stmt *st;
	int rc = db_prepare(p->db, "SELECT name FROM knob JOIN temp.every USING (run) GROUP BY name"
			    " HAVING count(DISTINCT value) > 1 OR count(*) < (SELECT count(*) FROM temp.every) ORDER BY name",
			    "knob", &st, e);
	int rows = 0;

	while (!rc && (rc = db_step(p->db, st, e)) == 1) {
		rc = 0;
		if (!rows++)
			begin_knobs(p);
		doc_row(p->doc, DOC_BODY);
		doc_cell(p->doc, DOC_CODE, "%s", db_text(st, 0));
		for (size_t i = 0; !rc && i < p->sides.nr; i++)
			rc = put_knob(p, db_text(st, 0), p->sides.v[i].run[0]->id, e);
	}
	sqlite3_finalize(st);
	if (rows)
		doc_put(p->doc, DOC_TABLE_END, DOC_PLAIN, "");
	return rc;
}

/* --- pictures ---------------------------------------------------------------------- */

/* Return: 0, 1 when there was nothing to draw, or an error. */
static int put_picture(struct report *p, const struct figure *fig, struct err *e)
{
	char *svg = NULL, *name;
	size_t len;
	int rc = figure_draw(p->db, p->figures, fig, p->group, FIGURE_SVG, &svg, &len, e);

	if (rc)
		return rc;
	name = xasprintf("%s-%s", p->group->slug ? p->group->slug : "runs", fig->name);
	doc_picture(p->doc, name, fig->about, svg);
	free(name);
	return 0;
}

static int put_pictures(struct report *p, struct err *e)
{
	char *missing = xstrdup("");
	int rc = 0;

	doc_heading(p->doc, 3, NULL, "In pictures");
	for (size_t i = 0; rc >= 0 && i < p->figures->nr; i++) {
		char *longer;

		rc = put_picture(p, &p->figures->v[i], e);
		if (rc != 1)
			continue;
		longer = xasprintf("%s%s%s", missing, *missing ? ", " : "", p->figures->v[i].name);
		free(missing);
		missing = longer;
	}
	if (rc >= 0 && *missing)
		doc_para(p->doc, DOC_SOFT, "These runs have nothing for: %s (mmulab plot --list says what these show).", missing);
	free(missing);
	return rc < 0 ? rc : 0;
}

/* --- how to make it again ------------------------------------------------------------ */

static void put_file(struct doc *d, const char *title, const char *text)
{
	doc_put(d, DOC_FOLD, DOC_PLAIN, title);
	doc_put(d, DOC_LINES, DOC_PLAIN, text);
	doc_put(d, DOC_FOLD_END, DOC_PLAIN, "");
}

static bool said_before(const struct group *g, size_t i)
{
	for (size_t before = 0; before < i; before++)
		if (!strcmp(g->v[before].command, g->v[i].command))
			return true;
	return false;
}

static void put_commands(struct report *p)
{
	const struct group *g = p->group;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < g->nr; i++)
		if (!said_before(g, i))
			fprintf(out, "%s%s\n", g->v[i].command, strstr(g->v[i].command, "--db ") ? "" : " --db results.db");
	fputs("mmulab report results.db -o report.html\n", out);
	fclose(out);
	doc_put(p->doc, DOC_COMMANDS, DOC_PLAIN, text);
	free(text);
}

static void put_repeat(struct report *p)
{
	const struct group *g = p->group;
	struct doc *d = p->doc;

	doc_heading(d, 3, NULL, "To make it again");
	put_commands(p);
	doc_para(d, DOC_SOFT, "Trace hash %s.", g->v[0].trace_hash);
	for (size_t i = 0; i < g->nr; i++)
		doc_text(d, DOC_PLAIN, " Run %lld: seed %llu, access %s, mmulab %s, stored %s.", (long long)g->v[i].id,
			 (unsigned long long)g->v[i].seed, g->v[i].access, g->v[i].version, g->v[i].time);
	put_file(d, "Cost model", g->v[0].costs_text);
	put_file(d, "Host model", g->v[0].host_text);
	for (size_t i = 0; i < p->sides.nr; i++) {
		char *title = xasprintf("Policy %s", p->sides.v[i].label);

		put_file(d, title, p->sides.v[i].run[0]->policy_text);
		free(title);
	}
}

/* --- the whole ------------------------------------------------------------------------- */

static int put_sections(struct report *p, struct err *e)
{
	int rc = report_compare(p, e);

	if (!rc) {
		report_answer(p);
		put_question(p);
		rc = put_knobs(p, e);
	}
	if (!rc) {
		report_numbers(p);
		report_everything(p);
	}
	if (!rc && p->figures)
		rc = put_pictures(p, e);
	if (!rc) {
		report_blame(p);
		rc = report_caveats(p, e);
	}
	if (!rc)
		put_repeat(p);
	return rc;
}

/* The first run of each side; their strings are the group's. */
static void take_firsts(struct report *p)
{
	p->firsts.v = xcalloc(p->sides.nr, sizeof(*p->firsts.v));
	for (size_t i = 0; i < p->sides.nr; i++) {
		p->firsts.v[i] = *p->sides.v[i].run[0];
		p->firsts.v[i].label = p->sides.v[i].label;
	}
	p->firsts.nr = p->sides.nr;
}

static int put_group(struct report *p, const struct group *g, struct err *e)
{
	char *title = group_title(g);
	int rc;

	doc_heading(p->doc, 2, g->slug, title);
	free(title);
	p->group = g;
	sides_of(g, &p->sides);
	take_firsts(p);
	rc = figures_group(p->db, g, e);
	if (!rc)
		rc = table_load(p->db, &p->firsts, &p->table, e);
	if (!rc) {
		rc = put_sections(p, e);
		report_compare_fini(p);
		table_fini(&p->table);
	}
	free(p->firsts.v);
	sides_fini(&p->sides);
	return rc;
}

static void put_contents(const struct selection *runs, struct doc *d)
{
	for (size_t i = 0; i < runs->nr; i++) {
		char *title = group_title(&runs->v[i]);

		doc_put(d, DOC_ITEM, DOC_PLAIN, "");
		doc_put(d, DOC_TEXT, DOC_PLAIN, title)->more = xstrdup(runs->v[i].slug);
		doc_text(d, DOC_PLAIN, ": %zu run%s", runs->v[i].nr, runs->v[i].nr == 1 ? "" : "s");
		free(title);
	}
}

int report_make(struct db *db, const struct selection *runs, const struct figures *figures, struct doc *out,
		struct err *e)
{
	struct report p = { .db = db, .figures = figures, .doc = out };
	int rc = 0;

	*out = (struct doc){ 0 };
	doc_heading(out, 1, NULL, "What would the guest have felt?");
	doc_para(out, DOC_PLAIN, "Traces of KVM hosts, replayed under other policies of the MMU. Within each section the first policy "
		 "is the one the others are held against.");
	if (runs->nr > 1)
		put_contents(runs, out);
	for (size_t i = 0; !rc && i < runs->nr; i++)
		rc = put_group(&p, &runs->v[i], e);
	if (rc)
		doc_fini(out);
	return rc;
}
