/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guided replay without the TDP MMU, on made-up recordings. */
#include "test/table.h"

#include "engine/rt/rt.h"
#include "replay/verify.h"
#include "test/unit/replay/made.h"

#define ROOT	0x3784u		/* the usual role word: level 4, direct, RWX, NX, WP */
#define EMPTY	0ULL		/* 6.1 */
#define LEAF(g)	(0x1000e67ULL + ((uint64_t)(g) << 12))
#define AHEAD(g) (LEAF(g) & ~0x20ULL)	/* nobody has accessed it */
#define PFN(g)	(0x1000ULL + (g))

#define GET(t, l, made) MADE_OBS(0, t, GET_PAGE, .page = { .role = ROOT - 4 + l, .created = made })
#define ASKED(t, g) MADE_OBS(0, t, SPTE_REQUESTED, .map = { .gfn = g, .level = 1, .pfn = PFN(g) })
#define UPDATE(task, t, g, from, to) MADE_OBS(task, t, SPTE_UPDATE, .spte = { .gfn = g, .level = 1, .old = from, .new = to })
#define CLEAR(t, g) MADE_OBS(2, t, SPTE_CLEAR, .spte = { .gfn = g, .level = 1, .old = LEAF(g) })
#define SET(t, g, s) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = g, .level = 1, .r = 1, .x = 1, .u = 1, .spte = s })
#define MAP(t, g) ASKED(t, g), UPDATE(0, (t) + 1, g, EMPTY, LEAF(g)), SET((t) + 2, g, LEAF(g))
#define AND_AHEAD(t, g) UPDATE(0, t, g, EMPTY, AHEAD(g)), SET((t) + 1, g, AHEAD(g))
#define FAULT(task, t, g, span, ret) \
	{ task, t, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					     .access = EV_F_W, .error_code = 6, .stimulus = EV_NO_STIMULUS } } }
#define TOUCH(t, g) MAP(t, g), FAULT(0, (t) + 5, g, 15, RET_PF_FIXED)
#define SLOT MADE_STIM(2, 1, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = 0x100000 }), \
	     MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
#define LOAD GET(10, 4, 1), MADE_OP(0, 11, VCPU_LOAD, 3)
#define FIRST_TOUCH ASKED(20, 5), GET(21, 3, 1), GET(22, 2, 1), GET(23, 1, 1), UPDATE(0, 24, 5, EMPTY, LEAF(5)), \
	     SET(25, 5, LEAF(5)), FAULT(0, 30, 5, 12, RET_PF_FIXED)
#define SET_UP SLOT, LOAD, FIRST_TOUCH
#define HVAS(from, to) .hvas = { .start = 0x100000 + 0x1000 * (from), .end = 0x100000 + 0x1000 * (to) }
#define STARTS(t, from, to) MADE_STIM(2, t, INVALIDATE_START, HVAS(from, to)), \
	     MADE_OBS(2, (t) + 10, UNMAP_RANGE, .gfns = { .gfn = from, .count = (to) - (from) })
#define STARTED(t) MADE_OP_FOR(2, t, INVALIDATE_START, 15, 1, RET_PF_UNKNOWN)
#define ENDS(t, from, to) MADE_STIM(2, (t) - 10, INVALIDATE_END, HVAS(from, to)), MADE_PIN(2, t, PIN_INV_END), \
	     MADE_OP_FOR(2, (t) + 5, INVALIDATE_END, 15, 2, RET_PF_UNKNOWN)
#define ZAPPED(t, g) MADE_STIM(2, t, ZAP_RANGE, .gfns = { .gfn = g, .count = 1 }), CLEAR((t) + 2, g), \
	     MADE_OBS(2, (t) + 3, FLUSH_ALL), MADE_OP_FOR(2, (t) + 5, ZAP_RANGE, 5, 1, RET_PF_UNKNOWN)
#define AGES(t, n, from, to, young) MADE_STIM(2, t, AGE, HVAS(from, to)), \
	     MADE_OBS(2, (t) + 2, AGE_RANGE, .flags = young, .gfns = { .gfn = from, .count = (to) - (from) }), \
	     MADE_OP_FOR(2, (t) + 5, AGE, 5, n, RET_PF_UNKNOWN)
#define WINDOW(t) STARTS(100, 6, 8), STARTED(115), ENDS(t, 6, 8)

/* A shadowed guest of one table each, frames 1 .. 3, and a huge page from frame 0 on. */
#define SGET(task, t, g, role_, made) MADE_OBS(task, t, GET_PAGE, .page = { .gfn = g, .role = role_, .created = made })
#define SLOAD(task, t, made) MADE_STIM(task, t, CR3, .walk = { .root = 1, .levels = 4, .known = 1 }), MADE_STIM(task, t, VCPU_LOAD), \
	SGET(task, t, 1, 0x3704, made), MADE_OP_FOR(task, (t) + 1, VCPU_LOAD, 3, 1, RET_PF_UNKNOWN)
#define GPTE(t, table, lvl, v) MADE_STIM(0, t, GPTE, .gpte = { .gfn = table, .level = lvl, .bytes = 8, .value = v })
#define SETS_A(task, t, table) MADE_OBS(task, t, SET_ACCESSED_BIT, .gfns = { .gfn = table })
#define SWALK(task, t, g)									\
	MADE_STIM(task, t, WALK, .walk = { .gva = (g) << 12, .root = 1, .levels = 4, .known = 1, .mapped = 1, .pferr = 4 }), \
	MADE_STIM(task, t, ACCESS, .access = { .gfn = g, .attempts = 1 })
#define READ_ONLY(g) (PFN(g) << 12 | 0xa25)
#define SFAULT(task, t, g, span, ret, n) \
	{ task, t, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = span, .result = ret, \
					     .access = EV_F_R, .error_code = 4, .stimulus = n } } }
#define SREQUESTED(task, t, g) MADE_OBS(task, t, SPTE_REQUESTED, .map = { .gfn = g, .level = 1, .pfn = PFN(g) })
#define SMAPS(t) SGET(0, t, 2, 0x3703, 1), SGET(0, (t) + 1, 3, 0x3702, 1), SREQUESTED(0, (t) + 2, 5), SGET(0, (t) + 3, 0, 0x3581, 1), \
	UPDATE(0, (t) + 4, 5, EMPTY, READ_ONLY(5)), SET((t) + 5, 5, READ_ONLY(5))

static const struct row {
	const char	   *name;
	struct made_record  records[48];
	unsigned int	    misses;
	enum miss	    why;		/* of the first */
	bool		    shadow;
} rows[] = {
	{ .name = "two walks at once both set what both found missing, and the second finds the page mapped", .shadow = true, .records = {
	  SLOT, SLOAD(0, 10, 1), SLOAD(1, 15, 0), GPTE(102, 1, 4, 0x2007), GPTE(102, 2, 3, 0x3007), GPTE(102, 3, 2, 0x87),
	  SWALK(0, 103, 5ULL), SWALK(1, 103, 5ULL),
	  SETS_A(0, 105, 1), SETS_A(0, 106, 2), SETS_A(0, 107, 3), SETS_A(1, 108, 1), SETS_A(1, 109, 2), SETS_A(1, 110, 3),
	  SMAPS(120), SFAULT(0, 130, 5, 30, RET_PF_FIXED, 0),
	  SREQUESTED(1, 140, 5), SFAULT(1, 150, 5, 46, RET_PF_SPURIOUS, 0) } },
	{ "a first touch makes the pages it needs", { SET_UP }, 0, 0 },
	{ "the next one does not", { SET_UP, TOUCH(50, 6) }, 0, 0 },
	{ "pages beside it are mapped ahead, as far as the host has them",
	  { SET_UP, MAP(50, 7), AND_AHEAD(53, 0), AND_AHEAD(55, 1), AND_AHEAD(57, 2), FAULT(0, 60, 7, 20, RET_PF_FIXED) }, 0, 0 },
	{ "but not beyond one that it lacks",
	  { SET_UP, MAP(50, 7), AND_AHEAD(53, 0), AND_AHEAD(57, 2), FAULT(0, 60, 7, 20, RET_PF_FIXED) }, 1, MISS_SPTE_MISSING },
	{ "nor while anything is being invalidated",
	  { SET_UP, WINDOW(200), MAP(150, 9), AND_AHEAD(153, 8), FAULT(0, 160, 9, 20, RET_PF_FIXED) }, 1, MISS_SPTE_MISSING },
	{ "what was mapped before is there to be mapped ahead",
	  { SET_UP, TOUCH(50, 8), ZAPPED(100, 8), MAP(150, 9), AND_AHEAD(153, 8), FAULT(0, 160, 9, 20, RET_PF_FIXED) }, 0, 0 },
	{ "and must be", { SET_UP, TOUCH(50, 8), ZAPPED(100, 8), TOUCH(150, 9) }, 1, MISS_SPTE_EXTRA },
	{ "unless the host took it away",
	  { SET_UP, TOUCH(50, 8), STARTS(100, 8, 9), CLEAR(112, 8), MADE_OBS(2, 113, FLUSH_ALL), STARTED(115), ENDS(140, 8, 9),
	    TOUCH(180, 9) }, 0, 0 },
	{ "a page mapped ahead is as young as hardware had it, and so is a range of which it is the first",
	  { SET_UP, MAP(50, 7), AND_AHEAD(53, 0), AND_AHEAD(55, 1), AND_AHEAD(57, 2), FAULT(0, 60, 7, 20, RET_PF_FIXED),
	    AGES(100, 1, 1, 2, 1), AGES(200, 2, 2, 4, 1) }, 0, 0 },
	{ "and not young if hardware had it so", { SET_UP, AGES(100, 1, 5, 7, 1), AGES(200, 2, 5, 7, 0) }, 0, 0 },
	{ "a fault in an open window retries", { SET_UP, WINDOW(200), FAULT(0, 150, 6, 20, RET_PF_RETRY) }, 0, 0 },
	{ "outside its hull it maps", { SET_UP, WINDOW(200), TOUCH(150, 8) }, 0, 0 },
	{ "an invalidation clears what maps its range, and flushes",
	  { SET_UP, STARTS(100, 5, 7), CLEAR(112, 5), MADE_OBS(2, 113, FLUSH_ALL), STARTED(115), ENDS(200, 5, 7),
	    TOUCH(250, 5) }, 0, 0 },
	{ "one that is recorded to leave it is a miss, and only that",
	  { SET_UP, STARTS(100, 5, 7), STARTED(115), ENDS(200, 5, 7), STARTS(300, 5, 7), CLEAR(312, 5),
	    MADE_OBS(2, 313, FLUSH_ALL), MADE_OP_FOR(2, 315, INVALIDATE_START, 15, 3, RET_PF_UNKNOWN) }, 1, MISS_SPTE_EXTRA },
	{ "one that retries for no reason is, too; the page is not there afterwards",
	  { SET_UP, FAULT(0, 60, 6, 20, RET_PF_RETRY), TOUCH(90, 6) }, 1, MISS_MAP_FOR_RETRY },
	{ "one that maps in an open window; the page is there afterwards",
	  { SET_UP, WINDOW(200), TOUCH(150, 6), STARTS(300, 6, 7), CLEAR(312, 6), MADE_OBS(2, 313, FLUSH_ALL),
	    MADE_OP_FOR(2, 315, INVALIDATE_START, 15, 3, RET_PF_UNKNOWN) }, 1, MISS_RETRY_FOR_MAP },
};

static enum miss first_why(const struct verdict *v)
{
	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		if (v->ops[i].outcome == OUTCOME_MISS)
			return v->ops[i].why;
	return 0;
}

static unsigned int count_misses(const struct verdict *v)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < v->rec->nr_ops; i++)
		nr += !judged_exact(&v->ops[i]) && v->ops[i].outcome == OUTCOME_MISS;
	return nr;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct verify_job job = { .seed = 1, .guide = guide_vtime };
	struct policy policy;
	struct verdict v;
	struct made m;
	struct err e;

	policy_defaults(&policy);
	policy.fault_retry_key = FAULT_RETRY_KEY_HULL_HVA;
	policy.fault_precheck = FAULT_PRECHECK_NONE;
	made_open(&m, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	made_without_tdp_mmu(&m, row->shadow);
	verdict_init(&v, &m.rec);
	job.rec = &m.rec;
	job.policy = &policy;
	assert_int_equal(verify_run(&job, &v, &e), 0);
	assert_int_equal(count_misses(&v), row->misses);
	if (row->misses)
		assert_int_equal(first_why(&v), row->why);
	verdict_fini(&v);
	made_close(&m);
}

int main(void)
{
	if (!RT_IS_VIRTUAL) {
		puts("only virtual time can be guided");
		return 77;
	}
	return table_run("guide_rmaps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
