/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which records are evidence of which instant. */
#include "test/table.h"

#include "replay/instants.h"
#include "test/unit/replay/made.h"

#define READ 2
#define WRITE 4

static const struct row {
	const char	   *name;
	struct made_record  records[10];
	unsigned int	    op;		/* which one is asked about */
	struct instant	    snapshot, check, change;
	bool		    rmaps;	/* no TDP MMU */
} rows[] = {
	{ "a bare fault: snapshot at its begin, check at its end",
	  { MADE_OP(0, 100, FAULT, 90) }, 0, { 10, 10, 100 }, { 10, 100, 100 } },
	{ "the pins of a fault",
	  { MADE_PIN(0, 20, PIN_SNAPSHOT), MADE_PIN(0, 40, PIN_LOOKUP_RET), MADE_PIN(0, 50, PIN_STALE),
	    MADE_PIN(0, 60, PIN_STALE_RET), MADE_OP(0, 100, FAULT, 90) },
	  0, { 20, 20, 40 }, { 50, 50, 60 } },
	{ "the first event of the map comes after the check",
	  { MADE_OBS(0, 70, SPTE_REQUESTED), MADE_OBS(0, 80, SET_SPTE), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 70 }, { 10, 70, 70 } },
	{ "the end of a wait for the lock comes before the check",
	  { MADE_OBS(0, 60, LOCK_WAIT, .wait = { .flags = READ }), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 60 }, { 60, 60, 100 } },
	{ "nested notifiers come after the snapshot and before the check",
	  { MADE_OP(0, 30, INVALIDATE_START, 10), MADE_OP(0, 50, INVALIDATE_END, 10), MADE_OP(0, 100, FAULT, 90) },
	  2, { 10, 10, 20 }, { 50, 100, 100 } },
	{ "a window opens when its handler has the lock",
	  { MADE_OBS(2, 50, UNMAP_RANGE), MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, .change = { 20, 50, 50 } },
	{ "or earlier, but not before the lock was there",
	  { MADE_OBS(2, 40, LOCK_WAIT, .wait = { .flags = WRITE }), MADE_OBS(2, 50, UNMAP_RANGE),
	    MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, .change = { 40, 50, 50 } },
	{ "a fault that waits for the lock has its snapshot",
	  { MADE_OBS(0, 60, LOCK_WAIT, .wait = { .flags = READ, .wait_ns = 20 }), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 40 }, { 60, 60, 100 } },
	{ "a start whose handler no probe shows: before its first change",
	  { MADE_OBS(2, 50, SPTE_CHANGED), MADE_OP(2, 80, INVALIDATE_START, 60) }, 0, .change = { 20, 20, 50 } },
	{ "a wait after that is for the end",
	  { MADE_OBS(2, 50, SPTE_CHANGED), MADE_OBS(2, 70, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 10 }),
	    MADE_OP(2, 80, INVALIDATE_START, 60) }, 0, .change = { 20, 20, 50 } },
	{ "a wait alone may be either's; that of the start comes first",
	  { MADE_OBS(2, 70, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 45 }), MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, .change = { 20, 70, 80 } },
	{ "who is off his CPU has ended",
	  { MADE_PIN(2, 9000, PIN_OFF_CPU), MADE_OP(2, 9000, INVALIDATE_END, 8900), MADE_OP(2, 90000, AGE, 10) },
	  0, .change = { 100, 1800, 9000 } },
	{ "without the TDP MMU a fault waits for the lock to write",
	  { MADE_OBS(0, 60, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 20 }), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 40 }, { 60, 60, 100 }, .rmaps = true },
	{ "with it that is somebody else's wait",
	  { MADE_OBS(0, 60, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 20 }), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 100 }, { 10, 100, 100 } },
	{ "an entry that is updated shows that the lock is held",
	  { MADE_OBS(0, 70, SPTE_UPDATE), MADE_OP(0, 100, FAULT, 90) }, 0, { 10, 10, 70 }, { 10, 70, 70 }, .rmaps = true },
	{ "and so do pages that make room for others",
	  { MADE_OBS(0, 60, PREPARE_ZAP_PAGE), MADE_OBS(0, 70, SPTE_CLEAR), MADE_OP(0, 100, FAULT, 90) },
	  0, { 10, 10, 60 }, { 10, 60, 60 }, .rmaps = true },
	{ "long after a nested end was entered the fault itself queues",
	  { MADE_OBS(0, 20000, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 8000 }),
	    MADE_OP(0, 20000, INVALIDATE_END, 19900), MADE_OP(0, 21000, FAULT, 20990) },
	  0, .change = { 100, 1800, 12000 }, .rmaps = true },
	{ "unless the end returns after that",
	  { MADE_OBS(0, 20000, LOCK_WAIT, .wait = { .flags = WRITE, .wait_ns = 8000 }),
	    MADE_PIN(0, 20100, PIN_INV_END_RET), MADE_OP(0, 20100, INVALIDATE_END, 20000),
	    MADE_OP(0, 21000, FAULT, 20990) },
	  0, .change = { 20000, 20000, 20100 }, .rmaps = true },
	{ "it closes at its pin",
	  { MADE_PIN(2, 45, PIN_INV_END), MADE_OP(2, 80, INVALIDATE_END, 60) },
	  0, .change = { 45, 45, 80 } },
	{ "a wait that ends after the handler began is for the lock taken again",
	  { MADE_OBS(2, 50, UNMAP_RANGE), MADE_OBS(2, 60, LOCK_WAIT, .wait = { .flags = WRITE }),
	    MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, .change = { 20, 50, 50 } },
};

#define HVAS(from, to) .hvas = { .start = 0x1000 * (from), .end = 0x1000 * (to) }
#define STARTS(t, stim, from, to) MADE_STIM(2, t, INVALIDATE_START, HVAS(from, to)), \
	MADE_OP_FOR(2, (t) + 5, INVALIDATE_START, 5, stim, RET_PF_UNKNOWN)
#define SETS(t, stim, page) MADE_STIM(2, t, SET_SPTE, HVAS(page, 0)), \
	MADE_OP_FOR(2, (t) + 5, SET_SPTE, 5, stim, RET_PF_UNKNOWN)

/* The window that operation 0 opens. */
static const struct unseen {
	const char	   *name;
	struct made_record  records[10];
	struct instant	    end;
} unseen[] = {
	{ "from the start of the window to its task's next record",
	  { STARTS(100, 0, 4, 6), MADE_OP(2, 300, AGE, 10) }, { 105, 105, 290 } },
	{ "windows inside it are over the same addresses",
	  { STARTS(100, 0, 4, 6), STARTS(150, 1, 5, 6), STARTS(200, 2, 8, 9) }, { 105, 105, 200 } },
	{ "the new entry is set inside it",
	  { STARTS(100, 0, 5, 6), SETS(150, 1, 5), MADE_OP(2, 300, AGE, 10) }, { 155, 155, 290 } },
	{ "after which it ends, before another over the same addresses",
	  { STARTS(100, 0, 5, 6), SETS(150, 1, 5), STARTS(200, 2, 5, 6) }, { 155, 155, 200 } },
	{ "but an entry set elsewhere is after it",
	  { STARTS(100, 0, 5, 6), SETS(150, 1, 6), MADE_OP(2, 300, AGE, 10) }, { 105, 105, 150 } },
};

static void same(const struct instant *got, const struct instant *want)
{
	assert_int_equal(got->lo, want->lo);
	assert_int_equal(got->at, want->at);
	assert_int_equal(got->hi, want->hi);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct fault_instants fault;
	struct instant change;
	struct made m;

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	if (row->rmaps)
		made_without_tdp_mmu(&m, false);
	if (m.rec.ops[row->op].kind == EV_OP_FAULT) {
		instants_fault(&m.rec, &m.rec.ops[row->op], &fault);
		same(&fault.snapshot, &row->snapshot);
		same(&fault.check, &row->check);
	} else {
		instants_change(&m.rec, &m.rec.ops[row->op], &change);
		same(&change, &row->change);
	}
	made_close(&m);
}

static void check_unseen(const void *arg)
{
	const struct unseen *row = arg;
	struct instant end;
	struct made m;

	made_open_as(&m, KVM_6_1, false, row->records, ARRAY_SIZE(row->records));
	instants_unseen_end(&m.rec, &m.rec.ops[0], &end);
	same(&end, &row->end);
	made_close(&m);
}

int main(void)
{
	int failed = table_run("instants", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return failed + table_run("ends that no probe shows", unseen, ARRAY_SIZE(unseen), sizeof(unseen[0]), check_unseen);
}
