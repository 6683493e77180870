/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounds of NX recovery: what is one, and how many a silence has. */
#include "test/table.h"

#include "replay/nx_rounds.h"
#include "test/unit/replay/made.h"

#define MS 1000000ULL
/* From @from to @to ms, with a table that goes at its begin. */
#define ROUND(from, to) \
	MADE_OBS(2, (from) * MS, SPTE_CHANGED, .spte = { .gfn = 0x200, .level = 2, .old = 0x1827 }), \
	MADE_OP(2, (to) * MS, NX_RECOVER, (uint32_t)(((to) - (from)) * MS))

static const struct row {
	const char	  *name;
	struct made_record records[24];
	uint64_t	   sleep_ms;
	unsigned int	   nr_obs[9];	/* of each round, parts put together */
	uint64_t	   end_ms;	/* of the first */
} rows[] = {
	{ "two rounds say nothing of how long the worker sleeps",
	  { ROUND(100, 110), ROUND(410, 420) }, 0, { 1, 1 }, 110 },
	{ "after each of four it slept for the same time",
	  { ROUND(100, 110), ROUND(410, 420), ROUND(721, 722), ROUND(1030, 1040) }, 300, { 1, 1, 1, 1 }, 110 },
	{ "one that lost its CPU is one",
	  { ROUND(100, 110), ROUND(190, 200), ROUND(500, 501), ROUND(801, 802), ROUND(1102, 1103), ROUND(1403, 1404) },
	  300, { 2, 0, 1, 1, 1, 1 }, 200 },
	{ "so is one that lost it twice",
	  { ROUND(100, 110), ROUND(190, 200), ROUND(290, 300), ROUND(600, 601), ROUND(901, 902), ROUND(1202, 1203),
	    ROUND(1503, 1504), ROUND(1804, 1805), ROUND(2105, 2106) },
	  300, { 3, 0, 0, 1, 1, 1, 1, 1, 1 }, 300 },
	{ "silences of several sleeps do not make it longer",
	  { ROUND(100, 110), ROUND(410, 420), ROUND(1620, 1630), ROUND(1930, 1940), ROUND(2240, 2250) },
	  300, { 1, 1, 1, 1, 1 }, 110 },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	unsigned int round = 0;
	struct made m;

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	assert_int_equal(nx_rounds_sleep(&m.rec, 0), 0);
	assert_int_equal((nx_rounds_sleep(&m.rec, 2) + MS / 2) / MS, row->sleep_ms);
	for (uint32_t i = m.rec.tasks[2].first_op; i != REC_NONE; i = m.rec.ops[i].next, round++) {
		assert_int_equal(m.rec.ops[i].nr_obs, row->nr_obs[round]);
		if (!round)
			assert_int_equal(m.rec.ops[i].end_ns, row->end_ms * MS);
	}
	made_close(&m);
}

static void test_silent(void **state)
{
	(void)state;
	assert_int_equal(nx_rounds_silent(100, 0), 0);		/* nobody knows */
	assert_int_equal(nx_rounds_silent(100, 300), 0);
	assert_int_equal(nx_rounds_silent(330, 300), 0);
	assert_int_equal(nx_rounds_silent(650, 300), 1);
	assert_int_equal(nx_rounds_silent(1500, 300), 4);
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(test_silent) };
	int failed = table_run("NX rounds", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return failed | cmocka_run_group_tests_name("NX rounds: silences", more, NULL, NULL);
}
