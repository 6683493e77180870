/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which gfns are private, against a flat table. */
#include "engine/core/attributes.h"

#include "base/prng.h"
#include "test/table.h"

#define SPACE 64

struct change {
	gfn_t start, end;
	bool  private;
};

static const struct row {
	const char	*name;
	struct change	 changes[5];
	struct change	 ask;		/* is all of it as it says? */
	bool		 want, uniform;
} rows[] = {
	{ "all is shared at first", { { 0 } }, { 0, SPACE, false }, true, true },
	{ "a range", { { 10, 20, true } }, { 10, 20, true }, true, true },
	{ "its edges", { { 10, 20, true } }, { 9, 20, true }, false, false },
	{ "and what follows", { { 10, 20, true } }, { 20, 30, false }, true, true },
	{ "two that touch", { { 10, 20, true }, { 20, 30, true } }, { 10, 30, true }, true, true },
	{ "a hole", { { 10, 20, true }, { 13, 15, false } }, { 10, 20, true }, false, false },
	{ "what is left before the hole", { { 10, 20, true }, { 13, 15, false } }, { 10, 13, true }, true, true },
	{ "and behind it", { { 10, 20, true }, { 13, 15, false } }, { 15, 20, true }, true, true },
	{ "the hole filled", { { 10, 20, true }, { 13, 15, false }, { 13, 15, true } }, { 10, 20, true }, true, true },
	{ "over several", { { 10, 12, true }, { 14, 16, true }, { 20, 22, true }, { 11, 21, true } },
	  { 10, 22, true }, true, true },
	{ "several taken back", { { 10, 12, true }, { 14, 16, true }, { 20, 22, true }, { 11, 21, false } },
	  { 11, 21, false }, true, true },
	{ "all taken back", { { 10, 20, true }, { 0, SPACE, false } }, { 0, SPACE, false }, true, true },
};

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct attributes a;

	attributes_init(&a);
	for (unsigned int i = 0; i < 5 && row->changes[i].end; i++)
		attributes_set(&a, row->changes[i].start, row->changes[i].end, row->changes[i].private);
	assert_int_equal(attributes_are(&a, row->ask.start, row->ask.end, row->ask.private), row->want);
	assert_int_equal(attributes_uniform(&a, row->ask.start, row->ask.end), row->uniform);
	attributes_fini(&a);
}

/* Random changes, each gfn asked after each. */
static void as_a_flat_table(void **state)
{
	bool flat[SPACE] = { false };
	struct attributes a;
	struct prng r;

	(void)state;
	prng_seed(&r, 7);
	attributes_init(&a);
	for (unsigned int i = 0; i < 2000; i++) {
		gfn_t start = prng_below(&r, SPACE - 1), end = start + 1 + prng_below(&r, SPACE - start);
		bool private = prng_below(&r, 2);

		attributes_set(&a, start, end, private);
		for (gfn_t gfn = start; gfn < end; gfn++)
			flat[gfn] = private;
		for (gfn_t gfn = 0; gfn < SPACE; gfn++)
			assert_int_equal(attributes_private(&a, gfn), flat[gfn]);
	}
	attributes_fini(&a);
}

int main(void)
{
	static const struct CMUnitTest more[] = { cmocka_unit_test(as_a_flat_table) };
	int failed = table_run("attributes", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return cmocka_run_group_tests(more, NULL, NULL) || failed;
}
