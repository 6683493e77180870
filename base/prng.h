/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include "base/types.h"

/*
 * Seeded randomness that is the same on every compiler and architecture.
 * prng_hash() is counter-based: the same words give the same number, whoever
 * asks and in whatever order.  The stream generator is the same hash of a
 * running counter (Steele, Lea, Flood: SplitMix64, OOPSLA 2014).
 */
struct prng {
	uint64_t state;
};

static inline uint64_t prng_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline void prng_seed(struct prng *p, uint64_t seed)
{
	p->state = seed;
}

static inline uint64_t prng_next(struct prng *p)
{
	p->state += 0x9e3779b97f4a7c15ULL;
	return prng_mix(p->state);
}

/* 0 .. @n - 1, @n > 0; the bias is below 2^-32 for any @n < 2^32. */
static inline uint64_t prng_below(struct prng *p, uint32_t n)
{
	return ((prng_next(p) >> 32) * (uint64_t)n) >> 32;
}

static inline uint64_t prng_hash(uint64_t a, uint64_t b, uint64_t c)
{
	return prng_mix(prng_mix(prng_mix(a + 0x9e3779b97f4a7c15ULL) + b) + c);
}

#endif
