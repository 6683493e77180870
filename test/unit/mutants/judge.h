/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_MUTANTS_JUDGE_H
#define TEST_UNIT_MUTANTS_JUDGE_H

/* Does a scene break with a defect, and not without?  Whoever includes this has included its scenes. */
#include "engine/core/mutant.h"
#include "test/unit/mutants/scene_run.h"

/* A run that is stopped loses what its tasks were about to hand over. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:root_new\nleak:dirty_log_new\nleak:tell_leafs\n";
}

struct mutant_row {
	const char	*name;
	enum mutant	 mutant;
	const char	*want;		/* the invariant it breaks */
	unsigned int	 schedules;	/* within so many, and without the defect in none of as many */
	const struct scene_def *scene;
};

/* Return: the first schedule in which something broke, or 0; @what: what. */
static inline unsigned int first_broken(const struct mutant_row *row, enum mutant mutant, const char **what)
{
	for (unsigned int seed = 1; seed <= row->schedules; seed++) {
		mutant_on = mutant;
		*what = scene_run(row->scene, seed);
		mutant_on = MUTANT_none;
		if (*what)
			return seed;
	}
	return 0;
}

static inline void check_mutant(const void *vrow)
{
	const struct mutant_row *row = vrow;
	const char *what;

	if (first_broken(row, MUTANT_none, &what))
		fail_msg("broken without a defect: %s", what);
	if (!first_broken(row, row->mutant, &what))
		fail_msg("nothing broke in %u schedules", row->schedules);
	if (strncmp(what, row->want, strlen(row->want)) != 0)
		fail_msg("broke %s instead of %s", what, row->want);
}

static inline int by_gap(const void *a, const void *b)
{
	return *(const unsigned int *)a < *(const unsigned int *)b ? -1 : *(const unsigned int *)a > *(const unsigned int *)b;
}

/* How many schedules it takes, from one that breaks to the next: median and most, over @nr schedules. */
static inline void measure(const struct mutant_row *row, unsigned int nr)
{
	unsigned int *gaps = xcalloc(nr + 1, sizeof(*gaps)), hits = 0, last = 0;

	for (unsigned int seed = 1; seed <= nr; seed++) {
		mutant_on = row->mutant;
		if (scene_run(row->scene, seed)) {
			gaps[hits++] = seed - last;
			last = seed;
		}
		mutant_on = MUTANT_none;
	}
	qsort(gaps, hits, sizeof(*gaps), by_gap);
	printf("| %s | %s | %u | %u | %u | %u |\n", row->name, row->want, hits, hits ? gaps[hits / 2] : 0,
	       hits ? gaps[hits - 1] : 0, row->schedules);
	free(gaps);
}

/* Return: how many of @nr schedules of each scene break without a defect; none should. */
static inline int soak(const struct mutant_row *rows, size_t nr_rows, unsigned int nr)
{
	int broken = 0;

	for (size_t i = 0; i < nr_rows; i++)
		for (unsigned int seed = 1; seed <= nr; seed++) {
			const char *what = scene_run(rows[i].scene, seed);

			if (what)
				printf("%s, seed %u: %s\n", rows[i].name, seed, what);
			broken += what != NULL;
		}
	return broken;
}

/* "measure 400" prints the table of docs/safety.md; "soak 1000" plays the scenes without any defect. */
static inline int mutants_main(const char *name, const struct mutant_row *rows, size_t nr, int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "measure") == 0) {
		for (size_t i = 0; i < nr; i++)
			measure(&rows[i], (unsigned int)atoi(argv[2]));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "soak") == 0)
		return soak(rows, nr, (unsigned int)atoi(argv[2])) != 0;
	return table_run(name, rows, nr, sizeof(rows[0]), check_mutant);
}

#endif
