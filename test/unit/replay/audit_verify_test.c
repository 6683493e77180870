/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a finding, and how sure it is; times are those of the records, in ns. */
#include "test/table.h"

#include "replay/audit.h"
#include "test/unit/replay/made.h"

#define LEAF(pfn)	((uint64_t)(pfn) << 12 | 0xe67)
#define READ_ONLY(pfn)	((uint64_t)(pfn) << 12 | 0xe65)
#define HUGE(pfn)	((uint64_t)(pfn) << 12 | 0xee7)
#define TABLE(pfn)	((uint64_t)(pfn) << 12 | 0x827)
#define EMPTY		0x8000000000000000ULL
#define GFN		0x40010

#define CHANGE(task, t, l, g, from, to) \
	MADE_OBS(task, t, SPTE_CHANGED, .spte = { .gfn = g, .level = l, .old = from, .new = to })
#define MET(spte)	{ .gfn = GFN, .ret = RET_PF_FIXED, .old = spte, .new = LEAF(9) }
#define MEM(task, t, k) MADE_STIM(task, t, k, .hvas = { 0x1000, 0x2000 })
/* A begin 100 .. 200 that zaps pages @g .. +@n, its end 400 .. 450, both of the host's task. */
#define BEGIN(g, n) \
	MEM(2, 100, INVALIDATE_START), MADE_OBS(2, 150, UNMAP_RANGE, .gfns = { .gfn = g, .count = n }), \
	MADE_OP_FOR(2, 200, INVALIDATE_START, 100, 0, 0)
#define END \
	MEM(2, 400, INVALIDATE_END), MADE_PIN(2, 420, PIN_INV_END), MADE_OP_FOR(2, 450, INVALIDATE_END, 50, 1, 0)

static const struct row {
	const char	   *name;
	struct made_record  records[14];
	unsigned int	    certain, doubted;
	enum audit_rule	    rule;
	gfn_t		    gfn;
} rows[] = {
	{ "a fault that installs inside a window",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 1, GFN + 3, EMPTY, LEAF(9)), MADE_OP(0, 310, FAULT, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN + 3 },
	{ "the same page of no window",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 1, GFN + 16, EMPTY, LEAF(9)), MADE_OP(0, 310, FAULT, 50), END } },
	{ "an install that no operation closed",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 1, GFN, EMPTY, LEAF(9)), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "before the begin had zapped it",
	  { BEGIN(GFN, 16), CHANGE(0, 120, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 130, FAULT, 50), END } },
	{ "after the end was entered, before seq changed: that cannot be ordered, and is harmless as it stands",
	  { BEGIN(GFN, 16), MEM(2, 400, INVALIDATE_END), MADE_OP_FOR(2, 4000, INVALIDATE_END, 3600, 1, 0),
	    CHANGE(0, 3000, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 3010, FAULT, 50) } },
	{ "just after it was entered: no end is as fast, but it could be",
	  { BEGIN(GFN, 16), MEM(2, 400, INVALIDATE_END), MADE_OP_FOR(2, 4000, INVALIDATE_END, 3600, 1, 0),
	    CHANGE(0, 500, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 510, FAULT, 50) },
	  .doubted = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a huge page over the window",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 2, 0x40000, EMPTY, HUGE(0x200)), MADE_OP(0, 310, UNKNOWN, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a promotion",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 2, 0x40000, TABLE(7), HUGE(0x200)), MADE_OP(0, 310, DIRTY, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a split",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 2, 0x40000, HUGE(0x200), TABLE(7)), MADE_OP(0, 310, DIRTY, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "an entry of shadow paging",
	  { BEGIN(GFN, 16), MADE_OBS(0, 300, SET_SPTE, .set = { .gfn = GFN, .level = 1, .spte = LEAF(9) }),
	    MADE_OP(0, 310, UNKNOWN, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a table is no mapping",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 2, 0x40000, EMPTY, TABLE(7)), MADE_OP(0, 310, FAULT, 50), END } },
	{ "nor is an entry that loses A or W",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 1, GFN, LEAF(9), READ_ONLY(9)),
	    CHANGE(0, 301, 1, GFN, READ_ONLY(9), READ_ONLY(9) & ~0x20ULL),
	    MADE_OP(0, 310, AGE, 50), END } },
	{ "one that gains W is",
	  { BEGIN(GFN, 16), CHANGE(0, 300, 1, GFN, READ_ONLY(9), LEAF(9)), MADE_OP(0, 310, FAULT, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a fault without the lock that meets an entry",
	  { BEGIN(GFN, 16), MADE_OBS(0, 300, FAST_PAGE_FAULT, .fast = MET(READ_ONLY(9))),
	    MADE_OP(0, 310, FAULT, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "one that began before the begin may have met what was zapped then",
	  { BEGIN(GFN, 16), MADE_OBS(0, 300, FAST_PAGE_FAULT, .fast = MET(READ_ONLY(9))),
	    MADE_OP(0, 310, FAULT, 280), END }, .doubted = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "a mapping that outlives the begin",
	  { CHANGE(0, 40, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 50, FAULT, 40), BEGIN(GFN, 16), END,
	    CHANGE(1, 600, 1, GFN, LEAF(9), EMPTY), MADE_OP(1, 610, ZAP_ALL, 50) },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN },
	{ "change_pte replaces a page inside the window made for it",
	  { BEGIN(GFN, 16), CHANGE(2, 300, 1, GFN, EMPTY, LEAF(9)), MADE_OP(2, 310, SET_SPTE, 50), END } },
	{ "a begin without its end", { BEGIN(GFN, 16), MADE_OP(2, 900, FAULT, 50) },
	  .certain = 1, .rule = AUDIT_N2, .gfn = GFN },
	{ "a begin whose end the recording does not reach", { BEGIN(GFN, 16) } },
	{ "an end without its begin",
	  { MEM(2, 10, INVALIDATE_START), MADE_OP(2, 90, FAULT, 50), MEM(2, 400, INVALIDATE_END),
	    MADE_OP_FOR(2, 450, INVALIDATE_END, 50, 1, 0) },
	  .certain = 1, .rule = AUDIT_N2 },
	{ "a begin from before the recording",
	  { MEM(2, 400, INVALIDATE_END), MADE_OP_FOR(2, 450, INVALIDATE_END, 50, 0, 0) } },
	{ "memslots swapped inside a window",
	  { BEGIN(GFN, 16), MADE_PIN(1, 250, PIN_SWAP), MADE_PIN(1, 350, PIN_SLOTS_UPDATED),
	    MADE_OP(1, 360, MEMSLOT, 120), END },
	  .certain = 1, .rule = AUDIT_N2 },
	{ "a swap that may have waited for the end",
	  { BEGIN(GFN, 16), MADE_PIN(1, 250, PIN_SWAP), END, MADE_PIN(1, 550, PIN_SLOTS_UPDATED),
	    MADE_OP(1, 560, MEMSLOT, 320) } },
	{ "mapped although a window ended since the snapshot",
	  { MADE_PIN(0, 60, PIN_SNAPSHOT), MADE_PIN(0, 70, PIN_LOOKUP_RET), BEGIN(GFN, 16), END,
	    CHANGE(0, 600, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 610, FAULT, 560) },
	  .certain = 1, .rule = AUDIT_N3 },
	{ "the snapshot may be younger than the end",
	  { MADE_PIN(0, 60, PIN_SNAPSHOT), BEGIN(GFN, 16), END, CHANGE(0, 600, 1, GFN, EMPTY, LEAF(9)),
	    MADE_OP(0, 610, FAULT, 560) } },
	{ "a page zapped and not flushed, where flushes are shown",
	  { MADE_OBS(1, 10, FLUSH_ALL), MADE_OP(1, 12, UNKNOWN, 5), MEM(2, 100, INVALIDATE_START),
	    CHANGE(2, 160, 1, GFN, LEAF(9), EMPTY), MADE_OP_FOR(2, 200, INVALIDATE_START, 100, 0, 0) },
	  .certain = 1, .rule = AUDIT_F1, .gfn = GFN },
	{ "flushed",
	  { MEM(2, 100, INVALIDATE_START), CHANGE(2, 160, 1, GFN, LEAF(9), EMPTY), MADE_OBS(2, 180, FLUSH_ALL),
	    MADE_OP_FOR(2, 200, INVALIDATE_START, 100, 0, 0) } },
	{ "flushed before the last page was zapped",
	  { MEM(2, 100, INVALIDATE_START), MADE_OBS(2, 150, FLUSH_ALL), CHANGE(2, 160, 1, GFN, LEAF(9), EMPTY),
	    MADE_OP_FOR(2, 200, INVALIDATE_START, 100, 0, 0) }, .certain = 1, .rule = AUDIT_F1, .gfn = GFN },
	{ "an entry put into a removed table",
	  { CHANGE(0, 8, 3, 0x40000, EMPTY, TABLE(6)), CHANGE(0, 10, 2, 0x40000, EMPTY, TABLE(7)),
	    MADE_OP(0, 20, FAULT, 15),
	    CHANGE(1, 30, 2, 0x40000, TABLE(7), EMPTY), MADE_OP(1, 40, ZAP_RANGE, 15),
	    CHANGE(0, 60, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 70, FAULT, 20) },
	  .certain = 1, .rule = AUDIT_T2, .gfn = GFN },
	{ "by who walked before it was removed",
	  { CHANGE(0, 8, 3, 0x40000, EMPTY, TABLE(6)), CHANGE(0, 10, 2, 0x40000, EMPTY, TABLE(7)),
	    MADE_OP(0, 20, FAULT, 15),
	    CHANGE(1, 30, 2, 0x40000, TABLE(7), EMPTY), MADE_OP(1, 40, ZAP_RANGE, 15),
	    CHANGE(0, 60, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 70, UNKNOWN, 55) } },
	{ "or into the next one, whose record is late",
	  { CHANGE(0, 8, 3, 0x40000, EMPTY, TABLE(6)), CHANGE(0, 10, 2, 0x40000, EMPTY, TABLE(7)),
	    MADE_OP(0, 20, FAULT, 15),
	    CHANGE(1, 30, 2, 0x40000, TABLE(7), EMPTY), MADE_OP(1, 40, ZAP_RANGE, 15),
	    CHANGE(0, 60, 1, GFN, EMPTY, LEAF(9)), MADE_OP(0, 70, FAULT, 20),
	    CHANGE(1, 65, 2, 0x40000, EMPTY, TABLE(8)), MADE_OP(1, 75, UNKNOWN, 25) } },
};

static int by_time(const void *va, const void *vb)
{
	const struct made_record *a = va, *b = vb;

	if (!a->ev.kind || !b->ev.kind)
		return !a->ev.kind - !b->ev.kind;
	if (a->t_ns != b->t_ns)
		return a->t_ns < b->t_ns ? -1 : 1;
	return (int)a->task - (int)b->task;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct made_record sorted[ARRAY_SIZE(row->records)];
	struct audit audit;
	struct made m;

	memcpy(sorted, row->records, sizeof(sorted));
	qsort(sorted, ARRAY_SIZE(sorted), sizeof(sorted[0]), by_time);
	made_open(&m, KVM_6_12, sorted, ARRAY_SIZE(sorted));
	audit_run(&m.rec, &audit);
	for (uint32_t i = 0; i < audit.nr; i++)
		if (audit.nr != row->certain + row->doubted)
			print_message("# %s %s\n", audit_rule_name(audit.findings[i].rule), audit.findings[i].text);
	assert_int_equal(audit.certain, row->certain);
	assert_int_equal(audit.nr, row->certain + row->doubted);
	if (audit.nr) {
		assert_int_equal(audit.findings[0].rule, row->rule);
		assert_int_equal(audit.findings[0].gfn, row->gfn);
	}
	audit_fini(&audit);
	made_close(&m);
}

int main(void)
{
	return table_run("audit", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
