/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison for a terminal and for programs. */
#include "analysis/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define LABEL_WIDTH	46
#define VALUE_WIDTH	14
#define RATIO_WIDTH	9		/* with its mark */
#define LONG_LABEL	34	/* longer ones are numbered instead */

struct scale compare_scale(const struct table *t, const struct table_line *r)
{
	struct scale_range range = { 0 };

	for (size_t i = 0; i < t->group->nr; i++)
		if (r->v[i].set)
			scale_range_add(&range, r->v[i].value);
	return scale_for(r->unit, &range);
}

/* --- filling ------------------------------------------------------------------------- */

static const struct {
	const char	*column;
	uint32_t	 what;
} quantiles[] = {
	{ "mean_ns", STATS_MEAN }, { "p50_ns", 500000 }, { "p90_ns", 900000 }, { "p99_ns", 990000 }, { "p999_ns", 999000 },
	{ "max_ns", 1000000 },
};

static struct side_value *values(const struct compare *c, size_t line)
{
	return c->v + line * c->sides.nr;
}

/* The side's cells of @line, those that are set; @out has room for all. */
static size_t samples(const struct compare *c, size_t line, size_t side, double *out)
{
	const struct side *s = &c->sides.v[side];
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		const struct table_cell *cell = &c->table.v[line].v[s->run[i] - c->group->v];

		if (cell->set)
			out[nr++] = (double)cell->value;
	}
	return nr;
}

/* Means over seeds, and their ratios. */
static void fill_means(struct compare *c, size_t line)
{
	double *base = xcalloc(c->group->nr, sizeof(*base)), *v = xcalloc(c->group->nr, sizeof(*v));
	size_t nr_base = samples(c, line, 0, base);
	struct stats_rule rule = stats_rule_default;

	rule.paired = c->sides.paired;
	for (size_t side = 0; side < c->sides.nr; side++) {
		struct side_value *out = &values(c, line)[side];
		size_t nr = samples(c, line, side, v);
		double sum = 0;

		for (size_t i = 0; i < nr; i++)
			sum += v[i];
		*out = (struct side_value){ .set = nr > 0, .value = nr ? (int64_t)(sum / (double)nr) : 0,
					    .ratio = { 1, 1, 1, STATS_NOTHING } };
		if (nr && nr_base && side && !c->table.v[line].extra)
			out->ratio = stats_samples(base, nr_base, v, nr, &rule);
	}
	free(base);
	free(v);
}

static bool same_phase(const struct table_line *a, const struct table_line *b)
{
	return a->kind == TABLE_LATENCY && b->kind == TABLE_LATENCY && !strcmp(a->a, b->a) && !strcmp(a->b, b->b);
}

/* The quantiles of the operation and phase that @line begins: they share their resamples. */
static int fill_phase(struct compare *c, struct db *db, size_t line, struct err *e)
{
	const struct table_line *first = &c->table.v[line];
	struct side_value *found = xcalloc(ARRAY_SIZE(quantiles) * c->sides.nr, sizeof(*found));
	uint32_t what[ARRAY_SIZE(quantiles)];
	int rc;

	for (size_t q = 0; q < ARRAY_SIZE(quantiles); q++)
		what[q] = quantiles[q].what;
	rc = sides_latency(db, &c->sides, first->a, first->b, what, ARRAY_SIZE(quantiles), found, e);
	for (size_t i = line; !rc && i < c->table.nr && same_phase(first, &c->table.v[i]); i++)
		for (size_t q = 0; q < ARRAY_SIZE(quantiles); q++)
			if (!strcmp(quantiles[q].column, c->table.v[i].c))
				memcpy(values(c, i), found + q * c->sides.nr, c->sides.nr * sizeof(*found));
	free(found);
	return rc;
}

static bool phase_is_shown(const struct compare *c, size_t line)
{
	for (size_t i = line; i < c->table.nr && same_phase(&c->table.v[line], &c->table.v[i]); i++)
		if (!c->table.v[i].extra)
			return true;
	return false;
}

static int fill(struct compare *c, struct db *db, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < c->table.nr; i++)
		if (c->table.v[i].kind != TABLE_LATENCY || !strcmp(c->table.v[i].c, "n"))
			fill_means(c, i);
	for (size_t i = 0; !rc && i < c->table.nr; i++)
		if (c->table.v[i].kind == TABLE_LATENCY && (!i || !same_phase(&c->table.v[i - 1], &c->table.v[i])) &&
		    phase_is_shown(c, i))
			rc = fill_phase(c, db, i, e);
	return rc;
}

int compare_load(struct db *db, const struct group *group, struct compare *out, struct err *e)
{
	struct compare c = { .group = group };
	int rc = table_load(db, group, &c.table, e);

	if (!rc) {
		sides_of(group, &c.sides);
		c.v = xcalloc(c.table.nr * c.sides.nr, sizeof(*c.v));
		rc = fill(&c, db, e);
	}
	if (rc)
		compare_fini(&c);
	else
		*out = c;
	return rc;
}

void compare_fini(struct compare *c)
{
	table_fini(&c->table);
	sides_fini(&c->sides);
	free(c->v);
	*c = (struct compare){ 0 };
}

/* --- text ------------------------------------------------------------------------------ */

static void print_numbers(const struct side *s, const char *one, const char *several, bool seed, FILE *out)
{
	fprintf(out, "%s", s->nr > 1 ? several : one);
	for (size_t i = 0; i < s->nr; i++)
		fprintf(out, "%s %llu", i ? "," : "", (unsigned long long)(seed ? s->run[i]->seed : s->run[i]->id));
}

static void print_heading(const struct compare *c, FILE *out)
{
	const struct run *r = &c->group->v[0];

	fprintf(out, "%s (%s, %s), pacing %s, ", r->trace, r->arch, r->kernel, r->pacing);
	if (r->clones > 1)
		fprintf(out, "%lld times the recorded vCPUs, ", (long long)r->clones);
	if (strcmp(r->time_scale, "1"))
		fprintf(out, "recorded times multiplied by %s, ", r->time_scale);
	fprintf(out, "%s\n", run_figures(r));
	for (size_t i = 0; i < c->sides.nr; i++) {
		const struct side *s = &c->sides.v[i];

		fprintf(out, "  [%zu] %s (", i + 1, s->label);
		print_numbers(s, "run", "runs", false, out);
		print_numbers(s, ", seed", ", seeds", true, out);
		fprintf(out, ", access %s%s%s)\n", s->run[0]->access, *s->run[0]->assumed ? ", assuming " : "",
			s->run[0]->assumed);
	}
}

/* What the marks mean, and what this comparison cannot know. */
static void print_marks(const struct compare *c, FILE *out)
{
	bool several = c->sides.v[0].nr > 1;

	if (c->sides.nr < 2)
		return;
	fprintf(out, "\n! sure and large (over %g %%), * sure but small, ? large but unsure: ", 100 * stats_rule_default.floor);
	fputs(several ? "over the seeds of each, 95 %.\n" :
	      "would another draw of the same operations show it, 95 %.\n"
	      "Metrics of one run each are exact for that schedule and have no mark: replay with several seeds.\n", out);
}

static bool labels_fit(const struct compare *c)
{
	for (size_t i = 0; i < c->sides.nr; i++)
		if (strlen(c->sides.v[i].label) > LONG_LABEL)
			return false;
	return true;
}

/* Width of side @i's value, so that its name fits above it. */
static int value_width(const struct compare *c, size_t i, bool names)
{
	int width = names ? (int)strlen(c->sides.v[i].label) + 2 - (i ? RATIO_WIDTH : 0) : 0;

	return width > VALUE_WIDTH ? width : VALUE_WIDTH;
}

static void print_columns(const struct compare *c, bool names, const char *title, FILE *out)
{
	fprintf(out, "\n%-*s", LABEL_WIDTH, title);
	for (size_t i = 0; i < c->sides.nr; i++) {
		char number[24];

		snprintf(number, sizeof(number), "[%zu]", i + 1);
		fprintf(out, "%*s", value_width(c, i, names) + (i ? RATIO_WIDTH : 0),
			names ? c->sides.v[i].label : number);
	}
	fputc('\n', out);
}

static void print_ratio(const struct side_value *v, const struct side_value *first, bool last, FILE *out)
{
	const char *mark = "";
	char text[64] = "";

	if (v->set && first->set) {
		ratio_text(v->value, first->value, text, sizeof(text));
		if (v->value != first->value)
			mark = stats_mark(&v->ratio, stats_rule_default.floor);
	}
	fprintf(out, "%*s%*s", RATIO_WIDTH - 1, text, last ? 0 : 1, mark);
}

static struct scale scale_of(const struct compare *c, size_t line)
{
	struct scale_range range = { 0 };

	for (size_t i = 0; i < c->sides.nr; i++)
		if (values(c, line)[i].set)
			scale_range_add(&range, values(c, line)[i].value);
	return scale_for(c->table.v[line].unit, &range);
}

static void print_row(const struct compare *c, size_t line, bool names, FILE *out)
{
	const struct table_line *r = &c->table.v[line];
	const struct side_value *v = values(c, line);
	struct scale s = scale_of(c, line);
	char text[64];
	int width = fprintf(out, "  %s%s%s", r->label, *s.unit ? ", " : "", s.unit);

	fprintf(out, "%*s", width < LABEL_WIDTH ? LABEL_WIDTH - width : 0, "");
	for (size_t i = 0; i < c->sides.nr; i++) {
		strcpy(text, "-");
		if (v[i].set)
			scale_text(&s, v[i].value, text, sizeof(text));
		fprintf(out, "%*s", value_width(c, i, names), text);
		if (i)
			print_ratio(&v[i], &v[0], i + 1 == c->sides.nr, out);
	}
	fputc('\n', out);
}

void compare_print(const struct compare *c, FILE *out)
{
	bool names = labels_fit(c);

	print_heading(c, out);
	for (size_t i = 0; i < c->table.nr; i++) {
		char *title;

		if (c->table.v[i].extra)
			continue;
		title = table_section(&c->table, i);
		if (title)
			print_columns(c, names, title, out);
		free(title);
		print_row(c, i, names, out);
	}
	print_marks(c, out);
}

/* --- JSON ------------------------------------------------------------------------ */

static json_t *ratio_json(const struct table_line *r, size_t run)
{
	if (!r->v[0].set || !r->v[0].value)
		return json_null();
	return json_real((double)r->v[run].value / (double)r->v[0].value);
}

static json_t *child(json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (found)
		return found;
	json_object_set_new(object, name, json_object());
	return json_object_get(object, name);
}

static void cell_json(const struct table *t, const struct table_line *r, size_t run, json_t *o)
{
	int64_t value = r->v[run].value;

	if (r->kind == TABLE_METRIC) {
		json_object_set_new(json_object_get(o, "metrics"), r->a,
				    json_pack("{s:I, s:s, s:o}", "value", (json_int_t)value, "unit", r->unit, "ratio",
					      ratio_json(r, run)));
	} else if (r->kind == TABLE_LATENCY) {
		json_object_set_new(child(child(json_object_get(o, "latency"), r->a), r->b), r->c, json_integer(value));
	} else if (!strcmp(r->c, "ns")) {
		const struct table_line *n = table_find(t, TABLE_BLAME, r->a, r->b, "n");

		json_array_append_new(json_object_get(o, "blame"),
				      json_pack("{s:s, s:s, s:I, s:I}", "waiter", r->a, "holder", r->b, "ns",
						(json_int_t)value, "n", (json_int_t)(n ? n->v[run].value : 0)));
	}
}

static json_t *run_json(const struct table *t, size_t run)
{
	const struct run *r = &t->group->v[run];
	json_t *o = json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:{}, s:{}, s:[]}", "run", (json_int_t)r->id,
			      "policy", r->policy, "label", r->label, "seed", (json_int_t)r->seed, "time", r->time,
			      "version", r->version, "command", r->command, "assumed", r->assumed, "access", r->access, "metrics", "latency",
			      "blame");

	for (size_t i = 0; i < t->nr; i++)
		if (t->v[i].v[run].set)
			cell_json(t, &t->v[i], run, o);
	return o;
}

static json_t *real_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *difference_json(const struct side_value *v, const struct side_value *first)
{
	bool both = v->set && first->set, interval = both && v->ratio.about != STATS_NOTHING;

	return json_pack("{s:I, s:o, s:o, s:o, s:s, s:b, s:b}", "value", (json_int_t)v->value, "ratio",
			 both && first->value ? real_or_null(v->ratio.ratio) : json_null(), "low",
			 interval ? real_or_null(v->ratio.low) : json_null(), "high", interval ? real_or_null(v->ratio.high) : json_null(),
			 "about", stats_about_name(interval ? v->ratio.about : STATS_NOTHING), "confident",
			 interval && stats_confident(&v->ratio), "large", both && stats_large(&v->ratio, stats_rule_default.floor));
}

static json_t *side_json(const struct compare *c, size_t side)
{
	const struct side *s = &c->sides.v[side];
	json_t *metrics = json_object(), *latency = json_object(), *runs = json_array(), *seeds = json_array();

	for (size_t i = 0; i < s->nr; i++) {
		json_array_append_new(runs, json_integer(s->run[i]->id));
		json_array_append_new(seeds, json_integer(s->run[i]->seed));
	}
	for (size_t i = 0; i < c->table.nr; i++) {
		const struct table_line *r = &c->table.v[i];
		const struct side_value *v = values(c, i);

		if (!v[side].set || r->kind == TABLE_BLAME ||
		    (r->extra && !(r->kind == TABLE_LATENCY && phase_is_shown(c, i))))
			continue;
		json_object_set_new(r->kind == TABLE_METRIC ? metrics : child(child(latency, r->a), r->b),
				    r->kind == TABLE_METRIC ? r->a : r->c, difference_json(&v[side], &v[0]));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "label", s->label, "policy", s->run[0]->policy, "runs", runs,
			 "seeds", seeds, "metrics", metrics, "latency", latency);
}

json_t *compare_json(const struct compare *c)
{
	const struct table *t = &c->table;
	const struct run *r = &t->group->v[0];
	json_t *runs = json_array(), *sides = json_array();

	for (size_t i = 0; i < t->group->nr; i++)
		json_array_append_new(runs, run_json(t, i));
	for (size_t i = 0; i < c->sides.nr; i++)
		json_array_append_new(sides, side_json(c, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o}", "trace", r->trace, "trace_hash", r->trace_hash,
			 "arch", r->arch, "kernel", r->kernel, "runtime", r->runtime, "figures", r->figures, "pacing",
			 r->pacing, "time_scale", r->time_scale, "clones", (json_int_t)r->clones, "runs", runs, "sides",
			 sides);
}
