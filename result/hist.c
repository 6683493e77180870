/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histogram in HdrHistogram's layout: bucket 0 holds 0 .. 2047 one by
 * one, bucket b > 0 holds [2^(b+10), 2^(b+11)) in 1024 steps of 2^b, so that a
 * value is off by less than one part in 1024.
 *
 * - counts[i] exists for i < nr_counts; whatever lies beyond is zero.
 * - n is the sum of counts; n, min, max and sum are exact; min and max are 0 when n is.
 */
#include "result/hist.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"

#define MAX_COUNTS	(((63 - HIST_SUB_BITS - 1) << HIST_SUB_BITS) + HIST_SUB_COUNT)	/* 55296 */

static unsigned int index_bucket(uint32_t index)
{
	return index < HIST_SUB_COUNT ? 0 : (index >> HIST_SUB_BITS) - 1;
}

static uint64_t lowest(uint32_t index)
{
	unsigned int bucket = index_bucket(index);

	return (uint64_t)(index - (bucket << HIST_SUB_BITS)) << bucket;
}

static uint64_t highest(uint32_t index)
{
	return lowest(index) + ((1ULL << index_bucket(index)) - 1);
}

/* Whole buckets at a time: a run's latencies reach their range within a few calls. */
void hist_grow(struct hist *h, uint32_t index)
{
	uint32_t nr = ((index >> HIST_SUB_BITS) + 1) << HIST_SUB_BITS;

	assert(index < MAX_COUNTS);	/* where values beyond HIST_MAX_VALUE would be */
	h->counts = xreallocarray(h->counts, nr, sizeof(*h->counts));
	memset(h->counts + h->nr_counts, 0, (nr - h->nr_counts) * sizeof(*h->counts));
	h->nr_counts = nr;
}

void hist_init(struct hist *h)
{
	*h = (struct hist){ 0 };
}

void hist_fini(struct hist *h)
{
	free(h->counts);
	hist_init(h);
}

void hist_record_n(struct hist *h, uint64_t value, uint64_t n)
{
	if (n)
		hist_add(h, value, n);
}

void hist_settle(struct hist *h, struct hist_tally *t)
{
	if (t->n && (!h->n || t->min < h->min))
		h->min = t->min;
	if (t->max > h->max)
		h->max = t->max;
	h->n += t->n;
	h->sum += t->sum;
	*t = HIST_NO_TALLY;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->n)
		return;
	if (from->nr_counts > into->nr_counts)
		hist_grow(into, from->nr_counts - 1);
	for (uint32_t i = 0; i < from->nr_counts; i++)
		into->counts[i] += from->counts[i];
	if (!into->n || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->n += from->n;
	into->sum += from->sum;
}

uint64_t hist_quantile(const struct hist *h, uint32_t ppm)
{
	__uint128_t scaled = (__uint128_t)h->n * (ppm < 1000000 ? ppm : 1000000);
	uint64_t wanted = (uint64_t)((scaled + 999999) / 1000000), seen = 0;

	if (!h->n)
		return 0;
	if (!wanted)
		return h->min;
	for (uint32_t i = 0; i < h->nr_counts; i++) {
		seen += h->counts[i];
		if (seen >= wanted)
			return highest(i) < h->max ? highest(i) : h->max;
	}
	return h->max;
}

uint64_t hist_mean(const struct hist *h)
{
	return h->n ? (uint64_t)(h->sum / h->n) : 0;
}

void hist_each(const struct hist *h, void (*fn)(void *arg, uint64_t lo, uint64_t hi, uint64_t n), void *arg)
{
	for (uint32_t i = 0; i < h->nr_counts; i++)
		if (h->counts[i])
			fn(arg, lowest(i), highest(i), h->counts[i]);
}

/*
 * The blob: a version byte, varints of n, min, max and the sum's two halves, then
 * one varint per count, twice its value, or for a run of zeros twice its length
 * plus one, and at the end four bytes of XXH32, least significant first.
 */
#define BLOB_VERSION	1
#define BLOB_TAIL	4
#define VARINT_MAX	10

struct bytes {
	uint8_t	*v;
	size_t	 len, cap;
};

static void put_varint(struct bytes *b, uint64_t value)
{
	if (b->len + VARINT_MAX > b->cap) {
		b->cap = 2 * b->cap + 256;
		b->v = xrealloc(b->v, b->cap);
	}
	for (; value >= 0x80; value >>= 7)
		b->v[b->len++] = (uint8_t)(value | 0x80);
	b->v[b->len++] = (uint8_t)value;
}

static void put_counts(struct bytes *b, const struct hist *h)
{
	uint32_t zeros = 0;

	for (uint32_t i = 0; i < h->nr_counts; i++) {
		if (!h->counts[i]) {
			zeros++;
			continue;
		}
		if (zeros)
			put_varint(b, 2 * (uint64_t)zeros + 1);
		zeros = 0;
		put_varint(b, 2 * h->counts[i]);
	}
}

void *hist_encode(const struct hist *h, size_t *len)
{
	struct bytes b = { 0 };
	uint32_t hash;

	put_varint(&b, BLOB_VERSION);
	put_varint(&b, h->n);
	put_varint(&b, h->min);
	put_varint(&b, h->max);
	put_varint(&b, (uint64_t)h->sum);
	put_varint(&b, (uint64_t)(h->sum >> 64));
	put_counts(&b, h);
	hash = XXH32(b.v, b.len, 0);
	b.v = xrealloc(b.v, b.len + BLOB_TAIL);
	for (int i = 0; i < BLOB_TAIL; i++)
		b.v[b.len++] = (uint8_t)(hash >> (8 * i));
	*len = b.len;
	return b.v;
}

struct cursor {
	const uint8_t	*at, *end;
};

/* Return: false at the end, or when the number does not fit. */
static bool get_varint(struct cursor *c, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint64_t byte = *c->at++;

		if (shift == 63 && byte > 1)
			return false;
		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = value;
			return true;
		}
	}
	return false;
}

static bool get_counts(struct cursor *c, struct hist *h)
{
	uint64_t index = 0, token, n = 0;

	while (c->at < c->end) {
		if (!get_varint(c, &token))
			return false;
		if (token & 1) {
			index += token >> 1;
			if (index >= MAX_COUNTS)
				return false;
			continue;
		}
		if (index >= MAX_COUNTS || !token)
			return false;
		if (index >= h->nr_counts)
			hist_grow(h, (uint32_t)index);
		h->counts[index++] = token >> 1;
		n += token >> 1;
	}
	return n == h->n;
}

/* Whatever the checksum says, a decoded histogram keeps this file's invariants. */
static bool is_sound(const struct hist *h)
{
	uint32_t first = 0, last = h->nr_counts;

	if (!h->n)
		return !h->min && !h->max && !h->sum;
	while (!h->counts[first])
		first++;
	while (!h->counts[last - 1])
		last--;
	return h->max <= HIST_MAX_VALUE && h->min <= h->max && hist_index(h->min) == first &&
	       hist_index(h->max) == last - 1 && h->sum >= (__uint128_t)h->min * h->n &&
	       h->sum <= (__uint128_t)h->max * h->n;
}

static bool decode(struct hist *h, struct cursor *c)
{
	uint64_t version, low, high;

	if (!get_varint(c, &version) || version != BLOB_VERSION)
		return false;
	if (!get_varint(c, &h->n) || !get_varint(c, &h->min) || !get_varint(c, &h->max) ||
	    !get_varint(c, &low) || !get_varint(c, &high))
		return false;
	h->sum = (__uint128_t)high << 64 | low;
	if (h->n && h->max <= HIST_MAX_VALUE)
		hist_grow(h, hist_index(h->max));	/* once, not as counts come */
	return get_counts(c, h) && is_sound(h);
}

int hist_decode(struct hist *h, const void *blob, size_t len)
{
	const uint8_t *v = blob;
	struct cursor c = { .at = v };
	uint32_t hash = 0;

	hist_init(h);
	if (len < BLOB_TAIL)
		return -EBADMSG;
	c.end = v + len - BLOB_TAIL;
	for (int i = 0; i < BLOB_TAIL; i++)
		hash |= (uint32_t)c.end[i] << (8 * i);
	if (hash != XXH32(v, len - BLOB_TAIL, 0) || !decode(h, &c)) {
		hist_fini(h);
		return -EBADMSG;
	}
	return 0;
}
