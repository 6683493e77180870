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

void hist_init(struct hist *h);
void hist_fini(struct hist *h);		/* zeroed: fine */
void hist_record(struct hist *h, uint64_t value);
/* @value will be recorded soon: where it is counted should be near by then. */
void hist_expect(const struct hist *h, uint64_t value);
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

#endif
