/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms to draw from.  Counts of a bin are drawn by table up to a mean of POISSON_SMALL,
 * above it from the normal that a Poisson distribution then is, so that a bin costs
 * two random words at most.
 */
#include "analysis/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* --- bins ------------------------------------------------------------------------ */

#define BINS_MOST	512	/* of up to 8 runs; of more, as many as cost the same */
#define BINS_LEAST	128

struct fine {
	uint64_t	 lo;
	double		 value;
	uint64_t	 n;
};

struct fines {
	struct fine	*v;
	size_t		 nr;
};

static void fine_put(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct fines *f = arg;

	if (!(f->nr & (f->nr - 1)))
		f->v = xreallocarray(f->v, f->nr ? 2 * f->nr : 1, sizeof(*f->v));
	f->v[f->nr++] = (struct fine){ lo, (double)lo + (double)(hi - lo) / 2, n };
}

/* The bin of @value when a power of two is cut into 2^@bits: ascending, and a finer one lies within one coarser. */
static uint64_t bin_of(uint64_t value, unsigned int bits)
{
	unsigned int shift = 63 - bits - (unsigned int)__builtin_clzll(value | ((2ULL << bits) - 1));

	return ((uint64_t)shift << bits) + (value >> shift);
}

static size_t bins_of(const struct fines *f, unsigned int bits)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->nr; i++)
		nr += !i || bin_of(f->v[i].lo, bits) != bin_of(f->v[i - 1].lo, bits);
	return nr;
}

/* The finest bins that are few enough. */
static unsigned int bits_for(const struct fines *f, size_t runs)
{
	size_t most = runs <= 8 ? BINS_MOST : 8 * BINS_MOST / runs;
	unsigned int bits = HIST_SUB_BITS;

	if (most < BINS_LEAST)
		most = BINS_LEAST;
	while (bits && bins_of(f, bits) > most)
		bits--;
	return bits;
}

struct counting {
	const uint64_t	*bins;
	unsigned int	 bits;
	size_t		 at;
	uint32_t	*count;
};

static void count_put(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct counting *c = arg;
	uint64_t sum;

	while (c->bins[c->at] != bin_of(lo, c->bits))
		c->at++;
	sum = c->count[c->at] + n;
	c->count[c->at] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

static void count_runs(struct resample *r, const struct hist *const *hist, const uint64_t *bins, unsigned int bits)
{
	for (size_t run = 0; run < r->runs; run++) {
		struct counting c = { .bins = bins, .bits = bits, .count = r->count + run * r->nr };

		hist_each(hist[run], count_put, &c);
	}
}

static void make_bins(struct resample *r, const struct fines *f, uint64_t *bins, unsigned int bits)
{
	uint64_t n = 0;
	double sum = 0;

	for (size_t i = 0; i < f->nr; i++) {
		uint64_t bin = bin_of(f->v[i].lo, bits);

		if (!i || bin != bins[r->nr - 1]) {
			bins[r->nr++] = bin;
			n = 0;
			sum = 0;
		}
		n += f->v[i].n;
		sum += f->v[i].value * (double)f->v[i].n;
		r->value[r->nr - 1] = sum / (double)n;
	}
}

/* --- how many of a bin are drawn --------------------------------------------------- */

#define POISSON_SMALL	32
#define POISSON_MOST	96		/* P(more | mean 31) < 2^-64 */
#define GUIDES		256

/* Inverse distribution functions of the means 0 .. POISSON_SMALL - 1. */
struct poisson {
	uint32_t	below[POISSON_SMALL][POISSON_MOST];	/* 2^32 P(at most k) */
	uint8_t		guide[POISSON_SMALL][GUIDES];		/* smallest k for random words that begin so */
};

static struct poisson *poisson_make(void)
{
	static const double inverse_e = 0.36787944117144233;	/* e^-1 */
	struct poisson *t = xcalloc(1, sizeof(*t));
	double none = 1;

	for (int mean = 0; mean < POISSON_SMALL; mean++, none *= inverse_e) {
		double p = none, sum = 0;
		int k = 0;

		for (; k < POISSON_MOST; k++, p = p * mean / k) {
			sum += p;
			t->below[mean][k] = sum < 1 ? (uint32_t)(sum * 4294967295.0) : UINT32_MAX;
		}
		t->below[mean][POISSON_MOST - 1] = UINT32_MAX;
		k = 0;
		for (uint32_t i = 0; i < GUIDES; i++) {
			while (t->below[mean][k] < i << 24)
				k++;
			t->guide[mean][i] = (uint8_t)k;
		}
	}
	return t;
}

/* Standard normal, near enough for the sum over bins: 64 coins, and a uniform number between their steps. */
static double normal(struct prng *p)
{
	uint64_t coins = prng_next(p);
	double between = (double)(prng_next(p) >> 11) * 0x1p-53;

	return (__builtin_popcountll(coins) - 32.5 + between) / 4.010403139835737;	/* sqrt(16 + 1/12) */
}

static double draw(const struct poisson *t, struct prng *p, uint32_t mean)
{
	uint32_t word;
	unsigned int k;
	double many;

	if (mean < POISSON_SMALL) {
		word = (uint32_t)(prng_next(p) >> 32);
		k = t->guide[mean][word >> 24];
		while (t->below[mean][k] < word)
			k++;
		return k;
	}
	many = mean + sqrt(mean) * normal(p);
	return many > 0 ? many : 0;
}

/* --- public -------------------------------------------------------------------------- */

static void sum_runs(struct resample *r)
{
	for (size_t run = 0; run < r->runs; run++) {
		const uint32_t *count = r->count + run * r->nr;
		uint64_t n = 0;

		for (size_t i = 0; i < r->nr; i++) {
			n += count[i];
			r->upto[i * r->runs + run] = n;
			r->run_sum[run] += count[i] * r->value[i];
		}
	}
}

void resample_init(struct resample *r, const struct hist *const *hist, size_t runs, const struct hist *merged)
{
	struct fines f = { 0 };
	unsigned int bits;
	uint64_t *bins;

	hist_each(merged, fine_put, &f);
	bits = bits_for(&f, runs);
	bins = xcalloc(f.nr, sizeof(*bins));
	*r = (struct resample){ .runs = runs, .value = xcalloc(f.nr, sizeof(*r->value)) };
	make_bins(r, &f, bins, bits);
	r->count = xcalloc(runs * r->nr, sizeof(*r->count));
	count_runs(r, hist, bins, bits);
	r->times = xcalloc(runs, sizeof(*r->times));
	r->upto = xcalloc(runs * r->nr, sizeof(*r->upto));
	r->run_sum = xcalloc(runs, sizeof(*r->run_sum));
	sum_runs(r);
	resample_all(r);
	free(bins);
	free(f.v);
}

void resample_fini(struct resample *r)
{
	free(r->value);
	free(r->count);
	free(r->drawn);
	free(r->poisson);
	free(r->times);
	free(r->upto);
	free(r->run_sum);
	*r = (struct resample){ 0 };
}

void resample_runs(struct resample *r, const uint32_t *which)
{
	memset(r->times, 0, r->runs * sizeof(*r->times));
	for (size_t i = 0; i < r->runs; i++)
		r->times[which[i]]++;
	r->operations = false;
}

void resample_all(struct resample *r)
{
	for (size_t run = 0; run < r->runs; run++)
		r->times[run] = 1;
	r->operations = false;
}

void resample_operations(struct resample *r, struct prng *p)
{
	double total = 0;

	if (!r->poisson) {
		r->poisson = poisson_make();
		r->drawn = xcalloc(r->nr, sizeof(*r->drawn));
	}
	r->sum = 0;
	r->operations = true;
	for (size_t i = 0; i < r->nr; i++) {
		double n = draw(r->poisson, p, r->count[i]);

		r->sum += n * r->value[i];
		total += n;
		r->drawn[i] = total;
	}
}

/* Operations drawn in @bin and those before it. */
static double drawn_upto(const struct resample *r, size_t bin)
{
	uint64_t n = 0;

	if (r->operations)
		return r->drawn[bin];
	for (size_t run = 0; run < r->runs; run++)
		n += r->times[run] * r->upto[bin * r->runs + run];
	return (double)n;
}

double resample_quantile(const struct resample *r, uint32_t ppm)
{
	size_t low = 0, high = r->nr;
	double wanted;

	if (!r->nr)
		return 0;
	wanted = drawn_upto(r, r->nr - 1) * ppm / 1e6;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (drawn_upto(r, middle) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return r->value[low < r->nr ? low : r->nr - 1];
}

double resample_mean(const struct resample *r)
{
	double n = r->nr ? drawn_upto(r, r->nr - 1) : 0, sum = r->sum;

	if (!r->operations) {
		sum = 0;
		for (size_t run = 0; run < r->runs; run++)
			sum += r->times[run] * r->run_sum[run];
	}
	return n > 0 ? sum / n : 0;
}
