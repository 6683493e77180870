// SPDX-License-Identifier: GPL-2.0-or-later
/* Places known: against an array that forgets nothing, and when there are too many. */
#include "base/prng.h"
#include "capture/known.h"
#include "test/table.h"

#define KEYS	3000
#define STEPS	200000

static uint64_t key_of(uint64_t i)
{
	return i * 0x1001;		/* far apart, and 0 is one */
}

static void as_an_array(void **state)
{
	static uint64_t want[KEYS];	/* plus one; 0: not known */
	struct known k = { 0 };
	struct prng p;

	(void)state;
	prng_seed(&p, 1);
	for (unsigned int step = 0; step < STEPS; step++) {
		uint64_t i = prng_below(&p, KEYS), value = prng_below(&p, 1000);
		const uint64_t *got = known_get(&k, key_of(i));

		assert_int_equal(got ? *got + 1 : 0, want[i]);
		if (prng_below(&p, 3)) {
			known_set(&k, key_of(i), value);
			want[i] = value + 1;
		} else {
			known_forget(&k, key_of(i));
			want[i] = 0;
		}
	}
	assert_int_equal(k.forgotten, 0);
	known_fini(&k);
	known_fini(&k);
}

static void more_than_fit(void **state)
{
	const uint64_t nr = KNOWN_MAX + KNOWN_MAX / 2;
	struct known k = { 0 };
	uint64_t found = 0;

	(void)state;
	for (uint64_t i = 0; i < nr; i++)
		known_set(&k, i, i);
	for (uint64_t i = 0; i < nr; i++) {
		const uint64_t *got = known_get(&k, i);

		if (got)
			assert_int_equal(*got, i);
		found += got != NULL;
	}
	assert_int_equal(k.cap, KNOWN_MAX);
	assert_int_equal(found, k.nr);
	assert_int_equal(found, KNOWN_MAX / 4 * 3);
	assert_int_equal(k.forgotten, nr - found);
	assert_non_null(known_get(&k, nr - 1));		/* the newest is known */
	known_fini(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_an_array),
		cmocka_unit_test(more_than_fit),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
