/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which outcomes every order the records allow leads to, and which it does not. */
#include "test/table.h"

#include <string.h>

#include "replay/order.h"
#include "test/unit/replay/made.h"

#define HVAS(from, to) .hvas = { .start = 0x100000 + 0x1000 * (from), .end = 0x100000 + 0x1000 * (to) }
#define SLOT MADE_STIM(2, 1, MEMSLOT, .slot = { .gfn = 0, .npages = 64, .hva = 0x100000 }), \
	     MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
/* A window of the host task over @from .. @to: entered at @t0, its handler at @t1; @n: which of the task's stimuli. */
#define OPENS(t0, t1, n, from, to) MADE_STIM(2, t0, INVALIDATE_START, HVAS(from, to)), \
	     MADE_OBS(2, t1, UNMAP_RANGE, .gfns = { .gfn = from, .count = (to) - (from) }), \
	     MADE_OP_FOR(2, t1 + 1, INVALIDATE_START, t1 + 1 - (t0), n, RET_PF_UNKNOWN)
#define CLOSES(t0, t1, n, from, to) MADE_STIM(2, t0, INVALIDATE_END, HVAS(from, to)), \
	     MADE_OP_FOR(2, t1, INVALIDATE_END, (t1) - (t0), n, RET_PF_UNKNOWN)
#define FAULT(task, t, g, span, ret) \
	{ task, t, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					     .access = EV_F_W, .error_code = 6, .stimulus = EV_NO_STIMULUS } } }
#define RETRIES(task, t0, t1, g) FAULT(task, t1, g, (t1) - (t0), RET_PF_RETRY)
/* First event at @m0, last at @m1. */
#define MAPS(task, t0, m0, m1, t1, g) MADE_OBS(task, m0, SPTE_REQUESTED, .map = { .gfn = g, .level = 1 }), \
	     MADE_OBS(task, m1, SET_SPTE, .set = { .gfn = g, .level = 1 }), FAULT(task, t1, g, (t1) - (t0), RET_PF_FIXED)
#define PINNED(s, l) MADE_PIN(0, s, PIN_SNAPSHOT), MADE_PIN(0, l, PIN_LOOKUP_RET)
#define CHECKED(s, l, c0, c1) PINNED(s, l), MADE_PIN(0, c0, PIN_STALE), MADE_PIN(0, c1, PIN_STALE_RET)

#define KEY(k) (FAULT_RETRY_KEY_##k + 1)

/* Always asked about the first fault of vCPU 0. */
static const struct row {
	const char	   *name;
	struct made_record  records[24];
	bool		    determined;
	unsigned int	    key;		/* KEY(); 0: hull-gfn */
	bool		    has_checks;
} rows[] = {
	{ "no window, no question", { SLOT, RETRIES(0, 30, 50, 5) }, true },
	{ "open all the time",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 50, 5), CLOSES(60, 70, 2, 5, 6) }, true },
	{ "open all the time, over other pages",
	  { SLOT, OPENS(10, 20, 1, 5, 6), MAPS(0, 30, 40, 45, 50, 9), CLOSES(60, 70, 2, 5, 6) }, true },
	{ "it may begin before or after the test",
	  { SLOT, OPENS(10, 40, 1, 5, 6), RETRIES(0, 30, 50, 5), CLOSES(60, 70, 2, 5, 6) }, false },
	{ "whatever the key of the test is: it may end inside",
	  { SLOT, OPENS(10, 20, 1, 5, 6), MAPS(0, 30, 45, 46, 50, 9), CLOSES(40, 70, 2, 5, 6) }, false },
	{ "by any window: begun before, open until after",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 50, 9), CLOSES(60, 70, 2, 5, 6) }, true, KEY(ANY) },
	{ "by any window: one that may begin later",
	  { SLOT, OPENS(10, 40, 1, 5, 6), RETRIES(0, 30, 50, 9), CLOSES(60, 70, 2, 5, 6) }, false, KEY(ANY) },
	{ "it may end before the snapshot",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 50, 5), CLOSES(40, 60, 2, 5, 6) }, false },
	{ "it ends after the snapshot: before the test by seq, after it by in_progress",
	  { SLOT, OPENS(10, 20, 1, 5, 6), PINNED(31, 36), RETRIES(0, 30, 50, 5), CLOSES(40, 60, 2, 5, 6) }, true },
	{ "the same over other pages: only by seq",
	  { SLOT, OPENS(10, 20, 1, 5, 6), PINNED(31, 36), RETRIES(0, 30, 50, 9), CLOSES(40, 60, 2, 5, 6) }, false },
	{ "over other pages, but surely between the two",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CHECKED(31, 36, 47, 48), RETRIES(0, 30, 50, 9), CLOSES(40, 45, 2, 5, 6) }, true },
	{ "between the two windows of a hull",
	  { SLOT, OPENS(10, 12, 1, 5, 6), OPENS(14, 16, 2, 20, 21), RETRIES(0, 30, 50, 9), CLOSES(60, 65, 3, 20, 21),
	    CLOSES(70, 75, 4, 5, 6) }, true },
	{ "no hull is between exact ranges",
	  { SLOT, OPENS(10, 12, 1, 5, 6), OPENS(14, 16, 2, 20, 21), MAPS(0, 30, 40, 45, 50, 9), CLOSES(60, 65, 3, 20, 21),
	    CLOSES(70, 75, 4, 5, 6) }, true, KEY(EXACT) },
	{ "one has left its range in the hull, which was not empty since",
	  { SLOT, OPENS(10, 12, 1, 5, 6), OPENS(14, 16, 2, 20, 21), CLOSES(18, 22, 3, 5, 6), RETRIES(0, 30, 50, 9),
	    CLOSES(60, 65, 4, 20, 21) }, true },
	{ "or may have been",
	  { SLOT, OPENS(10, 12, 1, 5, 6), CLOSES(14, 24, 2, 5, 6), OPENS(20, 27, 3, 20, 21), RETRIES(0, 30, 50, 9),
	    CLOSES(60, 65, 4, 20, 21) }, false },
	{ "or has been",
	  { SLOT, OPENS(10, 12, 1, 5, 6), CLOSES(14, 24, 2, 5, 6), OPENS(25, 27, 3, 20, 21), RETRIES(0, 30, 50, 9),
	    CLOSES(60, 65, 4, 20, 21) }, true },
	{ "a hull is of host addresses where the key is",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 50, 5), CLOSES(60, 70, 2, 5, 6) }, true, KEY(HULL_HVA) },
	{ "a window of long ago whose end nobody saw",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), MAPS(0, 200, 210, 215, 220, 9) }, false },
	{ "another fault has mapped its page since: it was over",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), MAPS(1, 100, 110, 115, 120, 5),
	    MAPS(0, 200, 210, 215, 220, 9) }, true },
	{ "its own map says nothing about itself",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), MAPS(0, 200, 210, 215, 220, 5) }, false },
	{ "however well its snapshot is known",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), CHECKED(201, 201, 205, 206),
	    MAPS(0, 200, 210, 215, 220, 5) }, false },
	{ "nor does a map of another page",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), MAPS(1, 100, 110, 115, 120, 8),
	    MAPS(0, 200, 210, 215, 220, 9) }, false },
	{ "another fault retried later, and nothing else explains it: it was open",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), RETRIES(1, 300, 320, 5), RETRIES(0, 200, 220, 5) }, true },
	{ "its own retry says nothing about itself",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), RETRIES(0, 200, 220, 5) }, false },
	{ "something else explains it, too",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), OPENS(1010, 1020, 3, 5, 6), RETRIES(1, 1001, 1040, 5),
	    RETRIES(0, 200, 220, 5), CLOSES(1030, 1050, 4, 5, 6) }, false },
	{ "witnesses that contradict each other prove nothing",
	  { SLOT, OPENS(10, 20, 1, 5, 6), CLOSES(40, 1000, 2, 5, 6), MAPS(1, 100, 110, 115, 120, 5), RETRIES(1, 300, 320, 5),
	    RETRIES(0, 200, 220, 5) }, false },
	{ "another has the lock: no window begins meanwhile",
	  { SLOT, OPENS(100, 150, 1, 5, 6), MAPS(1, 90, 95, 130, 140, 8), MAPS(0, 80, 120, 125, 126, 5),
	    CLOSES(200, 210, 2, 5, 6) }, true },
	{ "had he not, it might",
	  { SLOT, OPENS(100, 150, 1, 5, 6), MAPS(1, 60, 65, 70, 75, 8), MAPS(0, 80, 120, 125, 126, 5),
	    CLOSES(200, 210, 2, 5, 6) }, false },
	{ "its own notifier",
	  { SLOT, MADE_STIM(0, 34, INVALIDATE_START, HVAS(9, 10)),
	    MADE_OBS(0, 36, UNMAP_RANGE, .gfns = { .gfn = 9, .count = 1 }),
	    MADE_OP_FOR(0, 38, INVALIDATE_START, 4, 0, RET_PF_UNKNOWN), MADE_STIM(0, 40, INVALIDATE_END, HVAS(9, 10)),
	    MADE_OP_FOR(0, 42, INVALIDATE_END, 2, 1, RET_PF_UNKNOWN), RETRIES(0, 30, 50, 5) }, true },
	{ "a window that matched no slot changes nothing",
	  { SLOT, MADE_OP_FOR(2, 20, INVALIDATE_START, 15, EV_NO_STIMULUS, RET_PF_UNKNOWN), RETRIES(0, 30, 50, 5),
	    MADE_OP_FOR(2, 60, INVALIDATE_END, 20, EV_NO_STIMULUS, RET_PF_UNKNOWN) }, true },
	{ "it may begin before or after the prechecks: a retry in any case",
	  { SLOT, OPENS(34, 38, 1, 5, 6), CHECKED(31, 36, 44, 46), RETRIES(0, 30, 50, 5), CLOSES(60, 70, 2, 5, 6) }, true },
	{ "but where probes tell, one of two sorts",
	  { SLOT, OPENS(34, 38, 1, 5, 6), CHECKED(31, 36, 44, 46), RETRIES(0, 30, 50, 5), CLOSES(60, 70, 2, 5, 6) }, false,
	  .has_checks = true },
	{ "INVALID from before to after it",
	  { SLOT, RETRIES(0, 60, 70, 5), MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 64, .hva = 0x100000, .change = EV_SLOT_DELETE }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 50, PIN_SLOTS_UPDATED), MADE_PIN(2, 80, PIN_SWAP),
	    MADE_PIN(2, 90, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 100, MEMSLOT, 70, 1, RET_PF_UNKNOWN) }, true },
	{ "or perhaps not yet",
	  { SLOT, RETRIES(0, 45, 70, 5), MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 64, .hva = 0x100000, .change = EV_SLOT_DELETE }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 50, PIN_SLOTS_UPDATED), MADE_PIN(2, 80, PIN_SWAP),
	    MADE_PIN(2, 90, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 100, MEMSLOT, 70, 1, RET_PF_UNKNOWN) }, false },
	{ "another has found it INVALID before",
	  { SLOT, RETRIES(0, 45, 70, 5), RETRIES(1, 41, 44, 6),
	    MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 64, .hva = 0x100000, .change = EV_SLOT_DELETE }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 50, PIN_SLOTS_UPDATED), MADE_PIN(2, 80, PIN_SWAP),
	    MADE_PIN(2, 90, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 100, MEMSLOT, 70, 1, RET_PF_UNKNOWN) }, true },
	{ "memslots published around it",
	  { SLOT, MAPS(0, 45, 50, 52, 55, 5), MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 64, .flags = 1, .change = EV_SLOT_FLAGS }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 60, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 70, MEMSLOT, 40, 1, RET_PF_UNKNOWN) },
	  false },
	{ "that are not its own",
	  { SLOT, MAPS(0, 45, 50, 52, 55, 5), MADE_STIM(2, 30, MEMSLOT, .slot = { .id = 1, .gfn = 64, .npages = 64 }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 60, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 70, MEMSLOT, 40, 1, RET_PF_UNKNOWN) },
	  true },
	{ "after their generation advanced",
	  { SLOT, MAPS(0, 65, 70, 72, 75, 5), MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 64, .flags = 1, .change = EV_SLOT_FLAGS }),
	    MADE_PIN(2, 40, PIN_SWAP), MADE_PIN(2, 60, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 70, MEMSLOT, 40, 1, RET_PF_UNKNOWN) },
	  true },
};

/* Without probes: starts alone, of the host task and of vCPU 1, each open at most until its task's next record. */
#define STARTS(task, t0, n, from, to) MADE_STIM(task, t0, INVALIDATE_START, HVAS(from, to)), \
	     MADE_OP_FOR(task, (t0) + 2, INVALIDATE_START, 2, n, RET_PF_UNKNOWN)

/* Where the end of the window of vCPU 1 is placed. */
static const struct placed {
	const char	   *name;
	struct made_record  records[24];
	uint64_t	    end;
} placed[] = {
	{ "at once, when nobody says otherwise",
	  { SLOT, STARTS(1, 22, 0, 12, 13), MADE_OP(1, 100, AGE, 2) }, 24 },
	{ "after the snapshot of who retried on its page",
	  { SLOT, STARTS(1, 22, 0, 12, 13), RETRIES(0, 50, 70, 12), MADE_OP(1, 100, AGE, 2) }, 51 },
	{ "or elsewhere",
	  { SLOT, STARTS(1, 22, 0, 12, 13), RETRIES(0, 50, 70, 9), MADE_OP(1, 100, AGE, 2) }, 51 },
	{ "there too, where windows together would cover its page, but another fault forbids that",
	  { SLOT, STARTS(2, 10, 1, 5, 6), STARTS(1, 22, 0, 12, 13), MAPS(0, 30, 35, 40, 45, 9), RETRIES(0, 50, 70, 9),
	    MADE_OP(1, 100, AGE, 2), MADE_OP(2, 200, AGE, 2) }, 51 },
};

/*
 * Other faults of the recording, none of them held up: 10 from the begin to the first event, 10 from there to the end, and
 * a retry test of 2 where @pinned.
 */
#define NR_OTHERS	16
#define OTHER_RECORDS	7

static const struct usual_row {
	const char	   *name;
	struct made_record  records[12];
	unsigned int	    others;
	bool		    pinned, determined;
} usual_rows[] = {
	{ "too few to tell what is usual",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 200, 9), CLOSES(50, 55, 2, 5, 6) }, 15, false, false },
	{ "read the count soon after its begin, tested soon before its end: a window that ended in between",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 200, 9), CLOSES(50, 55, 2, 5, 6) }, 16, false, true },
	{ "one that may have ended before it read the count",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 200, 9), CLOSES(39, 55, 2, 5, 6) }, 16, false, false },
	{ "one that may have ended after its test, over other pages",
	  { SLOT, OPENS(10, 20, 1, 5, 6), RETRIES(0, 30, 200, 9), CLOSES(185, 195, 2, 5, 6) }, 16, false, false },
	{ "one that may have begun after its test",
	  { SLOT, OPENS(150, 195, 1, 9, 10), RETRIES(0, 30, 200, 9), CLOSES(250, 260, 2, 9, 10) }, 16, false, false },
	{ "one that had begun before it, and not long",
	  { SLOT, OPENS(150, 185, 1, 9, 10), RETRIES(0, 30, 200, 9), CLOSES(250, 260, 2, 9, 10) }, 16, false, true },
	{ "a waiter's test is where its wait ended, however long the rest took",
	  { SLOT, OPENS(40, 75, 1, 9, 10), MADE_OBS(0, 60, LOCK_WAIT, .wait = { .wait_ns = 20, .flags = 2 }),
	    RETRIES(0, 30, 200, 9), CLOSES(250, 260, 2, 9, 10) }, 16, false, false },
	{ "the last precheck was just before the look-up's return",
	  { SLOT, OPENS(10, 20, 1, 5, 6), PINNED(31, 100), RETRIES(0, 30, 110, 9), CLOSES(50, 55, 2, 5, 6) }, 16, true, true },
	{ "but a window may have ended between the two",
	  { SLOT, OPENS(10, 20, 1, 5, 6), PINNED(31, 100), RETRIES(0, 30, 110, 9), CLOSES(90, 99, 2, 5, 6) }, 16, true, false },
	{ "or before the count was read",
	  { SLOT, OPENS(10, 20, 1, 5, 6), PINNED(31, 100), RETRIES(0, 30, 110, 9), CLOSES(32, 36, 2, 5, 6) }, 16, true, false },
};

/* Return: how many records. */
static size_t add_other(struct made_record *v, uint64_t t, bool pinned)
{
	const struct made_record pins[] = { MADE_PIN(1, t + 1, PIN_SNAPSHOT), MADE_PIN(1, t + 4, PIN_LOOKUP_RET),
					    MADE_PIN(1, t + 5, PIN_STALE), MADE_PIN(1, t + 7, PIN_STALE_RET) };
	const struct made_record map[] = { MAPS(1, t, t + 10, t + 11, t + 20, 40) };

	if (pinned)
		memcpy(v, pins, sizeof(pins));
	memcpy(v + (pinned ? ARRAY_SIZE(pins) : 0), map, sizeof(map));
	return (pinned ? ARRAY_SIZE(pins) : 0) + ARRAY_SIZE(map);
}

static uint32_t first_fault(const struct recording *r)
{
	for (uint32_t i = 0; i < r->nr_ops; i++)
		if (r->ops[i].kind == EV_OP_FAULT && r->ops[i].task == 0)
			return i;
	return REC_NONE;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct policy policy;
	struct order *order;
	struct swaps *swaps;
	struct made m;

	policy_defaults(&policy);
	policy.fault_retry_key = row->key ? row->key - 1 : FAULT_RETRY_KEY_HULL_GFN;
	policy.fault_precheck = FAULT_PRECHECK_BOTH;
	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	swaps = swaps_new(&m.rec);
	order = order_new(&m.rec, swaps, &policy, row->has_checks);
	assert_int_equal(order_determines(order, first_fault(&m.rec)), row->determined);
	order_free(order);
	swaps_free(swaps);
	made_close(&m);
}

static void check_usual(const void *arg)
{
	struct made_record v[ARRAY_SIZE(usual_rows[0].records) + NR_OTHERS * OTHER_RECORDS] = { 0 };
	const struct usual_row *row = arg;
	struct policy policy;
	struct order *order;
	struct swaps *swaps;
	struct made m;
	size_t nr = 0;

	while (row->records[nr].ev.kind)
		nr++;
	memcpy(v, row->records, nr * sizeof(*v));
	for (unsigned int i = 0; i < row->others; i++)
		nr += add_other(&v[nr], 1000 + 100 * i, row->pinned);
	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_GFN;
	policy.fault_precheck = FAULT_PRECHECK_BOTH;
	made_open(&m, KVM_6_12, v, nr);
	swaps = swaps_new(&m.rec);
	order = order_new(&m.rec, swaps, &policy, row->pinned);
	assert_int_equal(order_determines(order, first_fault(&m.rec)), row->determined);
	order_free(order);
	swaps_free(swaps);
	made_close(&m);
}

static void check_placed(const void *arg)
{
	const struct placed *row = arg;
	struct instant end = { 0 };
	struct policy policy;
	struct order *order;
	struct swaps *swaps;
	struct made m;

	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_GFN;
	made_open_as(&m, KVM_6_12, false, row->records, ARRAY_SIZE(row->records));
	swaps = swaps_new(&m.rec);
	order = order_new(&m.rec, swaps, &policy, false);
	for (uint32_t i = 0; i < m.rec.nr_ops; i++)
		if (m.rec.ops[i].kind == EV_OP_INVALIDATE_START && m.rec.ops[i].task == 1)
			order_place_end(order, i, &end);
	assert_int_equal(end.at, row->end);
	order_free(order);
	swaps_free(swaps);
	made_close(&m);
}

int main(void)
{
	int failed = table_run("order", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	failed += table_run("usual lengths", usual_rows, ARRAY_SIZE(usual_rows), sizeof(usual_rows[0]), check_usual);
	return failed + table_run("placed ends", placed, ARRAY_SIZE(placed), sizeof(placed[0]), check_placed);
}
