/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The comparison for a terminal and for programs. */
#include "analysis/compare.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_WIDTH	46
#define VALUE_WIDTH	14
#define RATIO_WIDTH	8
#define LONG_LABEL	34	/* longer ones are numbered instead */

struct scale compare_scale(const struct table *t, const struct table_line *r)
{
	uint64_t smallest = UINT64_MAX, largest = 0;

	for (size_t i = 0; i < t->group->nr; i++) {
		uint64_t abs = (uint64_t)llabs(r->v[i].value);

		if (!r->v[i].set || !abs)
			continue;
		smallest = abs < smallest ? abs : smallest;
		largest = abs > largest ? abs : largest;
	}
	return scale_for(r->unit, largest ? smallest : 0, largest);
}

static void print_heading(const struct group *g, FILE *out)
{
	const struct run *r = &g->v[0];

	fprintf(out, "%s (%s, %s), pacing %s, ", r->trace, r->arch, r->kernel, r->pacing);
	if (r->clones > 1)
		fprintf(out, "%lld times the recorded vCPUs, ", (long long)r->clones);
	if (strcmp(r->time_scale, "1"))
		fprintf(out, "recorded times multiplied by %s, ", r->time_scale);
	fprintf(out, "%s\n", strcmp(r->figures, "measured") ? "modelled in virtual time" : "measured on real threads");
	for (size_t i = 0; i < g->nr; i++)
		fprintf(out, "  [%zu] %s (run %lld, seed %llu, access %s%s%s)\n", i + 1, g->v[i].label,
			(long long)g->v[i].id, (unsigned long long)g->v[i].seed, g->v[i].access,
			*g->v[i].assumed ? ", assuming " : "", g->v[i].assumed);
}

static bool labels_fit(const struct group *g)
{
	for (size_t i = 0; i < g->nr; i++)
		if (strlen(g->v[i].label) > LONG_LABEL)
			return false;
	return true;
}

/* Width of run @i's value, so that its name fits above it. */
static int value_width(const struct group *g, size_t i, bool names)
{
	int width = names ? (int)strlen(g->v[i].label) + 2 - (i ? RATIO_WIDTH : 0) : 0;

	return width > VALUE_WIDTH ? width : VALUE_WIDTH;
}

static void print_columns(const struct group *g, bool names, const char *title, FILE *out)
{
	fprintf(out, "\n%-*s", LABEL_WIDTH, title);
	for (size_t i = 0; i < g->nr; i++) {
		char number[24];

		snprintf(number, sizeof(number), "[%zu]", i + 1);
		fprintf(out, "%*s", value_width(g, i, names) + (i ? RATIO_WIDTH : 0), names ? g->v[i].label : number);
	}
	fputc('\n', out);
}

static void print_row(const struct table *t, const struct table_line *r, bool names, FILE *out)
{
	struct scale s = compare_scale(t, r);
	char text[64];
	int width = fprintf(out, "  %s%s%s", r->label, *s.unit ? ", " : "", s.unit);

	fprintf(out, "%*s", width < LABEL_WIDTH ? LABEL_WIDTH - width : 0, "");
	for (size_t i = 0; i < t->group->nr; i++) {
		strcpy(text, "-");
		if (r->v[i].set)
			scale_text(&s, r->v[i].value, text, sizeof(text));
		fprintf(out, "%*s", value_width(t->group, i, names), text);
		if (!i)
			continue;
		text[0] = '\0';
		if (r->v[i].set && r->v[0].set)
			ratio_text(r->v[i].value, r->v[0].value, text, sizeof(text));
		fprintf(out, "%*s", RATIO_WIDTH, text);
	}
	fputc('\n', out);
}

void compare_print(const struct table *t, FILE *out)
{
	bool names = labels_fit(t->group);

	print_heading(t->group, out);
	for (size_t i = 0; i < t->nr; i++) {
		char *title;

		if (t->v[i].extra)
			continue;
		title = table_section(t, i);
		if (title)
			print_columns(t->group, names, title, out);
		free(title);
		print_row(t, &t->v[i], names, out);
	}
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

json_t *compare_json(const struct table *t)
{
	const struct run *r = &t->group->v[0];
	json_t *runs = json_array();

	for (size_t i = 0; i < t->group->nr; i++)
		json_array_append_new(runs, run_json(t, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "trace", r->trace, "trace_hash", r->trace_hash,
			 "arch", r->arch, "kernel", r->kernel, "runtime", r->runtime, "figures", r->figures, "pacing",
			 r->pacing, "time_scale", r->time_scale, "clones", (json_int_t)r->clones, "runs", runs);
}
