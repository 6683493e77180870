/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least of many keys, against looking at all of them. */
#include "base/least.h"

#include "base/prng.h"
#include "test/table.h"

#define MOST	1100u

static const unsigned int numbers[] = { 0, 1, 2, 3, 4, 7, 8, 9, 32, 33, 68, 128, 129, 1028 };

static uint64_t least_of(const uint64_t *keys, unsigned int nr)
{
	uint64_t least = LEAST_NEVER;

	for (unsigned int i = 0; i < nr; i++)
		least = least_min(least, keys[i]);
	return least;
}

/* One comes, goes, or changes its key. */
static void change(struct least *l, uint64_t *keys, unsigned int i, uint64_t key)
{
	if (keys[i] == LEAST_NEVER)
		least_add(l, i, key);
	else
		least_set(l, i, key);
	keys[i] = key;
}

static void against_all(void **state)
{
	uint64_t keys[MOST];
	struct prng p;

	prng_seed(&p, 3);
	for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
		unsigned int nr = numbers[n];
		struct least l;

		least_init(&l, nr);
		assert_int_equal(l.top, LEAST_NEVER);
		for (unsigned int i = 0; i < nr; i++)
			keys[i] = LEAST_NEVER;
		for (unsigned int step = 0; nr && step < 20000; step++) {
			unsigned int i = (unsigned int)prng_below(&p, nr);

			change(&l, keys, i, prng_below(&p, 4) ? prng_below(&p, 5000) : LEAST_NEVER);
			assert_int_equal(l.top, least_of(keys, nr));
		}
		least_fini(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_all),
	};

	return cmocka_run_group_tests_name("least", tests, NULL, NULL);
}
