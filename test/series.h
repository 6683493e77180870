/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_SERIES_H
#define TEST_SERIES_H

/*
 * Series whose changes are known, and what a detector makes of them.  A kind and a seed are a
 * series: its length and where it changes are drawn, too.  Values lie about 1000.
 */
#include <stdlib.h>

#include "analysis/changes.h"
#include "base/types.h"
#include "test/noise.h"

#define SERIES_MOST	120
#define SERIES_NEAR	3	/* found within so many points of where it was */

enum series_noise { SERIES_NORMAL, SERIES_HEAVY, SERIES_OUTLIERS, SERIES_ALIKE, SERIES_NONE };

struct series_kind {
	const char		*name;
	enum series_noise	 noise;
	double			 level;		/* of the noise, as a share */
	double			 step;		/* as a share; 0: stationary */
	int			 steps;		/* 1: and stays so, 2: and is taken back */
	unsigned int		 edge;		/* points at least between it, the ends, and what takes it back */
	bool			 apart;		/* not what the detector promises */
};

static const struct series_kind series_kinds[] = {
	{ "normal noise, 2 %", SERIES_NORMAL, 0.02 },
	{ "heavy tails (Student's t, 3 degrees), 2 %", SERIES_HEAVY, 0.02 },
	{ "one in 20 is 10 % off", SERIES_OUTLIERS, 0.02 },
	{ "neighbours alike (AR(1), 0.5), 2 %", SERIES_ALIKE, 0.02, .apart = true },
	{ "a step of 5 % at 2 % noise", SERIES_NORMAL, 0.02, 0.05, 1, 5 },
	{ "a step of 5 % back", SERIES_NORMAL, 0.02, -0.05, 1, 5 },
	{ "a step of 5 % and heavy tails, 2 %", SERIES_HEAVY, 0.02, 0.05, 1, 5 },
	{ "a step of 5 %, one in 20 is 10 % off", SERIES_OUTLIERS, 0.02, 0.05, 1, 5, .apart = true },
	{ "a step of 5 % and its end, both found", SERIES_NORMAL, 0.02, 0.05, 2, 10, .apart = true },
	{ "a step of 5 %, 3 points before the end", SERIES_NORMAL, 0.02, 0.05, 1, 3, .apart = true },
};

struct series {
	double	v[SERIES_MOST];
	size_t	nr;
	size_t	at[2];		/* the changes */
	int	changes;
};

static inline double series_noise(enum series_noise noise, struct prng *p, double *before)
{
	switch (noise) {
	case SERIES_HEAVY:
		return noise_heavy(p);
	case SERIES_OUTLIERS:
		return noise_outliers(p, 5);
	case SERIES_ALIKE:
		*before = 0.5 * *before + 0.8660254037844386 * noise_normal(p);
		return *before;
	case SERIES_NORMAL:
		return noise_normal(p);
	default:
		return 0;
	}
}

static inline void series_make(struct series *s, const struct series_kind *kind, uint64_t seed)
{
	size_t free_points;
	double before = 0;
	struct prng p;

	prng_seed(&p, prng_hash(seed, (uint64_t)kind->noise, 77));
	*s = (struct series){ .nr = 30 + prng_below(&p, SERIES_MOST - 30 + 1), .changes = kind->steps };
	free_points = s->nr - (size_t)(kind->steps + 1) * kind->edge;
	s->at[0] = kind->edge + (kind->edge == 3 ? free_points : prng_below(&p, (uint32_t)free_points + 1));
	if (kind->steps == 2)
		s->at[1] = s->at[0] + kind->edge + prng_below(&p, (uint32_t)(s->nr - 2 * kind->edge - s->at[0] + 1));
	for (size_t i = 0; i < s->nr; i++) {
		bool high = s->changes && i >= s->at[0] && (s->changes == 1 || i < s->at[1]);

		s->v[i] = 1000 * (1 + (high ? kind->step : 0)) * (1 + kind->level * series_noise(kind->noise, &p, &before));
	}
}

/* Like changes_find(). */
typedef size_t (*series_detector)(const double *v, size_t nr, const struct changes_rule *rule, struct change **out);

/* Of @series series. */
struct series_score {
	unsigned int series;
	unsigned int any;	/* something was found */
	unsigned int hit;	/* all that is there was found nearby */
	unsigned int exact;	/* and at that very point */
	unsigned int extra;	/* something was found elsewhere */
};

static inline bool series_found(const struct change *c, size_t nr, size_t at, size_t near)
{
	for (size_t i = 0; i < nr; i++)
		if (c[i].at + near >= at && c[i].at <= at + near)
			return true;
	return false;
}

static inline struct series_score series_judge(const struct series_kind *kind, unsigned int series, uint64_t seed,
					       series_detector detect)
{
	struct series_score score = { .series = series };

	for (unsigned int i = 0; i < series; i++) {
		struct change *found;
		bool hit = true, exact = true;
		struct series s;
		size_t nr;

		series_make(&s, kind, seed + i);
		nr = detect(s.v, s.nr, &changes_rule_default, &found);
		for (int k = 0; k < s.changes; k++) {
			hit &= series_found(found, nr, s.at[k], SERIES_NEAR);
			exact &= series_found(found, nr, s.at[k], 0);
		}
		score.any += nr > 0;
		score.hit += s.changes && hit;
		score.exact += s.changes && exact;
		score.extra += nr > (size_t)s.changes;
		free(found);
	}
	return score;
}

/* False alarms in at most 1 % of stationary series; 95 % at least of the steps, without a second one in more than 2 %. */
static inline bool series_kept(const struct series_kind *kind, const struct series_score *score)
{
	if (kind->apart)
		return true;
	if (!kind->steps)
		return 100 * score->any <= score->series;
	return 100 * score->hit >= 95 * score->series && 50 * score->extra <= score->series;
}

#endif
