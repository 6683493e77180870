/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of entries: whatever is added and removed, what is left is what a plain set would hold. */
#include "engine/x86/shadow/ptes.h"

#include "base/prng.h"
#include "test/table.h"

#define MANY	60u

static const struct {
	const char  *name;
	unsigned int add, remove;	/* how many, in order from 1 on */
	unsigned int step;		/* remove every step-th first */
} cases[] = {
	{ .name = "an empty list",					.add = 0 },
	{ .name = "one entry, in the head itself",			.add = 1 },
	{ .name = "one entry that goes",				.add = 1,  .remove = 1, .step = 1 },
	{ .name = "a full descriptor",					.add = 14 },
	{ .name = "one more than a descriptor",				.add = 15 },
	{ .name = "back to one descriptor",				.add = 15, .remove = 1, .step = 1 },
	{ .name = "three descriptors, thinned out",			.add = 40, .remove = 20, .step = 2 },
	{ .name = "all of three descriptors go",			.add = 40, .remove = 40, .step = 1 },
};

static void check_list(const struct ptes *p, uint32_t head, const bool *there)
{
	bool met[MANY + 1] = { false };
	struct ptes_iter it;
	unsigned int nr = 0;
	uint32_t entry;

	for_each_pte(p, head, &it, entry) {
		assert_true(entry <= MANY && there[entry] && !met[entry]);
		met[entry] = true;
		nr++;
	}
	for (unsigned int i = 1; i <= MANY; i++)
		assert_int_equal(met[i], there[i]);
	assert_int_equal(ptes_count(p, head), nr);
	assert_int_equal(ptes_any(head), nr > 0);
}

static void lists(const void *row)
{
	const typeof(cases[0]) *c = row;
	bool there[MANY + 1] = { false };
	unsigned int left = c->remove;
	struct ptes p;
	uint32_t head = 0;

	ptes_init(&p);
	for (unsigned int e = 1; e <= c->add; e++) {
		assert_int_equal(ptes_add(&p, &head, e), e - 1);
		there[e] = true;
	}
	for (unsigned int e = c->step; left; e += c->step, left--) {
		assert_true(ptes_remove(&p, &head, e));
		assert_false(ptes_remove(&p, &head, e));
		there[e] = false;
	}
	check_list(&p, head, there);
	ptes_clear(&p, &head);
	assert_int_equal(head, 0);
	ptes_fini(&p);
}

static void stays_locked(void **state)
{
	uint32_t head = PTES_LOCKED;
	struct ptes p;

	(void)state;
	ptes_init(&p);
	for (uint32_t e = 1; e <= 20; e++)
		ptes_add(&p, &head, e);
	assert_true(head & PTES_LOCKED);
	ptes_clear(&p, &head);
	assert_int_equal(head, PTES_LOCKED);
	ptes_fini(&p);
}

/* Descriptors that were given back are used again. */
static void memory_is_used_again(void **state)
{
	bool there[MANY + 1] = { false };
	struct prng prng;
	struct ptes p;
	uint32_t head = 0;
	uint64_t bytes;

	(void)state;
	ptes_init(&p);
	prng_seed(&prng, 7);
	for (uint32_t e = 1; e <= MANY; e++)
		ptes_add(&p, &head, e);
	bytes = ptes_bytes(&p);
	ptes_clear(&p, &head);
	for (unsigned int i = 0; i < 5000; i++) {
		uint32_t e = 1 + (uint32_t)prng_below(&prng, MANY);

		if (there[e])
			assert_true(ptes_remove(&p, &head, e));
		else
			ptes_add(&p, &head, e);
		there[e] = !there[e];
		check_list(&p, head, there);
	}
	assert_int_equal(ptes_bytes(&p), bytes);
	ptes_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_locked),
		cmocka_unit_test(memory_is_used_again),
	};

	return table_run("ptes", cases, ARRAY_SIZE(cases), sizeof(cases[0]), lists) |
	       cmocka_run_group_tests(tests, NULL, NULL);
}
