/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state that invalidations leave behind: counts, hull, exact ranges, repair. */
#include "engine/core/notifier.h"
#include "test/table.h"

enum act { END_OF_ACTS, BEGIN, ADD, REMOVE, END };

#define MAX_ACTS 8

static const struct row {
	const char	   *name;
	enum fault_retry_key key;
	struct {
		enum act act;
		uint64_t start, end;	/* BEGIN: host addresses; ADD, REMOVE: gfns */
	} acts[MAX_ACTS];
	uint64_t	    in_progress, seq;
	/* Asked with the present seq: retried at these two places? */
	struct {
		gfn_t gfn;
		hva_t hva;
		bool  retry;
	} ask[2];
} rows[] = {
	{ "nothing happened", FAULT_RETRY_KEY_HULL_GFN, { { END_OF_ACTS, 0, 0 } }, 0, 0,
	  { { 5, 0x5000, false }, { 9, 0x9000, false } } },
	{ "an end counts, and lets everybody through", FAULT_RETRY_KEY_HULL_GFN,
	  { { BEGIN, 0x5000, 0x6000 }, { ADD, 5, 6 }, { END, 0, 0 } }, 0, 1,
	  { { 5, 0x5000, false }, { 9, 0x9000, false } } },
	{ "a hull of gfns", FAULT_RETRY_KEY_HULL_GFN, { { BEGIN, 0x5000, 0x6000 }, { ADD, 5, 6 } }, 1, 0,
	  { { 5, 0, true }, { 6, 0, false } } },
	{ "it grows over what lies between", FAULT_RETRY_KEY_HULL_GFN,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { BEGIN, 0, 1 }, { ADD, 20, 22 } }, 2, 0,
	  { { 12, 0, true }, { 22, 0, false } } },
	{ "stays when one of two ends", FAULT_RETRY_KEY_HULL_GFN,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { BEGIN, 0, 1 }, { ADD, 20, 22 }, { END, 0, 0 } }, 1, 1,
	  { { 5, 0, true }, { 21, 0, true } } },
	{ "and starts afresh after the last", FAULT_RETRY_KEY_HULL_GFN,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { END, 0, 0 }, { BEGIN, 0, 1 }, { ADD, 20, 22 } }, 1, 1,
	  { { 5, 0, false }, { 21, 0, true } } },
	{ "begun and no range yet: whoever looks without the lock retries", FAULT_RETRY_KEY_HULL_GFN,
	  { { BEGIN, 0, 1 } }, 1, 0, { { 5, 0, true }, { 900, 0, true } } },
	{ "a hull of host addresses has its range from the start", FAULT_RETRY_KEY_HULL_HVA,
	  { { BEGIN, 0x5000, 0x6000 } }, 1, 0, { { 0, 0x5fff, true }, { 0, 0x6000, false } } },
	{ "any: everywhere", FAULT_RETRY_KEY_ANY, { { BEGIN, 0x5000, 0x6000 }, { ADD, 5, 6 } }, 1, 0,
	  { { 5, 0x5000, true }, { 77, 0x77000, true } } },
	{ "exact: not between", FAULT_RETRY_KEY_EXACT,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { BEGIN, 0, 1 }, { ADD, 20, 22 } }, 2, 0,
	  { { 12, 0, false }, { 21, 0, true } } },
	{ "exact: a range that is open twice is open until it ended twice", FAULT_RETRY_KEY_EXACT,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { BEGIN, 0, 1 }, { ADD, 5, 6 }, { REMOVE, 5, 6 }, { END, 0, 0 } }, 1, 1,
	  { { 5, 0, true }, { 6, 0, false } } },
	{ "exact: a row that became free is used again", FAULT_RETRY_KEY_EXACT,
	  { { BEGIN, 0, 1 }, { ADD, 5, 6 }, { BEGIN, 0, 1 }, { ADD, 20, 22 }, { REMOVE, 5, 6 }, { END, 0, 0 },
	    { BEGIN, 0, 1 }, { ADD, 40, 41 } }, 2, 1,
	  { { 5, 0, false }, { 40, 0, true } } },
};

static void act(struct notifier *n, enum act what, uint64_t start, uint64_t end)
{
	switch (what) {
	case END_OF_ACTS:
		break;
	case BEGIN:
		notifier_begin(n, start, end);
		break;
	case ADD:
		notifier_add(n, start, end);
		break;
	case REMOVE:
		notifier_remove(n, start, end);
		break;
	case END:
		notifier_end(n);
		break;
	}
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct notifier n;

	notifier_init(&n, row->key);
	for (unsigned int i = 0; i < MAX_ACTS; i++)
		act(&n, row->acts[i].act, row->acts[i].start, row->acts[i].end);
	assert_int_equal(rt_peek(&n.in_progress), row->in_progress);
	assert_int_equal(notifier_snapshot(&n), row->seq);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(notifier_retry(&n, row->seq, row->ask[i].gfn, row->ask[i].hva), row->ask[i].retry);
	/* An older snapshot always retries. */
	assert_true(notifier_retry(&n, row->seq - 1, 12345, 12345ULL << 12));
}

/* More windows than the table has rows: the hull stands in, and goes again. */
static void overflows(void **state)
{
	struct notifier n;

	(void)state;
	notifier_init(&n, FAULT_RETRY_KEY_EXACT);
	for (uint64_t i = 0; i <= NOTIFIER_MAX_EXACT; i++) {
		notifier_begin(&n, 0, 1);
		notifier_add(&n, 10 * i, 10 * i + 1);
	}
	assert_true(notifier_retry(&n, 0, 5, 0));
	notifier_remove(&n, 10 * NOTIFIER_MAX_EXACT, 10 * NOTIFIER_MAX_EXACT + 1);
	notifier_end(&n);
	assert_false(notifier_retry(&n, 1, 5, 0));
	assert_true(notifier_retry(&n, 1, 10, 0));
}

int main(void)
{
	static const struct CMUnitTest more[] = { cmocka_unit_test(overflows) };
	int failed = table_run("notifier", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return cmocka_run_group_tests(more, NULL, NULL) || failed;
}
