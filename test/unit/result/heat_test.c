/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heat maps: which step a latency belongs to, and that nothing is lost when the run outgrows the map. */
#include "result/result.h"

#include "test/table.h"

struct row {
	const char	*name;
	uint64_t	 t_ns, service_ns;
	unsigned int	 times;		/* puts, @t_ns apart */
	uint64_t	 want_width, want_hi_ns;
	uint64_t	 want_t;	/* bucket of the last one */
};

static void check(const void *row)
{
	const struct row *r = row;
	struct result_heat *h;
	struct result result;
	uint64_t n = 0, at_hi = 0, last = 0;

	result_init(&result);
	result_heat_put(&result, RESULT_AGE, 1, 1);	/* not counted: nobody asked */
	assert_null(result.heat[RESULT_AGE]);
	result_heat_add(&result, RESULT_ACCESS);
	h = result.heat[RESULT_ACCESS];
	for (unsigned int i = 0; i < r->times; i++)
		result_heat_put(&result, RESULT_ACCESS, r->t_ns * (i + 1), r->service_ns);
	for (uint64_t t = 0; t < RESULT_HEAT_TIMES; t++) {
		for (unsigned int l = 0; l < RESULT_HEAT_LATENCIES; l++) {
			n += h->n[t][l];
			at_hi += result_heat_hi_ns(h, l) == r->want_hi_ns ? h->n[t][l] : 0;
			last = h->n[t][l] ? t * h->bucket_ns : last;
			if (h->n[t][l] && l)
				assert_true(result_heat_hi_ns(h, l - 1) < r->service_ns);
		}
	}
	assert_int_equal(n, r->times);
	assert_int_equal(at_hi, r->times);
	assert_int_equal(h->bucket_ns, r->want_width);
	assert_int_equal(last, r->want_t);
	result_fini(&result);
}

static const struct row rows[] = {
	{ "nothing took no time", 10, 0, 1, 1024, 64, 0 },
	{ "the first step's last", 10, 64, 1, 1024, 64, 0 },
	{ "the second step's first", 10, 65, 1, 1024, 96, 0 },
	{ "the second step's last", 10, 96, 1, 1024, 96, 0 },
	{ "the third step's first", 10, 97, 1, 1024, 128, 0 },
	{ "a power of two belongs below", 10, 4096, 1, 1024, 4096, 0 },
	{ "and one more above", 10, 4097, 1, 1024, 6144, 0 },
	{ "the last step", 10, 206158430208, 1, 1024, 206158430208, 0 },
	{ "longer than the last step", 10, 300000000000, 1, 1024, 300000000000, 0 },
	{ "the last time that fits", 262143, 100, 1, 1024, 128, 261120 },
	{ "the first that does not", 262144, 100, 1, 2048, 128, 262144 },
	{ "an hour", 3600000000000, 100, 1, 17179869184, 128, 3590592659456 },
	{ "many over a second", 1000, 5000, 1000000, 4194304, 6144, 998244352 },
	{ "beyond both", 3600000000000, 300000000000, 3, 68719476736, 300000000000, 10788957847552 },
};

int main(void)
{
	return table_run("heat", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
