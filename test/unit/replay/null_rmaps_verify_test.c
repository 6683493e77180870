/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The null model without the TDP MMU: what it gets right and, by its nature, wrong. */
#include "test/table.h"

#include "replay/null.h"
#include "test/unit/replay/made.h"

#define ROOT	0x3784u		/* role word, level 4, direct */
#define EMPTY	0ULL		/* 6.1 */
#define LEAF	0x13d71e67ULL
#define PFN	0x13d71ULL

#define GET(t, l) MADE_OBS(0, t, GET_PAGE, .page = { .role = ROOT - 4 + l, .created = 1 })
#define ASKED(t) MADE_OBS(0, t, SPTE_REQUESTED, .map = { .gfn = 5, .level = 1, .pfn = PFN })
#define UPDATED(t, from) MADE_OBS(0, t, SPTE_UPDATE, .spte = { .gfn = 5, .level = 1, .old = from, .new = LEAF })
#define SET(t) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = 5, .level = 1, .r = 1, .x = 1, .u = 1, .spte = LEAF })
#define CLEARED(t, g) MADE_OBS(2, t, SPTE_CLEAR, .spte = { .gfn = g, .level = 1, .old = LEAF })
#define ZAPPED(t, l) MADE_OBS(2, t, PREPARE_ZAP_PAGE, .page = { .role = ROOT - 4 + l })
#define FAULT(t, span, ret) \
	{ 0, t, { .kind = OBS_OP, .op = { .gfn = 5, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					  .access = EV_F_W, .stimulus = EV_NO_STIMULUS } } }
#define SLOT MADE_STIM(2, 1, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = 0x100000 }), \
	     MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
#define FIRST_MAP GET(10, 4), MADE_OP(0, 11, VCPU_LOAD, 3), ASKED(20), GET(21, 3), GET(22, 2), GET(23, 1), \
	     UPDATED(24, EMPTY), SET(25), FAULT(30, 12, RET_PF_FIXED)
#define ZAP(t, from, to) MADE_STIM(2, t, INVALIDATE_START, .hvas = { .start = from, .end = to })

static const struct row {
	const char	   *name;
	bool		    shadow;
	struct made_record  records[24];
	int		    exact;	/* of the last operation of the list */
} rows[] = {
	{ "a first touch, with the pages it needs", false, { FIRST_MAP }, true },
	{ "one that finds them", false, { FIRST_MAP, ASKED(40), UPDATED(41, LEAF), SET(42), FAULT(44, 6, RET_PF_FIXED) }, true },
	{ "a retry is what it cannot know", false, { FIRST_MAP, FAULT(50, 10, RET_PF_RETRY) }, false },
	{ "nor what is mapped ahead", false,
	  { FIRST_MAP, ASKED(40), UPDATED(41, LEAF), SET(42), UPDATED(43, EMPTY), FAULT(44, 6, RET_PF_FIXED) }, false },
	{ "under shadow paging it knows no pages", true, { ASKED(20), UPDATED(24, EMPTY), SET(25), FAULT(30, 12, RET_PF_FIXED) }, true },
	{ "so it misses those that were made", true, { FIRST_MAP }, false },
	{ "that the guest does not map a page it is told", true,
	  { MADE_OBS(0, 20, WALKER_ERROR, .gfns = { .count = 2 }), FAULT(30, 12, RET_PF_GUEST) }, true },
	{ "an invalidation clears what is mapped and flushes", false,
	  { FIRST_MAP, SLOT, ZAP(40, 0x105000, 0x106000), MADE_OBS(2, 41, UNMAP_RANGE, .gfns = { .gfn = 5, .count = 1 }),
	    CLEARED(42, 5), MADE_OBS(2, 43, FLUSH_ALL), MADE_OP_FOR(2, 44, INVALIDATE_START, 4, 1, RET_PF_UNKNOWN) }, true },
	{ "one entry for each frame", true,
	  { FIRST_MAP, SLOT, ZAP(40, 0x105000, 0x106000), MADE_OBS(2, 41, UNMAP_RANGE, .gfns = { .gfn = 5, .count = 1 }),
	    CLEARED(42, 5), CLEARED(42, 5), MADE_OBS(2, 43, FLUSH_ALL),
	    MADE_OP_FOR(2, 44, INVALIDATE_START, 4, 1, RET_PF_UNKNOWN) }, false },
	{ "young is told, the flush follows", false,
	  { FIRST_MAP, SLOT, { 2, 40, { .kind = EV_AGE, .flags = EV_F_FLUSH, .hvas = { .start = 0x105000, .end = 0x106000 } } },
	    MADE_OBS(2, 41, AGE_RANGE, .gfns = { .gfn = 5, .count = 1 }, .flags = 1), MADE_OBS(2, 43, FLUSH_ALL),
	    MADE_OP_FOR(2, 44, AGE, 4, 1, RET_PF_UNKNOWN) }, true },
	{ "at the end everything goes", false,
	  { FIRST_MAP, MADE_STIM(2, 40, ZAP_ALL), CLEARED(41, 5), ZAPPED(42, 4), ZAPPED(43, 3), ZAPPED(44, 2), ZAPPED(45, 1),
	    MADE_OP_FOR(2, 46, ZAP_ALL, 6, 0, RET_PF_UNKNOWN) }, true },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct verdict v;
	struct made m;
	uint32_t last = 0;

	made_open(&m, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	made_without_tdp_mmu(&m, row->shadow);
	verdict_init(&v, &m.rec);
	null_run(&m.rec, &(struct inherited){ 0 }, &v);
	for (uint32_t i = 0; i < m.rec.nr_ops; i++)
		if (m.rec.ops[i].end_ns > m.rec.ops[last].end_ns)
			last = i;
	assert_int_equal(v.ops[last].null_exact, row->exact);
	verdict_fini(&v);
	made_close(&m);
}

int main(void)
{
	return table_run("null_rmaps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
