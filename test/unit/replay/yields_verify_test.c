/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shows that a walk let others in, and when it went on. */
#include "test/table.h"

#include "replay/yields.h"
#include "test/unit/replay/made.h"

#define WRITE 4
#define ZAP(t, g) MADE_OBS(2, t, SPTE_CHANGED, .spte = { .gfn = g, .level = 1, .old = 1 })
#define FLUSH(t) MADE_OBS(2, t, FLUSH_ALL, .gfns = { 0 })
#define WAIT(task, from, to) MADE_OBS(task, to, LOCK_WAIT, .wait = { .wait_ns = (to) - (from), .flags = WRITE })
#define RANGE(t) MADE_OBS(2, t, UNMAP_RANGE, .gfns = { .gfn = 0, .count = 9 })
#define WALK_BEGIN RANGE(15), ZAP(20, 1)
#define WALK_END(t) MADE_OP(2, t, INVALIDATE_START, (t) - 10)

static const struct row {
	const char	  *name;
	struct made_record records[24];
	uint32_t	   op;
	bool		   before;	/* a yield nobody waited for, before its third observation */
	uint64_t	   seen;	/* when it had begun to yield, as that tells; 0: it does not */
	uint64_t	   relock;	/* had it yielded after its second */
	uint32_t	   next;	/* record after that */
	bool		   never;	/* this kernel does not yield to waiters */
	bool		   no_probes;
} rows[] = {
	{ "a walk that goes on", { WALK_BEGIN, ZAP(30, 2), WALK_END(50) }, 0, false, 0, 29, 2 },
	{ "a flush at its end is not a yield", { WALK_BEGIN, FLUSH(30), WALK_END(50) }, 0, false, 0, 0, 3 },
	{ "one in the middle is", { WALK_BEGIN, FLUSH(30), ZAP(40, 2), WALK_END(50) }, 0, true, 30, 39, 3 },
	{ "somebody waited: the engine's to find",
	  { WAIT(0, 25, 35), MADE_OP(0, 36, INVALIDATE_END, 12), WALK_BEGIN, FLUSH(30), ZAP(40, 2), WALK_END(50) },
	  1, false, 30, 39, 3 },
	{ "unless that would not make it yield",
	  { WAIT(0, 25, 35), MADE_OP(0, 36, INVALIDATE_END, 12), WALK_BEGIN, FLUSH(30), ZAP(40, 2), WALK_END(50) },
	  1, true, 0, 39, 3, .never = true },
	{ "somebody queued and had it before the walk's next record",
	  { WAIT(0, 25, 35), MADE_OP(0, 36, INVALIDATE_END, 12), WALK_BEGIN, ZAP(40, 2), WALK_END(50) },
	  1, false, 26, 39, 2 },
	{ "it waited for the lock itself",
	  { WALK_BEGIN, WAIT(2, 32, 38), ZAP(40, 2), WALK_END(50) }, 0, false, 32, 32, 3 },
	{ "another had the lock for write in between, without a wait",
	  { MADE_PIN(0, 30, PIN_INV_END), MADE_OP(0, 35, INVALIDATE_END, 12), WALK_BEGIN, ZAP(40, 2), WALK_END(50) },
	  1, true, 0, 39, 2 },
	{ "who queued before it went on, and had to wait beyond, was kept out by it",
	  { WAIT(0, 33, 45), MADE_OP(0, 46, INVALIDATE_END, 15), WALK_BEGIN, FLUSH(30), ZAP(40, 2), WALK_END(50) },
	  1, true, 30, 32, 3 },
	{ "a round of NX recovery took a table away in between",
	  { MADE_OBS(0, 30, SPTE_CHANGED, .spte = { .gfn = 0x200, .level = 2, .old = 0x1827 }), MADE_OP(0, 35, NX_RECOVER, 6),
	    WALK_BEGIN, ZAP(40, 2), WALK_END(50) }, 1, true, 0, 39, 2 },
	{ "a fault mapped before anything was zapped: there was nothing to flush",
	  { MADE_OBS(0, 30, SPTE_REQUESTED), MADE_OP(0, 35, FAULT, 10), RANGE(15), RANGE(18), ZAP(40, 2), WALK_END(50) },
	  1, true, 0, 39, 2 },
	{ "later a flush would show that",
	  { MADE_OBS(0, 30, SPTE_REQUESTED), MADE_OP(0, 35, FAULT, 10), WALK_BEGIN, ZAP(40, 2), WALK_END(50) },
	  1, false, 0, 39, 2 },
	{ "without probes: another zapped in between",
	  { MADE_OBS(0, 32, SPTE_CHANGED, .spte = { .gfn = 9, .level = 1, .old = 1 }), MADE_OP(0, 35, INVALIDATE_START, 5),
	    WAIT(2, 12, 15), ZAP(20, 1), ZAP(40, 2), WALK_END(50) }, 1, true, 0, 39, 2, .no_probes = true },
	{ "or a fault mapped",
	  { MADE_OBS(0, 32, SPTE_REQUESTED), MADE_OP(0, 35, FAULT, 5), WAIT(2, 12, 15), ZAP(20, 1), ZAP(40, 2), WALK_END(50) },
	  1, true, 0, 39, 2, .no_probes = true },
	{ "a fault that mapped before did not",
	  { MADE_OBS(0, 19, SPTE_REQUESTED), MADE_OP(0, 35, FAULT, 25), WAIT(2, 12, 15), ZAP(20, 1), ZAP(40, 2), WALK_END(50) },
	  1, false, 0, 39, 2, .no_probes = true },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	const struct rec_op *op;
	struct yields *y;
	uint32_t next = 2;
	struct made m;

	made_open_as(&m, KVM_6_1, !row->no_probes, row->records, ARRAY_SIZE(row->records));
	y = yields_new(&m.rec, !row->never);
	op = &m.rec.ops[row->op];
	assert_int_equal(op->kind, EV_OP_INVALIDATE_START);
	assert_int_equal(yields_walk_start(&m.rec, op, 0, 15), 1);
	assert_int_equal(yields_before(y, op->first_obs + 2), row->before);
	assert_int_equal(yields_seen(y, &m.rec, op, 2), row->seen);
	assert_int_equal(yields_relock(y, &m.rec, op, &next, 20), row->relock);
	assert_int_equal(next, row->next);
	yields_free(y);
	made_close(&m);
}

/* A wait during which another took the lock without one. */
static void test_overtaken(void **state)
{
	static const struct made_record records[] = {
		MADE_PIN(1, 30, PIN_INV_END), MADE_OP(1, 35, INVALIDATE_END, 12),
		WAIT(0, 25, 45), MADE_OP(0, 46, INVALIDATE_END, 25),
	};
	struct yields *y;
	struct made m;

	(void)state;
	made_open(&m, KVM_6_1, records, ARRAY_SIZE(records));
	y = yields_new(&m.rec, true);
	assert_true(yields_overtaken(y, &m.rec.ops[0], 25, 45));
	assert_false(yields_overtaken(y, &m.rec.ops[0], 31, 45));
	assert_false(yields_overtaken(y, &m.rec.ops[1], 25, 45));
	yields_free(y);
	made_close(&m);
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(test_overtaken) };
	int failed = table_run("yields", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return failed | cmocka_run_group_tests_name("yields: being overtaken", more, NULL, NULL);
}
