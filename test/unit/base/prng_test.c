/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same numbers on every compiler and architecture. */
#include "base/prng.h"

#include "test/table.h"

/* Published outputs of SplitMix64 for seed 1234567. */
static void stream(void **state)
{
	static const uint64_t want[] = {
		6457827717110365317ULL, 3203168211198807973ULL, 9817491932198370423ULL,
		4593380528125082431ULL, 16408922859458223821ULL,
	};
	struct prng p;

	prng_seed(&p, 1234567);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(prng_next(&p), want[i]);
}

static void below_stays_below(void **state)
{
	static const uint32_t limits[] = { 1, 2, 3, 1000, UINT32_MAX };
	unsigned int seen[3] = { 0 };
	struct prng p;

	prng_seed(&p, 7);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		for (unsigned int n = 0; n < 1000; n++)
			assert_true(prng_below(&p, limits[i]) < limits[i]);
	}
	for (unsigned int n = 0; n < 3000; n++)
		seen[prng_below(&p, 3)]++;
	for (unsigned int v = 0; v < 3; v++)
		assert_in_range(seen[v], 900, 1100);
}

/* Counter-based: a function of its words, each of which matters. */
static void hash(void **state)
{
	assert_int_equal(prng_hash(1, 2, 3), prng_hash(1, 2, 3));
	assert_true(prng_hash(1, 2, 3) != prng_hash(2, 1, 3));
	assert_true(prng_hash(1, 2, 3) != prng_hash(1, 3, 2));
	assert_true(prng_hash(1, 2, 3) != prng_hash(1, 2, 4));
	assert_true(prng_hash(0, 0, 0) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stream), cmocka_unit_test(below_stays_below), cmocka_unit_test(hash),
	};

	return cmocka_run_group_tests_name("prng", tests, NULL, NULL);
}
