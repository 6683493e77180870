/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every invariant's check can fail: with a deliberate defect in the engine it does, within a
 * stated number of schedules, and names the invariant; without the defect it does not.
 */
#include "engine/core/mutant.h"
#include "test/unit/mutants/scene.h"

static const struct row {
	const char	*name;
	enum mutant	 mutant;
	const char	*want;		/* the invariant it breaks */
	unsigned int	 schedules;	/* within so many, and without the defect in none of as many */
	const struct scene_def *scene;
} rows[] = {
	{ "no look for an invalidation in progress", MUTANT_skip_in_progress, "I-N3", 100, &scene_races },
};

/* Return: the first schedule in which something broke, or 0; @what: what. */
static unsigned int first_broken(const struct row *row, enum mutant mutant, const char **what)
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

static void check(const void *vrow)
{
	const struct row *row = vrow;
	const char *what;

	if (first_broken(row, MUTANT_none, &what))
		fail_msg("broken without a defect: %s", what);
	if (!first_broken(row, row->mutant, &what))
		fail_msg("nothing broke in %u schedules", row->schedules);
	if (strncmp(what, row->want, strlen(row->want)) != 0)
		fail_msg("broke %s instead of %s", what, row->want);
}

int main(void)
{
	return table_run("mutants", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
