/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turnbull's estimator by self-consistency: each observation's mass is shared out as the law so far says. */
#include "replay/gap_law.h"

#include <string.h>

#define FIRST_OCTAVE	10		/* bucket 0 begins at 0, bucket 1 at 1.25 << 10 ns */
#define ROUNDS		64
#define FINE		16		/* further bits of a mass over a mass */

unsigned int gap_bucket(uint64_t ns)
{
	unsigned int octave, bucket;

	if (ns < 1ULL << FIRST_OCTAVE)
		return 0;
	octave = 63 - (unsigned int)__builtin_clzll(ns);
	bucket = (octave - FIRST_OCTAVE) * 4 + (unsigned int)(ns >> (octave - 2) & 3);
	return bucket < GAP_BUCKETS ? bucket : GAP_BUCKETS - 1;
}

uint64_t gap_bucket_start_ns(unsigned int bucket)
{
	return bucket ? (4ULL + bucket % 4) << (bucket / 4 + FIRST_OCTAVE - 2) : 0;
}

void gap_touched_at(struct gap_counts *c, uint64_t gap_ns)
{
	unsigned int b = gap_bucket(gap_ns);

	c->touched[b][b]++;
	c->spells++;
}

void gap_touched_between(struct gap_counts *c, uint64_t after_ns, uint64_t by_ns)
{
	unsigned int first = after_ns ? gap_bucket(after_ns) + 1 : 0, last = gap_bucket(by_ns);

	c->touched[first < last ? first : last][last]++;
	c->spells++;
}

void gap_not_touched(struct gap_counts *c, uint64_t by_ns)
{
	c->censored[gap_bucket(by_ns)]++;
	c->spells++;
}

void gap_add(struct gap_counts *sum, const struct gap_counts *c)
{
	for (unsigned int first = 0; first < GAP_BUCKETS; first++)
		for (unsigned int last = first; last < GAP_BUCKETS; last++)
			sum->touched[first][last] += c->touched[first][last];
	for (unsigned int b = 0; b < GAP_BUCKETS; b++)
		sum->censored[b] += c->censored[b];
	sum->spells += c->spells;
}

/*
 * mass[GAP_BUCKETS] is that of "never".  Mass is where some observation puts a touch; beyond the last
 * of them nothing is known, and that is called never.
 */
static bool start(const struct gap_counts *c, uint64_t *mass)
{
	bool any = false;

	for (unsigned int b = 0; b < GAP_BUCKETS; b++)
		mass[b] = 0;
	mass[GAP_BUCKETS] = GAP_ONE / (GAP_BUCKETS + 1);
	for (unsigned int first = 0; first < GAP_BUCKETS; first++)
		for (unsigned int last = first; last < GAP_BUCKETS; last++) {
			if (!c->touched[first][last])
				continue;
			any = true;
			for (unsigned int b = first; b <= last; b++)
				mass[b] = GAP_ONE / (GAP_BUCKETS + 1);
		}
	return any;
}

static uint64_t sum_of(const uint64_t *mass, unsigned int first, unsigned int end)
{
	uint64_t sum = 0;

	while (first < end)
		sum += mass[first++];
	return sum;
}

/* Each unit of mass in first .. last gets a further @n / (mass there). */
static void share(uint64_t *from, const uint64_t *mass, unsigned int first, unsigned int last, uint64_t n)
{
	uint64_t there = sum_of(mass, first, last + 1);
	uint64_t each = ((__uint128_t)n << (32 + FINE)) / (there ? there : 1);

	from[first] += each;
	from[last + 1] -= each;		/* differences: modulo 2^64 they add up again */
}

static void one_round(const struct gap_counts *c, uint64_t *mass)
{
	uint64_t from[GAP_BUCKETS + 2] = { 0 }, each = 0;

	for (unsigned int last = 0; last < GAP_BUCKETS; last++) {
		for (unsigned int first = 0; first <= last; first++)
			if (c->touched[first][last])
				share(from, mass, first, last, c->touched[first][last]);
		if (c->censored[last])
			share(from, mass, last + 1, GAP_BUCKETS, c->censored[last]);
	}
	for (unsigned int b = 0; b <= GAP_BUCKETS; b++) {
		each += from[b];
		mass[b] = (uint64_t)((__uint128_t)mass[b] * each / c->spells >> FINE);
	}
}

bool gap_fit(const struct gap_counts *c, struct gap_law *out)
{
	uint64_t mass[GAP_BUCKETS + 1], sum = 0;

	memset(out, 0, sizeof(*out));
	if (!start(c, mass))
		return false;
	for (unsigned int i = 0; i < ROUNDS; i++)
		one_round(c, mass);
	for (unsigned int b = 0; b < GAP_BUCKETS; b++) {
		sum += mass[b];
		out->within[b] = sum < GAP_ONE ? sum : GAP_ONE;
	}
	return true;
}

static uint64_t chance_between(const struct gap_law *law, uint64_t after, uint64_t by)
{
	uint64_t left = GAP_ONE - after;

	return by <= after ? 0 : left ? (uint64_t)((__uint128_t)(by - after) * GAP_ONE / left) : GAP_ONE;
}

uint64_t gap_chance(const struct gap_law *law, uint64_t after_ns, uint64_t by_ns)
{
	return chance_between(law, after_ns ? law->within[gap_bucket(after_ns)] : 0, law->within[gap_bucket(by_ns)]);
}

uint64_t gap_expected(const struct gap_law *law, uint64_t by_ns)
{
	unsigned int last = gap_bucket(by_ns);
	uint64_t sum = 0, before = 0;

	for (unsigned int b = 0; b <= last; b++) {
		sum += chance_between(law, before, law->within[b]);
		before = law->within[b];
	}
	return sum;
}

uint64_t gap_draw_ns(const struct gap_law *law, uint64_t draw)
{
	uint64_t u = draw >> 32, below, width, from_ns, to_ns;
	unsigned int first = 0, end = GAP_BUCKETS;

	while (first < end) {		/* the first bucket that reaches beyond u */
		unsigned int mid = (first + end) / 2;

		if (law->within[mid] > u)
			end = mid;
		else
			first = mid + 1;
	}
	if (first == GAP_BUCKETS)
		return UINT64_MAX;
	below = first ? law->within[first - 1] : 0;
	width = law->within[first] - below;
	from_ns = gap_bucket_start_ns(first);
	to_ns = gap_bucket_start_ns(first + 1);
	return from_ns + (uint64_t)((__uint128_t)(to_ns - from_ns) * (u - below) / width);
}
