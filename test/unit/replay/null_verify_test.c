/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the null model gets right and, by its nature, wrong. */
#include "test/table.h"

#include "replay/entries.h"
#include "replay/null.h"
#include "test/unit/replay/made.h"

#define ROOT	0x14204u	/* role word, level 4 */
#define EMPTY	0ULL		/* 6.1 */
#define TABLE	0x1000827ULL
#define LEAF	0x13d71e67ULL
#define PFN	0x13d71ULL

#define GET(t, l) MADE_OBS(0, t, GET_PAGE, .page = { .role = ROOT - 4 + l })
#define LINK(t, l) MADE_OBS(0, t, SPTE_CHANGED, .spte = { .level = l, .old = EMPTY, .new = TABLE })
#define MAPPED(t) MADE_OBS(0, t, SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = EMPTY, .new = LEAF })
#define ASKED(t) MADE_OBS(0, t, SPTE_REQUESTED, .map = { .gfn = 5, .level = 1, .pfn = PFN })
#define SET(t) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = 5, .level = 1, .r = 1, .x = 1, .u = 1, .spte = LEAF })
#define FAULT(t, span, ret) \
	{ 0, t, { .kind = OBS_OP, .op = { .gfn = 5, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					  .access = EV_F_W, .stimulus = EV_NO_STIMULUS } } }
#define SLOT MADE_STIM(2, 1, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = 0x100000 }), \
	     MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
#define FIRST_MAP GET(10, 4), MADE_OP(0, 11, VCPU_LOAD, 3), ASKED(20), GET(21, 3), LINK(22, 4), GET(23, 2), \
	     LINK(24, 3), GET(25, 1), LINK(26, 2), MAPPED(27), SET(28), FAULT(30, 12, RET_PF_FIXED)

static const struct row {
	const char	   *name;
	struct made_record  records[24];
	int		    exact;	/* of the last operation of the list */
} rows[] = {
	{ "a first touch, with the tables it needs", { FIRST_MAP }, true },
	{ "a retry is what it cannot know", { FIRST_MAP, FAULT(50, 10, RET_PF_RETRY) }, false },
	{ "an invalidation zaps what is mapped and flushes",
	  { FIRST_MAP, SLOT, MADE_STIM(2, 40, INVALIDATE_START, .hvas = { .start = 0x105000, .end = 0x106000 }),
	    MADE_OBS(2, 41, UNMAP_RANGE, .gfns = { .gfn = 5, .count = 1 }),
	    MADE_OBS(2, 42, SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = LEAF, .new = EMPTY }),
	    MADE_OBS(2, 43, FLUSH_ALL), MADE_OP_FOR(2, 44, INVALIDATE_START, 4, 1, RET_PF_UNKNOWN) }, true },
	{ "and nothing else",
	  { FIRST_MAP, SLOT, MADE_STIM(2, 40, INVALIDATE_START, .hvas = { .start = 0x106000, .end = 0x107000 }),
	    MADE_OBS(2, 41, UNMAP_RANGE, .gfns = { .gfn = 6, .count = 1 }),
	    MADE_OP_FOR(2, 44, INVALIDATE_START, 4, 1, RET_PF_UNKNOWN) }, true },
	{ "aging clears A, and flushes only when asked to",
	  { FIRST_MAP, SLOT, MADE_STIM(2, 40, AGE, .hvas = { .start = 0x105000, .end = 0x106000 }),
	    MADE_OBS(2, 41, AGE_RANGE, .gfns = { .gfn = 5, .count = 1 }, .flags = 1),
	    MADE_OBS(2, 42, SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = LEAF, .new = LEAF & ~0x20ULL }),
	    MADE_OP_FOR(2, 44, AGE, 4, 1, RET_PF_UNKNOWN) }, true },
	{ "a page that was mapped when the recording began",
	  { SLOT, MADE_STIM(2, 40, INVALIDATE_START, .hvas = { .start = 0x105000, .end = 0x106000 }),
	    MADE_OBS(2, 41, UNMAP_RANGE, .gfns = { .gfn = 5, .count = 1 }),
	    MADE_OBS(2, 42, SPTE_CHANGED, .spte = { .gfn = 5, .level = 1, .old = LEAF, .new = EMPTY }),
	    MADE_OBS(2, 43, FLUSH_ALL), MADE_OP_FOR(2, 44, INVALIDATE_START, 4, 1, RET_PF_UNKNOWN) }, true },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct inherited *in;
	struct verdict v;
	struct made m;
	uint32_t last = 0;

	made_open(&m, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	verdict_init(&v, &m.rec);
	in = inherited_new(&m.rec);
	null_run(&m.rec, in, &v);
	inherited_free(in);
	for (uint32_t i = 0; i < m.rec.nr_ops; i++)
		if (m.rec.ops[i].end_ns > m.rec.ops[last].end_ns)
			last = i;
	assert_int_equal(v.ops[last].null_exact, row->exact);
	verdict_fini(&v);
	made_close(&m);
}

static void sum(void *arg, unsigned int as_id, int level, gfn_t gfn, uint64_t spte)
{
	*(uint64_t *)arg += spte * (level + 10 * as_id) + gfn;
}

/* Enough entries that the table grows, in two VMs, some set twice. */
static void test_entries(void **state)
{
	struct entries *e = entries_new(EMPTY);
	uint64_t got = 0, want = 0;

	for (gfn_t gfn = 0; gfn < 10000; gfn++) {
		entries_set(e, 0, gfn & 1, 1 + gfn % 3, gfn, 7);
		entries_set(e, 1, 0, 1, gfn, 9);
		entries_set(e, 0, gfn & 1, 1 + gfn % 3, gfn, gfn % 5 ? gfn + 1 : EMPTY);
		if (gfn % 5)
			want += (gfn + 1) * (1 + gfn % 3 + 10 * (gfn & 1)) + gfn;
	}
	entries_each(e, 0, sum, &got);
	assert_int_equal(got, want);
	assert_int_equal(entries_get(e, 0, 1, 2, 1001), EMPTY);
	assert_int_equal(entries_get(e, 0, 1, 1 + 1001 % 3, 1001), 1002);
	assert_int_equal(entries_get(e, 2, 0, 1, 1001), EMPTY);
	entries_free(e);
}

int main(void)
{
	const struct CMUnitTest one[] = { cmocka_unit_test(test_entries) };
	int rc = cmocka_run_group_tests(one, NULL, NULL);

	return table_run("null", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) | rc;
}
