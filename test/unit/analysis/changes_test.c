/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Change points: what is promised of series with known changes, and single series by hand. */
#include "analysis/changes.h"

#include <stdio.h>

#include "base/alloc.h"
#include "test/series.h"
#include "test/table.h"

#define SERIES	200

/* --- detectors that must not pass ------------------------------------------------------ */

static size_t find_nothing(const double *v, size_t nr, const struct changes_rule *rule, struct change **out)
{
	*out = NULL;
	return 0;
}

static size_t find_middle(const double *v, size_t nr, const struct changes_rule *rule, struct change **out)
{
	*out = xcalloc(1, sizeof(**out));
	(*out)->at = nr / 2;
	return 1;
}

static size_t find_everywhere(const double *v, size_t nr, const struct changes_rule *rule, struct change **out)
{
	*out = xcalloc(nr, sizeof(**out));
	for (size_t i = 1; i < nr; i++)
		(*out)[i - 1].at = i;
	return nr - 1;
}

/* --- rows --------------------------------------------------------------------------------- */

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	series_detector	 detector;
	bool		 fails;
	bool		 exact;
	double		 floor;
	uint32_t	 min_segment;
	const char	*v;		/* "100*10 105*3": values and how often */
	const char	*want;		/* "10:100>105" */
};

static void promises(const struct row *row)
{
	bool kept = true;

	for (size_t i = 0; i < ARRAY_SIZE(series_kinds); i++) {
		struct series_score score;

		if (series_kinds[i].apart)
			continue;
		score = series_judge(&series_kinds[i], SERIES, 1, row->detector);
		if (!row->fails)
			print_message("# %s: any %u, hit %u, exact %u, extra %u of %u\n", series_kinds[i].name,
				      score.any, score.hit, score.exact, score.extra, score.series);
		kept &= series_kept(&series_kinds[i], &score);
	}
	assert_int_equal(kept, !row->fails);
}

static size_t values(const char *text, double *v)
{
	size_t nr = 0;
	double value;
	int times, used;

	for (; sscanf(text, " %lf*%d%n", &value, &times, &used) == 2; text += used)
		while (times--)
			v[nr++] = value;
	return nr;
}

static void finds(const struct row *row)
{
	struct changes_rule rule = changes_rule_default;
	char text[256] = "", *end = text;
	struct change *found;
	double v[256];
	size_t nr;

	rule.exact = row->exact;
	if (row->floor > 0)
		rule.floor = row->floor;
	if (row->min_segment)
		rule.min_segment = row->min_segment;
	nr = changes_find(v, values(row->v, v), &rule, &found);
	for (size_t i = 0; i < nr; i++)
		end += sprintf(end, "%s%zu:%g>%g", i ? " " : "", found[i].at, found[i].before, found[i].after);
	free(found);
	assert_string_equal(text, row->want);
}

/* The same bytes twice, and a place that does not depend on the seed when the step is clear. */
static void repeats(const struct row *row)
{
	struct series s;

	series_make(&s, &series_kinds[4], 5);
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct changes_rule rule = changes_rule_default;
		struct change *a, *b;
		size_t nr;

		rule.seed = seed;
		nr = changes_find(s.v, s.nr, &rule, &a);
		assert_int_equal(nr, 1);
		assert_int_equal(changes_find(s.v, s.nr, &rule, &b), nr);
		assert_memory_equal(a, b, sizeof(*a));
		assert_in_range(a->at, s.at[0] - SERIES_NEAR, s.at[0] + SERIES_NEAR);
		free(a);
		free(b);
	}
}

static void check(const void *row)
{
	((const struct row *)row)->check(row);
}

static const struct row rows[] = {
	{ .name = "the promises", .check = promises, .detector = changes_find },
	{ .name = "who never finds a change breaks them", .check = promises, .detector = find_nothing, .fails = true },
	{ .name = "who always finds one breaks them", .check = promises, .detector = find_middle, .fails = true },
	{ .name = "who finds one everywhere breaks them", .check = promises, .detector = find_everywhere, .fails = true },
	{ .name = "same series, same answer", .check = repeats },

	{ .name = "nothing", .check = finds, .v = "", .want = "" },
	{ .name = "one point", .check = finds, .v = "5*1", .exact = true, .want = "" },
	{ .name = "all the same", .check = finds, .v = "5*100", .want = "" },
	{ .name = "all the same, exact", .check = finds, .v = "5*100", .exact = true, .want = "" },
	{ .name = "a step", .check = finds, .v = "100*20 110*15", .want = "20:100>110" },
	{ .name = "two", .check = finds, .v = "100*20 110*15 90*12", .want = "20:100>110 35:110>90" },
	{ .name = "taken back", .check = finds, .v = "100*20 110*6 100*20", .want = "20:100>110 26:110>100" },
	{ .name = "from nothing", .check = finds, .v = "0*20 7*15", .want = "20:0>7" },
	{ .name = "below zero", .check = finds, .v = "-100*20 -110*15", .want = "20:-100>-110" },
	{ .name = "below the floor", .check = finds, .v = "100*20 102*15", .want = "" },
	{ .name = "a lower floor", .check = finds, .v = "100*20 102*15", .floor = 0.01, .want = "20:100>102" },
	{ .name = "small steps add up", .check = finds, .v = "100*20 102*20 104*20", .want = "20:100>103" },
	{ .name = "one odd point is no change", .check = finds, .v = "100*20 150*1 100*20", .want = "" },
	{ .name = "nor are two", .check = finds, .v = "100*20 150*2 100*20", .want = "" },
	{ .name = "the last points are too few to tell", .check = finds, .v = "100*8 110*3", .want = "" },
	{ .name = "exact: the last one will do", .check = finds, .v = "100*8 110*1", .exact = true, .want = "8:100>110" },
	{ .name = "exact: below the floor", .check = finds, .v = "100*8 102*1", .exact = true, .want = "" },
	{ .name = "exact: one odd point is no change", .check = finds, .v = "100*8 110*1 100*8", .exact = true, .want = "" },
	{ .name = "exact: taken back", .check = finds, .v = "100*8 110*2 100*3", .exact = true,
	  .want = "8:100>110 10:110>100" },
	{ .name = "exact: no stretch is long enough", .check = finds, .v = "100*2 110*2 120*2", .exact = true, .want = "" },
	{ .name = "exact: longer segments asked for", .check = finds, .v = "100*8 110*9", .exact = true,
	  .min_segment = 10, .want = "" },
	{ .name = "exact: what is between steps is searched", .check = finds, .exact = true,
	  .v = "100*1 101*1 100*1 102*1 99*1 100*1 101*1 98*1 102*1 100*1 99*1 120*1 121*1 122*1 119*1 118*1 121*1 120*1 "
	       "122*1 119*1 200*5", .want = "11:100>120 20:120>200" },
};

int main(void)
{
	return table_run("changes", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
