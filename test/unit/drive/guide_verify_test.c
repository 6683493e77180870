/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guided replay on made-up recordings: what the engine does at the
 * recorded instants, and that a wrong recording is noticed once.  Only virtual time
 * can be guided.
 */
#include "test/table.h"

#include "engine/rt/rt.h"
#include "replay/chains.h"
#include "replay/drive/guide.h"
#include "replay/swaps.h"
#include "replay/yields.h"
#include "test/unit/replay/made.h"

#define ROOT	0x3784u		/* the usual role word: level 4, direct, RWX, NX, WP */
#define EMPTY	0ULL		/* 6.1 */
#define TABLE	0x1000827ULL
#define LEAF	0x13d71e67ULL
#define PFN	0x13d71ULL

#define GET(t, l) MADE_OBS(0, t, GET_PAGE, .page = { .role = ROOT - 4 + l })
#define LINK(t, l) MADE_OBS(0, t, SPTE_CHANGED, .spte = { .level = l, .old = EMPTY, .new = TABLE })
#define MAPPED(t, g) MADE_OBS(0, t, SPTE_CHANGED, .spte = { .gfn = g, .level = 1, .old = EMPTY, .new = LEAF })
#define ASKED(t, g) MADE_OBS(0, t, SPTE_REQUESTED, .map = { .gfn = g, .level = 1, .pfn = PFN })
#define SET(t, g) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = g, .level = 1, .r = 1, .x = 1, .u = 1, .spte = LEAF })
#define FAULT(task, t, g, span, ret) \
	{ task, t, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					     .access = EV_F_W, .error_code = 6, .stimulus = EV_NO_STIMULUS } } }
#define CUT(task, t, g, span) \
	{ task, t, { .kind = OBS_OP, .flags = EV_F_OPEN, \
		     .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = span, .result = RET_PF_RETRY, .access = EV_F_W, \
			     .error_code = 6, .stimulus = EV_NO_STIMULUS } } }
#define SLOT MADE_STIM(2, 1, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = 0x100000 }), \
	     MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
#define OLD_SLOT MADE_STIM(1, 0, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = 0x100000 }), \
	     MADE_OP_FOR(1, 0, MEMSLOT, 0, 0, RET_PF_UNKNOWN)
#define LOAD GET(10, 4), MADE_OP(0, 11, VCPU_LOAD, 3)
#define TOUCH(t, g) ASKED(t, g), MAPPED((t) + 1, g), SET((t) + 2, g), FAULT(0, (t) + 5, g, 15, RET_PF_FIXED)
#define FIRST_TOUCH ASKED(20, 5), GET(21, 3), LINK(22, 4), GET(23, 2), LINK(24, 3), GET(25, 1), LINK(26, 2), \
	     MAPPED(27, 5), SET(28, 5), FAULT(0, 30, 5, 12, RET_PF_FIXED)
#define SET_UP SLOT, LOAD, FIRST_TOUCH
/* The same in address space 1, by a vCPU in system management mode. */
#define SMM	0x1000000u
#define SMM_SLOT MADE_STIM(2, 3, MEMSLOT, .slot = { .as_id = 1, .npages = 16, .hva = 0x200000 }), \
	     MADE_OP_FOR(2, 4, MEMSLOT, 1, 1, RET_PF_UNKNOWN)
#define SMM_GET(t, l) MADE_OBS(0, t, GET_PAGE, .page = { .role = SMM + ROOT - 4 + l })
#define SMM_CHANGED(t, g, l, to) \
	     MADE_OBS(0, t, SPTE_CHANGED, .spte = { .gfn = g, .level = l, .as_id = 1, .old = EMPTY, .new = to })
#define SMM_FIRST_TOUCH ASKED(60, 5), SMM_GET(61, 3), SMM_CHANGED(62, 0, 4, TABLE), SMM_GET(63, 2), \
	     SMM_CHANGED(64, 0, 3, TABLE), SMM_GET(65, 1), SMM_CHANGED(66, 0, 2, TABLE), SMM_CHANGED(67, 5, 1, LEAF), \
	     SET(68, 5), FAULT(0, 70, 5, 12, RET_PF_FIXED)
#define SMM_AGAIN(t) ASKED(t, 6), SMM_CHANGED((t) + 1, 6, 1, LEAF), SET((t) + 2, 6), \
	     FAULT(0, (t) + 5, 6, 15, RET_PF_FIXED)
/* A vCPU gives back its root and takes another; @... is what taking it shows. */
#define SWITCH(t, ...) MADE_OP(0, t, VCPU_UNLOAD, 2), __VA_ARGS__ MADE_OP(0, (t) + 9, VCPU_LOAD, 3)

#define HVAS(from, to) .hvas = { .start = 0x100000 + 0x1000 * (from), .end = 0x100000 + 0x1000 * (to) }
/* A window of the host task over gfns 6 and 7, its handler at 110, its end at @t. */
#define WINDOW(t) MADE_STIM(2, 100, INVALIDATE_START, HVAS(6, 8)), \
	     MADE_OBS(2, 110, UNMAP_RANGE, .gfns = { .gfn = 6, .count = 2 }), \
	     MADE_OP_FOR(2, 115, INVALIDATE_START, 15, 1, RET_PF_UNKNOWN), \
	     MADE_STIM(2, (t) - 10, INVALIDATE_END, HVAS(6, 8)), MADE_PIN(2, t, PIN_INV_END), \
	     MADE_OP_FOR(2, (t) + 5, INVALIDATE_END, 15, 2, RET_PF_UNKNOWN)

/* The host task's zap of @n gfns from @g on begins. */
#define ZAP_GFNS(t, g, n) MADE_STIM(2, t, ZAP_RANGE, .gfns = { .gfn = g, .count = n })

static const struct row {
	const char	   *name;
	struct made_record  records[48];
	unsigned int	    misses;
	enum miss	    why;		/* of the first */
} rows[] = {
	{ "a first touch makes the tables it needs", { SET_UP }, 0, 0 },
	{ "the next one does not", { SET_UP, TOUCH(50, 6) }, 0, 0 },
	{ "a fault in an open window retries", { SET_UP, WINDOW(200), FAULT(0, 150, 6, 20, RET_PF_RETRY) }, 0, 0 },
	{ "outside its hull it maps", { SET_UP, WINDOW(200), TOUCH(150, 8) }, 0, 0 },
	{ "an end between snapshot and check makes any fault retry",
	  { SET_UP, WINDOW(200), FAULT(0, 230, 8, 60, RET_PF_RETRY) }, 0, 0 },
	{ "one that lost records on its way is not judged", { SET_UP, CUT(0, 70, 6, 20) }, 0, 0 },
	{ "after the end it maps", { SET_UP, WINDOW(200), TOUCH(250, 6) }, 0, 0 },
	{ "its own notifier makes a fault retry",
	  { SET_UP, MADE_STIM(0, 60, INVALIDATE_START, HVAS(9, 10)),
	    MADE_OBS(0, 62, UNMAP_RANGE, .gfns = { .gfn = 9, .count = 1 }),
	    MADE_OP_FOR(0, 65, INVALIDATE_START, 5, 0, RET_PF_UNKNOWN), MADE_STIM(0, 70, INVALIDATE_END, HVAS(9, 10)),
	    MADE_OP_FOR(0, 75, INVALIDATE_END, 5, 1, RET_PF_UNKNOWN), FAULT(0, 80, 9, 30, RET_PF_RETRY) }, 0, 0 },
	{ "a recording that maps in an open window is a miss, and only that",
	  { SET_UP, WINDOW(200), TOUCH(150, 6), TOUCH(250, 7) }, 1, MISS_RETRY_FOR_MAP },
	{ "one that retries for no reason is, too; the page is not there afterwards",
	  { SET_UP, FAULT(0, 60, 6, 20, RET_PF_RETRY), TOUCH(90, 6) }, 1, MISS_MAP_FOR_RETRY },
	{ "an invalidation that zaps nothing where a page is",
	  { SET_UP, MADE_STIM(2, 100, INVALIDATE_START, HVAS(5, 6)),
	    MADE_OBS(2, 110, UNMAP_RANGE, .gfns = { .gfn = 5, .count = 1 }),
	    MADE_OP_FOR(2, 115, INVALIDATE_START, 15, 1, RET_PF_UNKNOWN) }, 1, MISS_SPTE_EXTRA },
	{ "in system management mode a vCPU takes a root of its own, and finds it again",
	  { SLOT, SMM_SLOT, LOAD, FIRST_TOUCH, SWITCH(40, SMM_GET(48, 4),), SMM_FIRST_TOUCH, SWITCH(80), TOUCH(105, 7),
	    SWITCH(130), SMM_AGAIN(155) }, 0, 0 },
	{ "two faults meet in one entry: who has no record of a change lost to the other, and retries",
	  { SET_UP, MADE_OP(1, 40, VCPU_LOAD, 3), ASKED(10000, 6), MADE_OBS(1, 10100, SPTE_REQUESTED, .map = { .gfn = 6, .level = 1,
	    .pfn = PFN }), MAPPED(12000, 6), SET(12010, 6), FAULT(0, 13000, 6, 3500, RET_PF_FIXED),
	    FAULT(1, 13100, 6, 3400, RET_PF_RETRY) }, 0, 0 },
	{ "but not where nobody changed it",
	  { SET_UP, MADE_OP(1, 40, VCPU_LOAD, 3), MADE_OBS(1, 10100, SPTE_REQUESTED, .map = { .gfn = 6, .level = 1, .pfn = PFN }),
	    FAULT(1, 13100, 6, 3400, RET_PF_RETRY) }, 1, MISS_MAP_FOR_RETRY },
	{ "a table that another fault has passed was linked before its record",
	  { SLOT, LOAD, MADE_OP(1, 40, VCPU_LOAD, 3), ASKED(10000, 5), GET(10100, 3), MADE_OBS(1, 10200, SPTE_REQUESTED,
	    .map = { .gfn = 5, .level = 1, .pfn = PFN }), MADE_OBS(1, 11000, GET_PAGE, .page = { .role = ROOT - 2 }), LINK(13000, 4),
	    MADE_OBS(1, 13001, SPTE_CHANGED, .spte = { .level = 3, .old = EMPTY, .new = TABLE }), GET(13010, 1), LINK(13011, 2),
	    MAPPED(16000, 5), SET(16010, 5), FAULT(0, 17000, 5, 7500, RET_PF_FIXED),
	    FAULT(1, 17500, 5, 7500, RET_PF_RETRY) }, 0, 0 },
	{ "a zapped range: its pages go, the next touch makes them again",
	  { SET_UP, TOUCH(50, 6), TOUCH(70, 8), ZAP_GFNS(100, 6, 2), MADE_OBS(2, 110, SPTE_CHANGED, .spte = { .gfn = 6,
	    .level = 1, .old = LEAF, .new = EMPTY }), MADE_OBS(2, 112, FLUSH_ALL, .gfns = { 0 }),
	    MADE_OP_FOR(2, 120, ZAP_RANGE, 20, 1, RET_PF_UNKNOWN),
	    TOUCH(150, 6) }, 0, 0 },
	{ "one that the recording does not show to zap what is there",
	  { SET_UP, ZAP_GFNS(100, 5, 2), MADE_OP_FOR(2, 120, ZAP_RANGE, 20, 1, RET_PF_UNKNOWN) }, 1, MISS_SPTE_EXTRA },
	{ "its end between snapshot and check makes any fault retry",
	  { SET_UP, ZAP_GFNS(100, 5, 1), MADE_OBS(2, 110, SPTE_CHANGED, .spte = { .gfn = 5,
	    .level = 1, .old = LEAF, .new = EMPTY }), MADE_OBS(2, 112, FLUSH_ALL, .gfns = { 0 }),
	    MADE_OP_FOR(2, 120, ZAP_RANGE, 20, 1, RET_PF_UNKNOWN),
	    FAULT(0, 130, 8, 60, RET_PF_RETRY), TOUCH(150, 5) }, 0, 0 },
	{ "tables and a root that are older than the recording", { SLOT, TOUCH(150, 5) }, 0, 0 },
	{ "and the page that a window takes away",
	  { SLOT, MADE_STIM(2, 100, INVALIDATE_START, HVAS(6, 8)),
	    MADE_OBS(2, 110, UNMAP_RANGE, .gfns = { .gfn = 6, .count = 2 }),
	    MADE_OBS(2, 111, SPTE_CHANGED, .spte = { .gfn = 7, .level = 1, .old = LEAF, .new = EMPTY }),
	    MADE_OBS(2, 112, FLUSH_ALL), MADE_OP_FOR(2, 115, INVALIDATE_START, 15, 1, RET_PF_UNKNOWN) }, 0, 0 },
	{ "a window that was open before the recording",
	  { OLD_SLOT, FAULT(0, 150, 6, 20, RET_PF_RETRY), MADE_STIM(2, 200, INVALIDATE_END, HVAS(6, 8)),
	    MADE_OP_FOR(2, 205, INVALIDATE_END, 5, 0, RET_PF_UNKNOWN), TOUCH(250, 6) }, 0, 0 },
	{ "but not one whose start is missing later on: a probe missed it",
	  { SET_UP, WINDOW(200), TOUCH(250, 7), MADE_STIM(2, 400, INVALIDATE_END, HVAS(6, 8)),
	    MADE_OP_FOR(2, 405, INVALIDATE_END, 5, 3, RET_PF_UNKNOWN) }, 0, 0 },
	{ "dirty logging is skipped, not guessed",
	  { SET_UP, MADE_OP(2, 60, DIRTY, 5) }, 0, 0 },
};

static enum miss first_why(const struct verdict *v)
{
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		if (v->ops[i].outcome == OUTCOME_MISS)
			return v->ops[i].why;
	return 0;
}

static unsigned int count_outcome(const struct verdict *v, enum outcome o)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		nr += v->ops[i].outcome == o;
	return nr;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct guide_job job = { .seed = 1 };
	struct policy policy;
	struct swaps *swaps;
	struct yields *yields;
	struct order *order;
	struct chains *chains;
	struct inherited *in;
	struct verdict v;
	struct made m;
	struct err e;

	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_HVA;
	policy.fault_precheck = FAULT_PRECHECK_NONE;
	made_open(&m, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	verdict_init(&v, &m.rec);
	swaps = swaps_new(&m.rec);
	yields = yields_new(&m.rec, true);
	order = order_new(&m.rec, swaps, &policy, v.has_checks);
	chains = chains_new(&m.rec);
	in = inherited_new(&m.rec);
	job.chains = chains;
	job.inherited = in;
	job.rec = &m.rec;
	job.policy = &policy;
	job.swaps = swaps;
	job.yields = yields;
	job.order = order;
	job.verdict = &v;
	assert_int_equal(guide_vtime(&job, &e), 0);
	assert_int_equal(count_outcome(&v, OUTCOME_UNSEEN), 0);
	assert_int_equal(count_outcome(&v, OUTCOME_MISS), row->misses);
	if (row->misses)
		assert_int_equal(first_why(&v), row->why);
	verdict_fini(&v);
	order_free(order);
	swaps_free(swaps);
	yields_free(yields);
	chains_free(chains);
	inherited_free(in);
	made_close(&m);
}

int main(void)
{
	if (!RT_IS_VIRTUAL) {
		puts("only virtual time can be guided");
		return 77;
	}
	return table_run("guide", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
