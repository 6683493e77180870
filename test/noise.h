/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_NOISE_H
#define TEST_NOISE_H

/* Noise of several shapes, mean 0 and deviation 1 but where told; seeded, and without libm's last digits. */
#include <math.h>

#include "base/prng.h"

static inline double noise_uniform(struct prng *p)
{
	return (double)(prng_next(p) >> 11) * 0x1p-53;
}

/* Near normal: 12 uniform numbers. */
static inline double noise_normal(struct prng *p)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += noise_uniform(p);
	return sum;
}

/* Student's t with 3 degrees of freedom: one in a hundred is beyond 5.8; scaled to deviation 1. */
static inline double noise_heavy(struct prng *p)
{
	double top = noise_normal(p), squares = 0;

	for (int i = 0; i < 3; i++) {
		double z = noise_normal(p);

		squares += z * z;
	}
	return top / sqrt(squares / 3) / 1.7320508075688772;
}

/* One in 20 stands @far away, on one side, as a disturbed measurement does. */
static inline double noise_outliers(struct prng *p, double far)
{
	double z = noise_normal(p);

	return prng_below(p, 20) ? z : z + far;
}

#endif
