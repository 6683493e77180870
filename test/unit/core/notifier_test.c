/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state that invalidations leave behind: counts, hull, open and ended ranges. */
#include "engine/core/notifier.h"
#include "test/table.h"

/* A window over a range of pages, at the host addresses of the same number; VOID: it matched no slot. */
enum act { END_OF_ACTS, BEGIN, OPEN, CLOSE, OPEN_VOID, CLOSE_VOID };

#define MAX_ACTS	8
#define GFN		FAULT_RETRY_KEY_HULL_GFN
#define HVA		FAULT_RETRY_KEY_HULL_HVA
#define ANY		FAULT_RETRY_KEY_ANY
#define EXACT		FAULT_RETRY_KEY_EXACT

static const struct row {
	const char	   *name;
	enum fault_retry_key key;
	enum notifier_hull_reset reset;
	struct {
		enum act act;
		gfn_t start, end;
	} acts[MAX_ACTS];
	uint64_t	    in_progress, seq;
	/* Asked with the present seq: retried at these two places? */
	struct {
		gfn_t gfn;
		bool  retry;
	} ask[2];
	uint64_t	    widest, open;	/* hull, and open ranges then, in pages */
} rows[] = {
	{ "nothing happened", GFN, 0, { { END_OF_ACTS, 0, 0 } }, 0, 0, { { 5, false }, { 9, false } }, 0, 0 },
	{ "an end counts, and lets everybody through", GFN, 0, { { OPEN, 5, 6 }, { CLOSE, 5, 6 } }, 0, 1,
	  { { 5, false }, { 9, false } }, 1, 1 },
	{ "a hull of gfns", GFN, 0, { { OPEN, 5, 6 } }, 1, 0, { { 5, true }, { 6, false } }, 1, 1 },
	{ "it grows over what lies between", GFN, 0, { { OPEN, 5, 6 }, { OPEN, 20, 22 } }, 2, 0,
	  { { 12, true }, { 22, false } }, 17, 3 },
	{ "stays when one of two ends", GFN, 0, { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { CLOSE, 5, 6 } }, 1, 1,
	  { { 5, true }, { 21, true } }, 17, 3 },
	{ "and starts afresh after the last", GFN, 0, { { OPEN, 5, 6 }, { CLOSE, 5, 6 }, { OPEN, 20, 22 } }, 1, 1,
	  { { 5, false }, { 21, true } }, 2, 2 },
	{ "a chain of windows pins it all", GFN, 0,
	  { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { CLOSE, 5, 6 }, { OPEN, 50, 51 }, { CLOSE, 20, 22 } }, 1, 2,
	  { { 5, true }, { 50, true } }, 46, 3 },
	{ "hull_reset exact: it shrinks to what is open", GFN, NOTIFIER_HULL_RESET_EXACT,
	  { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { CLOSE, 5, 6 } }, 1, 1, { { 5, false }, { 21, true } }, 17, 3 },
	{ "exact: but covers what lies between two", GFN, NOTIFIER_HULL_RESET_EXACT,
	  { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { OPEN, 50, 51 }, { CLOSE, 50, 51 } }, 2, 1,
	  { { 12, true }, { 50, false } }, 46, 4 },
	{ "exact: the same range twice is open until it ended twice", GFN, NOTIFIER_HULL_RESET_EXACT,
	  { { OPEN, 5, 6 }, { OPEN, 5, 6 }, { CLOSE, 5, 6 } }, 1, 1, { { 5, true }, { 6, false } }, 1, 1 },
	{ "exact: in host addresses", HVA, NOTIFIER_HULL_RESET_EXACT,
	  { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { CLOSE, 5, 6 } }, 1, 1, { { 5, false }, { 21, true } }, 17, 3 },
	{ "begun and no range yet: whoever looks without the lock retries", GFN, 0, { { BEGIN, 0, 1 } }, 1, 0,
	  { { 5, true }, { 900, true } }, 0, 0 },
	{ "a hull of host addresses has its range from the start", HVA, 0, { { BEGIN, 5, 6 } }, 1, 0,
	  { { 5, true }, { 6, false } }, 0, 0 },
	{ "any: everywhere", ANY, 0, { { OPEN, 5, 6 } }, 1, 0, { { 5, true }, { 77, true } }, 1, 1 },
	{ "a window of no slot that counts: nobody's page is in it", GFN, 0, { { OPEN_VOID, 5, 6 } }, 1, 0,
	  { { 5, false }, { 900, false } }, 0, 0 },
	{ "a hull beside it is not widened", GFN, 0, { { OPEN_VOID, 5, 6 }, { OPEN, 20, 22 } }, 2, 0,
	  { { 5, false }, { 20, true } }, 2, 2 },
	{ "in host addresses it is an address like any other", HVA, 0, { { OPEN_VOID, 5, 6 } }, 1, 0,
	  { { 5, true }, { 6, false } }, 1, 0 },
	{ "for any it is open", ANY, 0, { { OPEN_VOID, 5, 6 } }, 1, 0, { { 5, true }, { 77, true } }, 0, 0 },
	{ "and its end counts", GFN, 0, { { OPEN_VOID, 5, 6 }, { CLOSE_VOID, 5, 6 } }, 0, 1,
	  { { 5, false }, { 77, false } }, 0, 0 },
	{ "key exact: not between", EXACT, 0, { { OPEN, 5, 6 }, { OPEN, 20, 22 } }, 2, 0,
	  { { 12, false }, { 21, true } }, 17, 3 },
	{ "key exact: a range that is open twice is open until it ended twice", EXACT, 0,
	  { { OPEN, 5, 6 }, { OPEN, 5, 6 }, { CLOSE, 5, 6 } }, 1, 1, { { 5, true }, { 6, false } }, 1, 1 },
	{ "key exact: a row that became free is used again", EXACT, 0,
	  { { OPEN, 5, 6 }, { OPEN, 20, 22 }, { CLOSE, 5, 6 }, { OPEN, 40, 41 } }, 2, 1,
	  { { 5, false }, { 40, true } }, 36, 3 },
};

static const struct mmu_slot slot;	/* host addresses are those of the guest */

static void act(struct notifier *n, enum act what, gfn_t start, gfn_t end)
{
	const struct notifier_window w = { start << 12, end << 12 };
	bool nowhere = what == OPEN_VOID || what == CLOSE_VOID;

	if (what == BEGIN || what == OPEN || what == OPEN_VOID)
		notifier_begin(n, &w);
	if (what == OPEN || what == OPEN_VOID)
		notifier_add(n, &w, nowhere ? 0 : start, nowhere ? 0 : end);
	if (what == CLOSE || what == CLOSE_VOID) {
		notifier_remove(n, &w, nowhere ? 0 : start, nowhere ? 0 : end);
		notifier_end(n);
	}
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct policy policy;
	struct notifier n;

	policy_defaults(&policy);
	policy.fault_retry_key = row->key;
	policy.notifier_hull_reset = row->reset;
	notifier_init(&n, &policy);
	for (unsigned int i = 0; i < MAX_ACTS; i++)
		act(&n, row->acts[i].act, row->acts[i].start, row->acts[i].end);
	assert_int_equal(rt_peek(&n.in_progress), row->in_progress);
	assert_int_equal(notifier_snapshot(&n), row->seq);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(notifier_retry(&n, row->seq, row->ask[i].gfn, &slot, 12),
				 row->ask[i].retry);
	/* An older snapshot always retries. */
	assert_true(notifier_retry(&n, row->seq - 1, 12345, &slot, 12));
	assert_int_equal(n.stats.hull_max_pages, row->widest);
	assert_int_equal(n.stats.hull_open_pages, row->open);
}

/* --- why a fault retries --------------------------------------------------------------- */

static const struct why_row {
	const char	 *name;
	enum fault_retry_key key;
	struct {
		enum act act;
		gfn_t start, end;
	} before[4], after[4];		/* the snapshot is between the two */
	enum notifier_why want;		/* for page 5 */
} why_rows[] = {
	{ "its own range is open", GFN, { { OPEN, 5, 6 } }, { { END_OF_ACTS, 0, 0 } }, NOTIFIER_WHY_OPEN },
	{ "ranges on both sides are", GFN, { { OPEN, 1, 2 }, { OPEN, 8, 9 } }, { { END_OF_ACTS, 0, 0 } },
	  NOTIFIER_WHY_HULL },
	{ "any range is", ANY, { { OPEN, 800, 900 } }, { { END_OF_ACTS, 0, 0 } }, NOTIFIER_WHY_HULL },
	{ "its own range has ended since", GFN, { { OPEN, 5, 6 } }, { { CLOSE, 5, 6 } }, NOTIFIER_WHY_ENDED },
	{ "its own range came and went", GFN, { { END_OF_ACTS, 0, 0 } }, { { OPEN, 5, 6 }, { CLOSE, 5, 6 } },
	  NOTIFIER_WHY_ENDED },
	{ "another one has ended since", GFN, { { OPEN, 800, 900 } }, { { CLOSE, 800, 900 } }, NOTIFIER_WHY_SEQ },
	{ "its own had ended before, another since", GFN, { { OPEN, 5, 6 }, { CLOSE, 5, 6 }, { OPEN, 8, 9 } },
	  { { CLOSE, 8, 9 } }, NOTIFIER_WHY_SEQ },
	{ "its own is open again", GFN, { { OPEN, 5, 6 } }, { { CLOSE, 5, 6 }, { OPEN, 5, 6 } }, NOTIFIER_WHY_OPEN },
};

static void check_why(const void *vrow)
{
	const struct why_row *row = vrow;
	struct policy policy;
	struct notifier n;
	uint64_t seq;

	policy_defaults(&policy);
	policy.fault_retry_key = row->key;
	notifier_init(&n, &policy);
	for (unsigned int i = 0; i < 4; i++)
		act(&n, row->before[i].act, row->before[i].start, row->before[i].end);
	seq = notifier_snapshot(&n);
	for (unsigned int i = 0; i < 4; i++)
		act(&n, row->after[i].act, row->after[i].start, row->after[i].end);
	assert_true(notifier_retry(&n, seq, 5, &slot, 12));
	assert_int_equal(notifier_why(&n, seq, 5), row->want);
}

/* --- more than the tables hold ----------------------------------------------------------- */

static void open_many(struct notifier *n, unsigned int nr)
{
	for (uint64_t i = 0; i < nr; i++)
		act(n, OPEN, 10 * i, 10 * i + 1);
}

/* The hull stands in for all of them, and goes again. */
static void key_overflows(void **state)
{
	struct policy policy;
	struct notifier n;

	(void)state;
	policy_defaults(&policy);
	policy.fault_retry_key = EXACT;
	notifier_init(&n, &policy);
	open_many(&n, NOTIFIER_MAX_OPEN + 1);
	assert_true(notifier_retry(&n, 0, 5, &slot, 12));
	act(&n, CLOSE, 10 * NOTIFIER_MAX_OPEN, 10 * NOTIFIER_MAX_OPEN + 1);
	assert_false(notifier_retry(&n, 1, 5, &slot, 12));
	assert_true(notifier_retry(&n, 1, 10, &slot, 12));
}

/* It does not shrink as long as some range is not known. */
static void reset_overflows(void **state)
{
	struct policy policy;
	struct notifier n;

	(void)state;
	policy_defaults(&policy);
	policy.notifier_hull_reset = NOTIFIER_HULL_RESET_EXACT;
	notifier_init(&n, &policy);
	open_many(&n, NOTIFIER_MAX_OPEN + 1);
	act(&n, CLOSE, 0, 1);
	assert_true(notifier_retry(&n, 1, 5, &slot, 12));
	act(&n, CLOSE, 10 * NOTIFIER_MAX_OPEN, 10 * NOTIFIER_MAX_OPEN + 1);
	assert_false(notifier_retry(&n, 2, 5, &slot, 12));
	assert_true(notifier_retry(&n, 2, 15, &slot, 12));
}

/* What ended too long ago to be remembered may have been the page's own. */
static void ended_overflows(void **state)
{
	struct policy policy;
	struct notifier n;

	(void)state;
	policy_defaults(&policy);
	notifier_init(&n, &policy);
	for (unsigned int i = 0; i < NOTIFIER_MAX_ENDED; i++) {
		act(&n, OPEN, 8, 9);
		act(&n, CLOSE, 8, 9);
	}
	assert_int_equal(notifier_why(&n, 0, 5), NOTIFIER_WHY_SEQ);
	act(&n, OPEN, 8, 9);
	act(&n, CLOSE, 8, 9);
	assert_int_equal(notifier_why(&n, 0, 5), NOTIFIER_WHY_ENDED);
	assert_int_equal(notifier_why(&n, 1, 5), NOTIFIER_WHY_SEQ);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test(key_overflows),
		cmocka_unit_test(reset_overflows),
		cmocka_unit_test(ended_overflows),
	};
	int failed = table_run("notifier", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	failed |= table_run("why a fault retries", why_rows, ARRAY_SIZE(why_rows), sizeof(why_rows[0]), check_why);
	return cmocka_run_group_tests(more, NULL, NULL) || failed;
}
