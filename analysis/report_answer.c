/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs, by how much, and how sure that is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report.h"
#include "base/alloc.h"

/* What the summary has, in its order: metrics, and quantiles of accesses.  Decisive ones are the answer's. */
static const struct {
	const char	*metric, *phase, *label;
	uint32_t	 what;		/* of the phase */
	bool		 decisive;
} lines[] = {
	{ .metric = "stall", .decisive = true },
	{ .metric = "stall_share" },
	{ .metric = "stall_max" },
	{ .phase = "total", .label = "access p50", .what = 500000, .decisive = true },
	{ .phase = "total", .label = "access p90", .what = 900000 },
	{ .phase = "total", .label = "access p99", .what = 990000, .decisive = true },
	{ .phase = "total", .label = "access p99.9", .what = 999000, .decisive = true },
	{ .phase = "total", .label = "access max", .what = 1000000 },
	{ .phase = "lock_wait", .label = "lock wait p50", .what = 500000 },
	{ .phase = "lock_wait", .label = "lock wait p90", .what = 900000 },
	{ .phase = "lock_wait", .label = "lock wait p99", .what = 990000, .decisive = true },
	{ .phase = "lock_wait", .label = "lock wait p99.9", .what = 999000 },
	{ .phase = "lock_wait", .label = "lock wait max", .what = 1000000 },
	{ .metric = "faults" }, { .metric = "avoided" }, { .metric = "added" }, { .metric = "retries" },
	{ .metric = "flushes" }, { .metric = "yields" },
	{ .metric = "longest_stretch", .decisive = true },
	{ .metric = "window_max" },
};

#define NR_LINES ARRAY_SIZE(lines)

struct line {
	const char		*label, *unit;
	int			 better;	/* -1 less, 1 more, 0 neither */
	bool			 decisive;
	struct side_value	*v;		/* one per side */
};

struct report_summary {
	struct line	 v[NR_LINES];
	size_t		 nr, nr_sides;
};

/* --- filling ------------------------------------------------------------------------- */

static struct line *line_add(struct report_summary *s, size_t row)
{
	struct line *l = &s->v[s->nr++];

	*l = (struct line){ .label = lines[row].label, .unit = "ns", .better = -1, .decisive = lines[row].decisive };
	l->v = xcalloc(s->nr_sides, sizeof(*l->v));
	return l;
}

static int add_metric(struct report_summary *s, struct report *r, size_t row, struct err *e)
{
	const struct table_line *known = table_find(&r->table, TABLE_METRIC, lines[row].metric, NULL, NULL);
	struct line *l;

	if (!known)
		return 0;
	l = line_add(s, row);
	l->label = known->label;
	l->unit = known->unit;
	l->better = known->better;
	return sides_metric(r->db, &r->sides, lines[row].metric, l->v, e);
}

/* All quantiles of the phase that begins at @row, which share their resamples. */
static int add_phase(struct report_summary *s, struct report *r, size_t row, struct err *e)
{
	struct side_value *values;
	uint32_t what[NR_LINES];
	size_t nr = 0;
	int rc;

	while (row + nr < NR_LINES && lines[row + nr].phase && !strcmp(lines[row + nr].phase, lines[row].phase)) {
		what[nr] = lines[row + nr].what;
		nr++;
	}
	values = xcalloc(nr * s->nr_sides, sizeof(*values));
	rc = sides_latency(r->db, &r->sides, "access", lines[row].phase, what, nr, values, e);
	for (size_t i = 0; !rc && i < nr; i++)
		memcpy(line_add(s, row + i)->v, values + i * s->nr_sides, s->nr_sides * sizeof(*values));
	free(values);
	return rc;
}

/* Stall is always told, the rest where any side has something to tell. */
static void drop_idle(struct report_summary *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nr; i++) {
		bool any = i == 0;

		for (size_t side = 0; side < s->nr_sides; side++)
			any |= s->v[i].v[side].value != 0;
		if (any)
			s->v[kept++] = s->v[i];
		else
			free(s->v[i].v);
	}
	s->nr = kept;
}

static int summary_load(struct report_summary *s, struct report *r, struct err *e)
{
	int rc = 0;

	s->nr_sides = r->sides.nr;
	for (size_t row = 0; !rc && row < NR_LINES; row++) {
		if (lines[row].metric)
			rc = add_metric(s, r, row, e);
		else if (!row || !lines[row - 1].phase || strcmp(lines[row - 1].phase, lines[row].phase))
			rc = add_phase(s, r, row, e);
	}
	drop_idle(s);
	return rc;
}

/* --- one difference --------------------------------------------------------------------- */

static bool differs(const struct line *l, size_t side)
{
	return side && l->v[0].set && l->v[side].set && l->v[0].value != l->v[side].value;
}

/* Coloured is what is large, unless chance may have made it. */
static enum doc_tone tone_of(const struct line *l, size_t side)
{
	const struct stats_ratio *r = &l->v[side].ratio;

	if (!differs(l, side) || !l->better || !stats_large(r, stats_rule_default.floor))
		return DOC_PLAIN;
	if (r->about != STATS_NOTHING && !stats_confident(r))
		return DOC_PLAIN;
	return (r->ratio > 1) == (l->better > 0) ? DOC_GOOD : DOC_BAD;
}

static void ratio_write(double ratio, char *buf, size_t size)
{
	int decimals = ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.1 || ratio == 0 ? 2 : 3;

	if (isinf(ratio))
		snprintf(buf, size, "from 0");
	else
		snprintf(buf, size, "%.*fx", decimals, ratio);
}

static void put_interval(struct doc *d, const struct stats_ratio *r)
{
	if (r->about == STATS_NOTHING || isinf(r->low))
		doc_cell(d, DOC_SOFT, "-");
	else if (isinf(r->high))
		doc_cell(d, DOC_PLAIN, "%.2f-", r->low);
	else
		doc_cell(d, DOC_PLAIN, "%.2f-%.2f", r->low, r->high);
}

/* --- the answer ---------------------------------------------------------------------------- */

static const struct line *line_find(const struct report_summary *s, const char *label)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->v[i].label, label))
			return &s->v[i];
	return NULL;
}

/* "access p99 0.12x (177 µs to 21 µs)" */
static void put_change(struct doc *d, const struct line *l, size_t side)
{
	char before[32], after[32], ratio[24];

	report_quantity(l->unit, l->v[0].value, before, sizeof(before));
	report_quantity(l->unit, l->v[side].value, after, sizeof(after));
	ratio_write(l->v[side].ratio.ratio, ratio, sizeof(ratio));
	doc_text(d, DOC_PLAIN, "%s ", l->label);
	if (l->v[0].value == l->v[side].value) {
		doc_text(d, DOC_PLAIN, "unchanged (%s)", before);
		return;
	}
	doc_text(d, tone_of(l, side), "%s", ratio);
	doc_text(d, DOC_PLAIN, " (%s to %s)", before, after);
}

/* Where the waiting comes from: the pair that changed most. */
static const struct table_line *largest_blame(const struct table *t, size_t side)
{
	const struct table_line *best = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < t->nr; i++) {
		const struct table_line *r = &t->v[i];
		int64_t change = r->v[side].value - r->v[0].value;

		if (r->kind != TABLE_BLAME || strcmp(r->c, "ns") || llabs(change) <= most)
			continue;
		most = llabs(change);
		best = r;
	}
	return best;
}

static void put_cause(struct report *r, size_t side)
{
	const struct table_line *cause = largest_blame(&r->table, side);
	char before[32], after[32];

	if (!cause)
		return;
	report_quantity("ns", cause->v[0].value, before, sizeof(before));
	report_quantity("ns", cause->v[side].value, after, sizeof(after));
	doc_text(r->doc, DOC_PLAIN, " What changed most in the queue for mmu_lock: %s, %s to %s in all.", cause->label,
		 before, after);
}

static void put_decisive_row(struct doc *d, const struct line *l, size_t side)
{
	char before[32], after[32], ratio[24];

	report_quantity(l->unit, l->v[0].value, before, sizeof(before));
	report_quantity(l->unit, l->v[side].value, after, sizeof(after));
	ratio_write(l->v[side].ratio.ratio, ratio, sizeof(ratio));
	doc_row(d, DOC_BODY);
	doc_cell(d, DOC_PLAIN, "%s", l->label + strspn(l->label, " "));
	doc_cell(d, DOC_PLAIN, "%s", before);
	doc_cell(d, DOC_PLAIN, "%s", after);
	doc_cell(d, tone_of(l, side), "%s", ratio);
	put_interval(d, &l->v[side].ratio);
	doc_cell(d, DOC_PLAIN, "%s", l->v[0].value == l->v[side].value ? "the same"
		 : stats_verdict(&l->v[side].ratio, stats_rule_default.floor));
}

static void put_side(struct report *r, const struct report_summary *s, size_t side)
{
	const char *heads[] = { "", r->sides.v[0].label, r->sides.v[side].label, "ratio", "95 %", "" };
	const struct line *stall = line_find(s, "stall per vCPU");
	struct doc *d = r->doc;

	doc_put(d, DOC_PARA, DOC_ANSWER, "");
	doc_text(d, DOC_STRONG, "%s", r->sides.v[side].label);
	doc_text(d, DOC_PLAIN, " against %s: ", r->sides.v[0].label);
	if (stall && stall->v[0].set && stall->v[side].set)
		put_change(d, stall, side);
	doc_text(d, DOC_PLAIN, ".");
	put_cause(r, side);
	doc_put(d, DOC_TABLE, DOC_PLAIN, "");
	doc_row(d, DOC_HEAD);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		doc_cell(d, DOC_PLAIN, "%s", heads[i]);
		if (i == 1 || i == 2)
			d->v[d->nr - 1].more = xstrdup(i == 1 ? "base" : "this one");
	}
	for (size_t i = 0; i < s->nr; i++)
		if (s->v[i].decisive && s->v[i].v[0].set && s->v[i].v[side].set)
			put_decisive_row(d, &s->v[i], side);
	doc_put(d, DOC_TABLE_END, DOC_PLAIN, "");
}

/* What the words and intervals mean, as far as any is there. */
static void put_meaning(struct report *r, const struct report_summary *s)
{
	bool operations = false, schedules = false, none = false;

	for (size_t i = 0; i < s->nr; i++)
		for (size_t side = 1; side < s->nr_sides; side++)
			if (s->v[i].decisive && differs(&s->v[i], side)) {
				operations |= s->v[i].v[side].ratio.about == STATS_OPERATIONS;
				schedules |= s->v[i].v[side].ratio.about == STATS_SCHEDULES;
				none |= s->v[i].v[side].ratio.about == STATS_NOTHING;
			}
	if (!operations && !schedules && !none)
		return;
	doc_put(r->doc, DOC_PARA, DOC_SOFT, "");
	doc_text(r->doc, DOC_PLAIN, "Large: more than %g %%.", 100 * stats_rule_default.floor);
	if (operations || schedules)
		doc_text(r->doc, DOC_PLAIN, " Sure: the ratio's interval (bootstrap, %u %%) leaves 1 out.",
			 stats_rule_default.confidence);
	if (schedules)
		doc_text(r->doc, DOC_PLAIN, " Schedules were drawn anew, from %zu seeds.", r->sides.v[0].nr);
	if (operations)
		doc_text(r->doc, DOC_PLAIN, " One schedule was run of each: its operations were drawn anew, and other "
			 "schedules may differ more.");
	if (none && !report_is_measured(&r->group->v[0]))
		doc_text(r->doc, DOC_PLAIN, " Without an interval it is one number of one schedule each: exact for that one, "
			 "and no more is known; replay with other seeds to learn it.");
}

/* --- the summary ------------------------------------------------------------------------------ */

static struct scale line_scale(const struct line *l, size_t nr)
{
	struct scale_range range = { 0 };

	for (size_t i = 0; i < nr; i++)
		if (l->v[i].set)
			scale_range_add(&range, l->v[i].value);
	return scale_for(l->unit, &range);
}

static void put_value(struct doc *d, const struct line *l, const struct scale *scale, size_t side)
{
	char text[64], ratio[24] = "";
	const char *mark = "";

	scale_text(scale, l->v[side].value, text, sizeof(text));
	doc_cell(d, DOC_PLAIN, "%s", l->v[side].set ? text : "-");
	if (!side)
		return;
	if (l->v[0].set && l->v[side].set)
		ratio_write(l->v[side].ratio.ratio, ratio, sizeof(ratio));
	if (differs(l, side))
		mark = stats_mark(&l->v[side].ratio, stats_rule_default.floor);
	doc_cell(d, tone_of(l, side) == DOC_PLAIN ? DOC_SOFT : tone_of(l, side), "%s%s%s", ratio, *mark ? " " : "", mark);
}

void report_numbers(struct report *r)
{
	const struct report_summary *s = r->summary;
	struct doc *d = r->doc;

	doc_heading(d, 3, NULL, "In numbers");
	doc_put(d, DOC_TABLE, DOC_PLAIN, "");
	doc_row(d, DOC_HEAD);
	doc_cell(d, DOC_PLAIN, "%s", "");
	for (size_t side = 0; side < s->nr_sides; side++) {
		doc_cell(d, DOC_PLAIN, "%s", r->sides.v[side].label);
		report_key(&d->v[d->nr - 1], side);
		d->v[d->nr - 1].number = side ? 2 : 1;
	}
	for (size_t i = 0; i < s->nr; i++) {
		const struct line *l = &s->v[i];
		struct scale scale = line_scale(l, s->nr_sides);

		doc_row(d, DOC_BODY);
		doc_cell(d, DOC_PLAIN, "%s%s%s", l->label + strspn(l->label, " "), *scale.unit ? ", " : "", report_unit(&scale));
		for (size_t side = 0; side < s->nr_sides; side++)
			put_value(d, l, &scale, side);
	}
	doc_put(d, DOC_TABLE_END, DOC_PLAIN, "");
	if (s->nr_sides > 1)
		doc_para(d, DOC_SOFT, "! sure and large, * sure and small, ? large and not sure; a number alone: "
			 "neither, or no interval.");
}

int report_compare(struct report *r, struct err *e)
{
	r->summary = xcalloc(1, sizeof(*r->summary));
	return summary_load(r->summary, r, e);
}

void report_answer(struct report *r)
{
	for (size_t side = 1; side < r->sides.nr; side++)
		put_side(r, r->summary, side);
	put_meaning(r, r->summary);
}

void report_compare_fini(struct report *r)
{
	for (size_t i = 0; r->summary && i < r->summary->nr; i++)
		free(r->summary->v[i].v);
	free(r->summary);
	r->summary = NULL;
}
