/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often change points are found that are none, and how often those that are; exit 1 when a promise is broken. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "test/series.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double percent(unsigned int part, unsigned int of)
{
	return of ? 100.0 * part / of : 0;
}

static bool print_kind(const struct series_kind *kind, unsigned int series)
{
	struct series_score s = series_judge(kind, series, 1, changes_find);
	bool kept = series_kept(kind, &s);

	if (kind->steps)
		printf("  %-44s %5.1f %%  at that point %5.1f %%  others too %4.1f %%", kind->name, percent(s.hit, series),
		       percent(s.exact, series), percent(s.extra, series));
	else
		printf("  %-44s %5.1f %%", kind->name, percent(s.any, series));
	printf("%s\n", kind->apart ? "  (apart)" : kept ? "" : "  BROKEN");
	return kept;
}

static void print_time(size_t nr)
{
	double *v = calloc(nr, sizeof(*v)), begin = now_ms(), still;
	struct change *found;
	struct prng p;

	prng_seed(&p, nr);
	for (size_t i = 0; i < nr; i++)
		v[i] = 1000 + 20 * noise_normal(&p);
	free((changes_find(v, nr, &changes_rule_default, &found), found));
	still = now_ms() - begin;
	for (size_t i = nr / 2; i < nr; i++)
		v[i] += 50;
	begin = now_ms();
	free((changes_find(v, nr, &changes_rule_default, &found), found));
	printf("  %4zu points: %6.1f ms without a change, %6.1f ms with one\n", nr, still, now_ms() - begin);
	free(v);
}

int main(int argc, char **argv)
{
	unsigned int series = argc > 1 ? (unsigned int)atoi(argv[1]) : 1000;
	bool kept = true;

	printf("false positives: of %u stationary series of 30 to %d points, those in which a change was found\n", series,
	       SERIES_MOST);
	for (size_t i = 0; i < ARRAY_SIZE(series_kinds); i++)
		if (!series_kinds[i].steps)
			kept &= print_kind(&series_kinds[i], series);
	printf("power: of %u series each with a change, those in which it was found within %d points\n", series, SERIES_NEAR);
	for (size_t i = 0; i < ARRAY_SIZE(series_kinds); i++)
		if (series_kinds[i].steps)
			kept &= print_kind(&series_kinds[i], series);
	printf("time\n");
	print_time(30);
	print_time(100);
	print_time(300);
	print_time(1000);
	return kept ? 0 : 1;
}
