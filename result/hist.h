/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_HIST_H
#define RESULT_HIST_H

#include "base/types.h"

/*
 * Mergeable log-linear histogram in HdrHistogram's layout: values 0 .. 2^63 - 1,
 * three significant decimal digits (sub-bucket count 2048), no configuration,
 * so that any two merge.  Buckets are allocated when first used.
 */
struct hist {
	uint64_t	 n, min, max;
	__uint128_t	 sum;
	uint32_t	 nr_counts;	/* allocated */
	uint64_t	*counts;
};

#define HIST_SUB_BITS	10			/* a step is at most 2^-10 of the value */
#define HIST_SUB_COUNT	(2u << HIST_SUB_BITS)
#define HIST_MAX_VALUE	((uint64_t)INT64_MAX)

void hist_init(struct hist *h);
void hist_fini(struct hist *h);		/* zeroed: fine */
static inline void hist_record(struct hist *h, uint64_t value);
/*
 * What hist_record() would note beside the counts, kept by whoever records very often: hist_count() fills it in,
 * hist_settle() adds it to the histogram and empties it.  Until then only the histogram's counts are right.
 */
struct hist_tally {
	uint64_t	 n, min, max;
	uint64_t	 sum;		/* at most HIST_MAX_VALUE */
};

#define HIST_NO_TALLY	((struct hist_tally){ .min = UINT64_MAX })

static inline void hist_count(struct hist *h, struct hist_tally *t, uint64_t value);
void hist_settle(struct hist *h, struct hist_tally *t);
void hist_record_n(struct hist *h, uint64_t value, uint64_t n);
void hist_merge(struct hist *into, const struct hist *from);
/* Smallest recorded-equivalent value v such that at least @ppm millionths of the records are <= v; 0 when empty. */
uint64_t hist_quantile(const struct hist *h, uint32_t ppm);
uint64_t hist_mean(const struct hist *h);
/* Calls @fn(arg, lowest value, highest value, count) for each non-empty bucket, ascending. */
void hist_each(const struct hist *h, void (*fn)(void *arg, uint64_t lo, uint64_t hi, uint64_t n), void *arg);
/* Compact encoding (varint, zero runs), the database's blob.  Return: malloc()ed bytes, *@len. */
void *hist_encode(const struct hist *h, size_t *len);
/* Return: 0 or -EBADMSG. */
int hist_decode(struct hist *h, const void *blob, size_t len);

/* --- what is inlined where samples come by the million --- */

/* There is a count at @index from here on; asserts that there can be: a "negative" duration is the caller's bug. */
void hist_grow(struct hist *h, uint32_t index);

/* Where @value is counted. */
static inline uint32_t hist_index(uint64_t value)
{
	unsigned int bucket = (63 ^ __builtin_clzll(value | (HIST_SUB_COUNT - 1))) - HIST_SUB_BITS;

	return (bucket << HIST_SUB_BITS) + (uint32_t)(value >> bucket);
}

static inline uint64_t *hist_at(struct hist *h, uint64_t value)
{
	uint32_t index = hist_index(value);

	if (unlikely(index >= h->nr_counts))
		hist_grow(h, index);
	return &h->counts[index];
}

/* @n is known where this is inlined: one value needs no multiplication. */
static inline __attribute__((always_inline)) void hist_add(struct hist *h, uint64_t value, uint64_t n)
{
	*hist_at(h, value) += n;
	if (unlikely(!h->n || value < h->min))
		h->min = value;
	if (unlikely(value > h->max))
		h->max = value;
	h->n += n;
	h->sum += (__uint128_t)value * n;
}

static inline void hist_record(struct hist *h, uint64_t value)
{
	hist_add(h, value, 1);
}

static inline void hist_count(struct hist *h, struct hist_tally *t, uint64_t value)
{
	++*hist_at(h, value);
	t->n++;
	if (unlikely(value < t->min))
		t->min = value;
	if (unlikely(value > t->max))
		t->max = value;
	t->sum += value;
	if (unlikely(t->sum > HIST_MAX_VALUE))	/* another value may be too much for it */
		hist_settle(h, t);
}

#endif
