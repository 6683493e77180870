/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gate's verdict for people, programs, JUnit and GitHub. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gate.h"
#include "analysis/html.h"
#include "analysis/quantity.h"
#include "base/alloc.h"

static const char *const verdicts[] = {
	[GATE_OK] = "ok", [GATE_UNSURE] = "unsure", [GATE_REGRESSION] = "regression", [GATE_ABSENT] = "absent",
};

/* --- sentences --------------------------------------------------------------------------------- */

static const struct config *known(const struct gate_config *p)
{
	return p->cand ? p->cand : p->base;
}

/* "x86-6.12-aging.mmt x16, pacing asap, under x86-6.12"; free() it. */
static char *config_text(const struct config *c)
{
	char clones[32] = "";

	if (c->clones > 1)
		snprintf(clones, sizeof(clones), " x%lld", (long long)c->clones);
	return xasprintf("%s%s%s%s%s%s%s%s%s%s under %s%s%s", c->trace, clones,
			 strcmp(c->pacing, "closed") ? ", pacing " : "", strcmp(c->pacing, "closed") ? c->pacing : "",
			 strcmp(c->access, "none") ? ", access " : "", strcmp(c->access, "none") ? c->access : "",
			 strcmp(c->time_scale, "1") ? ", times x" : "", strcmp(c->time_scale, "1") ? c->time_scale : "",
			 strcmp(c->runtime, "vtime") ? ", " : "", strcmp(c->runtime, "vtime") ? c->runtime : "",
			 c->policy, *c->assumed ? ", assuming " : "", c->assumed);
}

/* More digits than elsewhere: what is allowed may be little. */
static void value_text(const struct rule *r, double value, char *buf, size_t size)
{
	struct scale s = scale_for_one(r->unit, fabs(value) < 1e18 ? (int64_t)value : (int64_t)1e18);

	snprintf(buf, size, "%.6g%s%s", value / s.divisor, *s.unit ? " " : "", s.unit);
}

/* "6.134 us -> 7.402 us (1.207x, 95 % interval 1.18x to 1.24x over operations), allowed 6.318 us"; free() it. */
static char *check_text(const struct gate_check *c)
{
	char base[48], cand[48], bound[48], sure[96] = "", ratio[128] = "";
	double value = c->cand.value;

	if (c->rule->of == RULE_VALUE)
		value = c->rule->compare == RULE_AT_LEAST ? c->cand.worst_low : c->cand.worst_high;
	value_text(c->rule, value, cand, sizeof(cand));
	value_text(c->rule, c->bound, bound, sizeof(bound));
	if (c->rule->of == RULE_VALUE)
		return xasprintf("%s, allowed %s", cand, bound);
	value_text(c->rule, c->base.value, base, sizeof(base));
	if (c->ratio.about != STATS_NOTHING)
		snprintf(sure, sizeof(sure), ", %u %% interval %.3fx to %.3fx over %s", c->rule->confidence, c->ratio.low,
			 c->ratio.high, c->ratio.about == STATS_SCHEDULES ? "seeds" : "operations");
	if (isfinite(c->ratio.ratio))
		snprintf(ratio, sizeof(ratio), " (%.3fx%s)", c->ratio.ratio, sure);
	return xasprintf("%s -> %s%s, allowed %s", base, cand, ratio, bound);
}

static const char *missing_text(const struct gate_config *p)
{
	return p->cand ? "only the candidate has it" : "only the baseline has it";
}

/* --- text -------------------------------------------------------------------------------------- */

static size_t broken_rules(const struct gate_config *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->nr; i++)
		nr += p->v[i].verdict == GATE_REGRESSION || p->v[i].verdict == GATE_UNSURE;
	return nr;
}

static void print_check(const struct gate *g, const struct gate_check *c, FILE *out)
{
	static const char *const words[] = {
		[GATE_OK] = "ok", [GATE_UNSURE] = "unsure", [GATE_REGRESSION] = "WORSE", [GATE_ABSENT] = "absent",
	};
	char *text = c->verdict == GATE_ABSENT ? xstrdup("nothing to compare") : check_text(c);

	fprintf(out, "  %-8s%s: %s  [%s:%d: %s]\n", words[c->verdict], c->rule->name, text, g->rules->path, c->rule->line,
		c->rule->text);
	free(text);
}

static void print_config(const struct gate *g, const struct gate_config *p, bool all, FILE *out)
{
	char *text = config_text(known(p));

	if (!p->base || !p->cand) {
		fprintf(out, "%s\n  %-8s%s\n", text, g->rules->missing_fails ? "MISSING" : "missing", missing_text(p));
	} else if (all || broken_rules(p)) {
		fprintf(out, "%s\n", text);
		for (size_t i = 0; i < p->nr; i++)
			if (all || p->v[i].verdict == GATE_REGRESSION || p->v[i].verdict == GATE_UNSURE)
				print_check(g, &p->v[i], out);
		for (size_t i = 0; i < p->nr_notes; i++)
			fprintf(out, "          note: %s\n", p->notes[i]);
	}
	free(text);
}

static bool ever_applied(const struct gate *g, const struct rule *r)
{
	for (size_t i = 0; i < g->nr; i++)
		for (size_t k = 0; k < g->v[i].nr; k++)
			if (g->v[i].v[k].rule == r && g->v[i].v[k].verdict != GATE_ABSENT)
				return true;
	return false;
}

static void print_idle_rules(const struct gate *g, FILE *out)
{
	for (size_t i = 0; i < g->rules->nr; i++)
		if (!ever_applied(g, &g->rules->v[i]))
			fprintf(out, "%s:%d: '%s' had nothing to judge\n", g->rules->path, g->rules->v[i].line,
				g->rules->v[i].text);
}

void gate_print(const struct gate *g, bool all, FILE *out)
{
	for (size_t i = 0; i < g->nr; i++)
		print_config(g, &g->v[i], all, out);
	print_idle_rules(g, out);
	fprintf(out, "%s: %zu configurations, %zu figures judged by %s against %s: %zu worse, %zu unsure, %zu missing\n",
		gate_failed(g) ? "FAILED" : "ok", g->nr, g->checks, g->cand->from, g->base->from, g->regressions,
		g->unsure, g->missing);
}

/* --- JSON -------------------------------------------------------------------------------------- */

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *check_json(const struct gate_check *c)
{
	bool interval = c->ratio.about != STATS_NOTHING, both = c->base.set && c->cand.set;

	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:b}", "rule", c->rule->text,
			 "line", c->rule->line, "name", c->rule->name, "unit", c->rule->unit, "verdict",
			 verdicts[c->verdict], "baseline", c->base.set ? number(c->base.value) : json_null(), "candidate",
			 c->cand.set ? number(c->cand.value) : json_null(), "allowed",
			 c->verdict == GATE_ABSENT ? json_null() : number(c->bound), "ratio",
			 both ? number(c->ratio.ratio) : json_null(), "low", interval ? number(c->ratio.low) : json_null(), "high",
			 interval ? number(c->ratio.high) : json_null(), "about", stats_about_name(c->ratio.about), "confident",
			 stats_confident(&c->ratio), "large", both && stats_large(&c->ratio, stats_rule_default.floor));
}

static json_t *config_json(const struct gate_config *p)
{
	json_t *seeds = json_array(), *notes = json_array(), *checks = json_array();
	const struct config *c = known(p);
	json_t *o = json_object();

#define CONFIG_JSON(column) json_object_set_new(o, #column, json_string(c->column));
	CONFIG_TEXTS(CONFIG_JSON)
#undef CONFIG_JSON
	for (size_t i = 0; i < c->nr; i++)
		json_array_append_new(seeds, json_integer(c->run[i].seed));
	for (size_t i = 0; i < p->nr_notes; i++)
		json_array_append_new(notes, json_string(p->notes[i]));
	for (size_t i = 0; i < p->nr; i++)
		json_array_append_new(checks, check_json(&p->v[i]));
	json_object_set_new(o, "clones", json_integer(c->clones));
	json_object_set_new(o, "seeds", seeds);
	json_object_set_new(o, "on", json_string(!p->base ? "candidate" : !p->cand ? "baseline" : "both"));
	json_object_set_new(o, "baseline_subject", p->base ? json_string(p->base->subject) : json_null());
	json_object_set_new(o, "candidate_subject", p->cand ? json_string(p->cand->subject) : json_null());
	json_object_set_new(o, "notes", notes);
	json_object_set_new(o, "checks", checks);
	return o;
}

void gate_print_json(const struct gate *g, FILE *out)
{
	json_t *configs = json_array(), *root;

	for (size_t i = 0; i < g->nr; i++)
		json_array_append_new(configs, config_json(&g->v[i]));
	root = json_pack("{s:b, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "ok", !gate_failed(g), "rules", g->rules->path,
			 "missing_is", g->rules->missing_fails ? "fail" : "warn", "baseline", g->base->from, "candidate",
			 g->cand->from, "checked", (json_int_t)g->checks, "regressions", (json_int_t)g->regressions, "unsure",
			 (json_int_t)g->unsure, "missing", (json_int_t)g->missing, "configurations", configs);
	json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(root);
}

/* --- JUnit ------------------------------------------------------------------------------------- */

static void junit_case(const struct gate *g, const char *suite, const struct gate_check *c, FILE *out)
{
	char *text;

	fputs("    <testcase classname=\"", out);
	html_text(out, suite);
	fputs("\" name=\"", out);
	html_text(out, c->rule->text);
	if (c->verdict == GATE_OK) {
		fputs("\"/>\n", out);
		return;
	}
	text = c->verdict == GATE_ABSENT ? xstrdup("nothing to compare") : check_text(c);
	fprintf(out, "\">\n      <%s message=\"", c->verdict == GATE_REGRESSION ? "failure" : "skipped");
	html_text(out, text);
	fputs("\">", out);
	html_printf(out, "%s:%d", g->rules->path, c->rule->line);
	fprintf(out, "</%s>\n    </testcase>\n", c->verdict == GATE_REGRESSION ? "failure" : "skipped");
	free(text);
}

static void junit_missing(const struct gate *g, const char *suite, const struct gate_config *p, FILE *out)
{
	fputs("    <testcase classname=\"", out);
	html_text(out, suite);
	fprintf(out, "\" name=\"on both sides\">\n      <%s message=\"%s\"/>\n    </testcase>\n",
		g->rules->missing_fails ? "failure" : "skipped", missing_text(p));
}

static void junit_suite(const struct gate *g, const struct gate_config *p, FILE *out)
{
	bool lone = !p->base || !p->cand;
	char *name = config_text(known(p));
	size_t failures = lone && g->rules->missing_fails, skipped = lone && !g->rules->missing_fails;

	for (size_t i = 0; i < p->nr; i++) {
		failures += p->v[i].verdict == GATE_REGRESSION;
		skipped += p->v[i].verdict == GATE_ABSENT || p->v[i].verdict == GATE_UNSURE;
	}
	fputs("  <testsuite name=\"", out);
	html_text(out, name);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n", p->nr + lone, failures, skipped);
	if (lone)
		junit_missing(g, name, p, out);
	for (size_t i = 0; i < p->nr; i++)
		junit_case(g, name, &p->v[i], out);
	if (p->nr_notes)
		fputs("    <system-out>", out);
	for (size_t i = 0; i < p->nr_notes; i++)
		html_printf(out, "%s\n", p->notes[i]);
	fprintf(out, "%s  </testsuite>\n", p->nr_notes ? "</system-out>\n" : "");
	free(name);
}

void gate_print_junit(const struct gate *g, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mmulab gate\">\n", out);
	for (size_t i = 0; i < g->nr; i++)
		junit_suite(g, &g->v[i], out);
	fputs("</testsuites>\n", out);
}

/* --- GitHub ------------------------------------------------------------------------------------ */

/* A workflow command's text; @property: one of its named values, too. */
static void github_text(FILE *out, const char *text, bool property)
{
	for (; *text; text++) {
		if (strchr("%\r\n", *text) || (property && strchr(":,", *text)))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, out);
	}
}

/* @line: 0 for the file as a whole. */
static void github(const struct gate *g, const char *level, int line, const char *title, const char *text, FILE *out)
{
	fprintf(out, "::%s file=", level);
	github_text(out, g->rules->path, true);
	if (line)
		fprintf(out, ",line=%d", line);
	fputs(",title=", out);
	github_text(out, title, true);
	fputs("::", out);
	github_text(out, text, false);
	fputc('\n', out);
}

static void github_check(const struct gate *g, const struct gate_config *p, const struct gate_check *c,
			 const char *name, FILE *out)
{
	char *text = check_text(c), *message = xasprintf("%s: %s", name, text), *longer;
	char *title = xasprintf("%s: %s", c->verdict == GATE_REGRESSION ? "worse" : "unsure", c->rule->text);

	for (size_t i = 0; i < p->nr_notes; i++) {
		longer = xasprintf("%s\n%s", message, p->notes[i]);
		free(message);
		message = longer;
	}
	github(g, c->verdict == GATE_REGRESSION ? "error" : "warning", c->rule->line, title, message, out);
	free(title);
	free(message);
	free(text);
}

void gate_print_github(const struct gate *g, FILE *out)
{
	for (size_t i = 0; i < g->nr; i++) {
		const struct gate_config *p = &g->v[i];
		char *name = config_text(known(p));

		if (!p->base || !p->cand)
			github(g, g->rules->missing_fails ? "error" : "warning", 0, missing_text(p), name, out);
		for (size_t k = 0; k < p->nr; k++)
			if (p->v[k].verdict == GATE_REGRESSION || p->v[k].verdict == GATE_UNSURE)
				github_check(g, p, &p->v[k], name, out);
		free(name);
	}
}
