/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms against a sorted array of the same values: every quantile is at
 * least the true one and at most 1/1024 above it.
 */
#include "result/hist.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "test/table.h"

#define MAX_VALUE ((uint64_t)INT64_MAX)

/* Values of many sizes: a random number of random bits. */
static uint64_t wide_value(struct prng *p)
{
	return prng_next(p) >> (1 + prng_below(p, 63));
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

struct row {
	const char	*name;
	void		(*check)(const struct row *row);
	uint64_t	 seed;
	uint32_t	 n;
	uint64_t	 mask;		/* of the values */
	uint64_t	 value, want;
	uint32_t	 ppm;
};

static uint64_t *fill(struct hist *h, const struct row *row, uint64_t seed)
{
	uint64_t *v = xmalloc(row->n * sizeof(*v));
	struct prng p;

	hist_init(h);
	prng_seed(&p, seed);
	for (uint32_t i = 0; i < row->n; i++) {
		v[i] = wide_value(&p) & row->mask;
		hist_record(h, v[i]);
	}
	qsort(v, row->n, sizeof(*v), by_value);
	return v;
}

static void differential(const struct row *row)
{
	static const uint32_t ppms[] = { 1, 1000, 250000, 500000, 900000, 990000, 999000, 999999, 1000000 };
	__uint128_t sum = 0;
	struct hist h;
	uint64_t *v = fill(&h, row, row->seed);

	for (uint32_t i = 0; i < row->n; i++)
		sum += v[i];
	assert_int_equal(h.n, row->n);
	assert_int_equal(h.min, v[0]);
	assert_int_equal(h.max, v[row->n - 1]);
	assert_true(h.sum == sum);
	assert_int_equal(hist_mean(&h), (uint64_t)(sum / row->n));
	assert_int_equal(hist_quantile(&h, 0), v[0]);
	for (size_t i = 0; i < ARRAY_SIZE(ppms); i++) {
		uint64_t rank = ((uint64_t)row->n * ppms[i] + 999999) / 1000000;
		uint64_t truth = v[rank - 1], got = hist_quantile(&h, ppms[i]);

		assert_true(got >= truth);
		assert_true(got - truth <= truth / 1024);
	}
	free(v);
	hist_fini(&h);
}

static void assert_same(const struct hist *a, const struct hist *b)
{
	uint32_t both = a->nr_counts < b->nr_counts ? a->nr_counts : b->nr_counts;

	assert_int_equal(a->n, b->n);
	assert_int_equal(a->min, b->min);
	assert_int_equal(a->max, b->max);
	assert_true(a->sum == b->sum);
	if (both)
		assert_memory_equal(a->counts, b->counts, both * sizeof(*a->counts));
	for (uint32_t i = both; i < a->nr_counts; i++)
		assert_int_equal(a->counts[i], 0);
	for (uint32_t i = both; i < b->nr_counts; i++)
		assert_int_equal(b->counts[i], 0);
}

/* a + b, b + a and recording both into one are the same. */
static void merges(const struct row *row)
{
	struct row other = *row;
	struct hist a, b, ab, ba, both;
	uint64_t *va, *vb;

	other.mask = row->value;
	va = fill(&a, row, row->seed);
	vb = fill(&b, &other, row->seed + 1);
	hist_init(&ab);
	hist_init(&ba);
	hist_init(&both);
	hist_merge(&ab, &a);
	hist_merge(&ab, &b);
	hist_merge(&ba, &b);
	hist_merge(&ba, &a);
	for (uint32_t i = 0; i < row->n; i++) {
		hist_record(&both, va[i]);
		hist_record(&both, vb[i]);
	}
	assert_same(&ab, &ba);
	assert_same(&ab, &both);
	free(va);
	free(vb);
	hist_fini(&a);
	hist_fini(&b);
	hist_fini(&ab);
	hist_fini(&ba);
	hist_fini(&both);
}

/* Values counted into a tally, settled after each @value of them, are as good as recorded ones. */
static void tallies(const struct row *row)
{
	struct hist_tally t = HIST_NO_TALLY;
	struct hist recorded, counted;
	uint64_t *v = fill(&recorded, row, row->seed);

	hist_init(&counted);
	hist_settle(&counted, &t);	/* of nothing */
	for (uint32_t i = 0; i < row->n; i++) {
		hist_count(&counted, &t, v[i]);
		if (i % row->value == 0)
			hist_settle(&counted, &t);
	}
	hist_settle(&counted, &t);
	assert_same(&recorded, &counted);
	free(v);
	hist_fini(&recorded);
	hist_fini(&counted);
}

static void merge_empty(const struct row *row)
{
	struct hist h, empty;
	uint64_t *v = fill(&h, row, row->seed);

	hist_init(&empty);
	hist_merge(&h, &empty);
	assert_int_equal(h.n, row->n);
	assert_int_equal(h.min, v[0]);
	hist_merge(&empty, &h);
	assert_same(&empty, &h);
	free(v);
	hist_fini(&h);
	hist_fini(&empty);
}

static void round_trip(const struct row *row)
{
	struct hist h, back;
	uint64_t *v = fill(&h, row, row->seed);
	size_t len, again;
	void *blob = hist_encode(&h, &len), *blob2;

	assert_int_equal(hist_decode(&back, blob, len), 0);
	assert_same(&h, &back);
	blob2 = hist_encode(&back, &again);
	assert_int_equal(len, again);
	assert_memory_equal(blob, blob2, len);
	free(blob);
	free(blob2);
	free(v);
	hist_fini(&h);
	hist_fini(&back);
}

static void refuse(const void *blob, size_t len)
{
	struct hist h;

	assert_int_equal(hist_decode(&h, blob, len), -EBADMSG);
	assert_null(h.counts);
}

/* Every flip of one bit, every truncation, and a byte too many. */
static void corruption(const struct row *row)
{
	struct hist h;
	uint64_t *v = fill(&h, row, row->seed);
	size_t len;
	uint8_t *blob = hist_encode(&h, &len);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		blob[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		refuse(blob, len);
		blob[bit / 8] ^= (uint8_t)(1 << (bit % 8));
	}
	for (size_t cut = 0; cut < len; cut++)
		refuse(blob, cut);
	blob = xrealloc(blob, len + 1);
	blob[len] = 0;
	refuse(blob, len + 1);
	free(blob);
	free(v);
	hist_fini(&h);
}

static void one_value(const struct row *row)
{
	struct hist h;

	hist_init(&h);
	hist_record_n(&h, row->value, row->n);
	assert_int_equal(h.n, row->n);
	assert_int_equal(hist_quantile(&h, row->ppm), row->want);
	assert_int_equal(hist_mean(&h), row->n ? row->value : 0);
	hist_fini(&h);
}

/* @n records of 10 and one of @value: where does @ppm fall? */
static void edge(const struct row *row)
{
	struct hist h;

	hist_init(&h);
	hist_record_n(&h, 10, row->n);
	hist_record(&h, row->value);
	assert_int_equal(hist_quantile(&h, row->ppm), row->want);
	hist_fini(&h);
}

struct walk {
	uint64_t n, next;
	int	 buckets;
};

static void walk_bucket(void *arg, uint64_t lo, uint64_t hi, uint64_t n)
{
	struct walk *w = arg;

	assert_true(lo >= w->next && lo <= hi && n > 0);
	w->next = hi + 1;
	w->n += n;
	w->buckets++;
}

static void each(const struct row *row)
{
	struct walk w = { 0 };
	struct hist h;
	uint64_t *v = fill(&h, row, row->seed);

	hist_each(&h, walk_bucket, &w);
	assert_int_equal(w.n, row->n);
	assert_true(w.buckets > 0);
	free(v);
	hist_fini(&h);
}

static void check(const void *row)
{
	((const struct row *)row)->check(row);
}

static const struct row rows[] = {
	{ "quantiles, values of every size", differential, .seed = 1, .n = 100000, .mask = MAX_VALUE },
	{ "quantiles, few values", differential, .seed = 2, .n = 3, .mask = MAX_VALUE },
	{ "quantiles, one value", differential, .seed = 3, .n = 1, .mask = MAX_VALUE },
	{ "quantiles, values counted one by one", differential, .seed = 4, .n = 50000, .mask = 2047 },
	{ "quantiles, microseconds", differential, .seed = 5, .n = 50000, .mask = 0xfffff },
	{ "merging commutes", merges, .seed = 6, .n = 20000, .mask = MAX_VALUE, .value = MAX_VALUE },
	{ "merging a narrow with a wide one commutes", merges, .seed = 7, .n = 20000, .mask = 0xff, .value = MAX_VALUE },
	{ "merging an empty one changes nothing", merge_empty, .seed = 8, .n = 1000, .mask = MAX_VALUE },
	{ "a tally, values of every size", tallies, .seed = 13, .n = 20000, .mask = MAX_VALUE, .value = 100000 },
	{ "a tally, settled now and then", tallies, .seed = 14, .n = 20000, .mask = 0xfffff, .value = 37 },
	{ "a tally, settled each time", tallies, .seed = 15, .n = 100, .mask = 0xff, .value = 1 },
	{ "a tally, one value", tallies, .seed = 16, .n = 1, .mask = 0xff, .value = 2 },
	{ "a tally of nothing", tallies, .n = 0, .value = 1 },
	{ "round trip, empty", round_trip, .n = 0 },
	{ "round trip, wide", round_trip, .seed = 9, .n = 50000, .mask = MAX_VALUE },
	{ "round trip, narrow", round_trip, .seed = 10, .n = 50000, .mask = 0xffff },
	{ "a damaged blob is refused", corruption, .seed = 11, .n = 40, .mask = 0xfffff },
	{ "a damaged blob of an empty histogram is refused", corruption, .n = 0 },
	{ "nothing recorded", one_value, .n = 0, .value = 5, .ppm = 500000, .want = 0 },
	{ "zero is a value", one_value, .n = 3, .value = 0, .ppm = 500000, .want = 0 },
	{ "the largest value", one_value, .n = 2, .value = MAX_VALUE, .ppm = 500000, .want = MAX_VALUE },
	{ "a quantile is never above the maximum", one_value, .n = 9, .value = 1000001, .ppm = 990000, .want = 1000001 },
	{ "more than a million millionths is the maximum", one_value, .n = 1, .value = 7, .ppm = 2000000, .want = 7 },
	{ "p99 of 99 small and 1 large is small", edge, .n = 99, .value = 5000, .ppm = 990000, .want = 10 },
	{ "p99 of 98 small and 1 large is large", edge, .n = 98, .value = 2000, .ppm = 990000, .want = 2000 },
	{ "the last millionth is the maximum", edge, .n = 99, .value = 2000, .ppm = 999999, .want = 2000 },
	{ "buckets come in order and add up", each, .seed = 12, .n = 30000, .mask = MAX_VALUE },
};

int main(void)
{
	return table_run("hist", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
