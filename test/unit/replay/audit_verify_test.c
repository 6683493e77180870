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
/* Shadow pages: an update of an entry, and the record that follows when a fault made it. */
#define UPDATE(task, t, g, from, to) \
	MADE_OBS(task, t, SPTE_UPDATE, .spte = { .gfn = g, .level = 1, .old = from, .new = to })
#define CLEAR(task, t, g, from) MADE_OBS(task, t, SPTE_CLEAR, .spte = { .gfn = g, .level = 1, .old = from })
#define SET(task, t, g, to) MADE_OBS(task, t, SET_SPTE, .set = { .gfn = g, .level = 1, .spte = to })
#define WAIT(task, t, ns) MADE_OBS(task, t, LOCK_WAIT, .wait = { .wait_ns = ns, .flags = 5 })
#define FLUSH(task, t) MADE_OBS(task, t, FLUSH_ALL)
/*
 * Tables of the guest: root 0x100, 0x101 and 0x102 below it, and 0x103, whose entry is the page's.  A vCPU loads the
 * root; a fault (operation of ACCESS @n of its task) makes the shadow pages and maps.
 */
#define PAGE(task, t, k, l, ...) MADE_OBS(task, t, k, .page = { .gfn = 0x104 - (l), .role = 0x3700 | (l), __VA_ARGS__ })
#define MAKE(task, t, l) PAGE(task, t, GET_PAGE, l, .created = 1)
#define TAKE(task, t, l) PAGE(task, t, GET_PAGE, l)
#define GPTE(t, l) \
	MADE_STIM(0, t, GPTE, .gpte = { .gfn = 0x104 - (l), .level = l, .bytes = 8, .value = (0x105 - (l)) << 12 | 7 })
#define WALKED(task, t) \
	MADE_STIM(task, t, WALK, .walk = { .root = 0x100, .levels = 4, .known = 1 }), \
	MADE_STIM(task, (t) + 1, ACCESS, .access = { .gfn = GFN })
#define REQUESTED(task, t) MADE_OBS(task, t, SPTE_REQUESTED, .map = { .gfn = GFN, .level = 1 })
#define FAULT(task, t, span, n, ret) MADE_OP_FOR(task, t, FAULT, span, n, RET_PF_##ret)
#define ROOT(task, t) MAKE(task, t, 4), MADE_OP(task, (t) + 1, VCPU_LOAD, 2)
#define MAPPED \
	ROOT(0, 2), GPTE(5, 4), GPTE(6, 3), GPTE(7, 2), WALKED(0, 10), MAKE(0, 12, 3), MAKE(0, 13, 2), \
	MAKE(0, 14, 1), REQUESTED(0, 15), FAULT(0, 20, 10, 0, FIXED)
/* The guest's leaf table goes unsync, and the shadow page of level 3 goes away. */
#define LET_GO(t) PAGE(1, t, UNSYNC_PAGE, 1), MADE_OP(1, (t) + 1, FAULT, 2)
#define TOP_ZAPPED PAGE(1, 40, PREPARE_ZAP_PAGE, 3), MADE_OP(1, 41, PAGE_LIMIT, 2)
#define END \
	MEM(2, 400, INVALIDATE_END), MADE_PIN(2, 420, PIN_INV_END), MADE_OP_FOR(2, 450, INVALIDATE_END, 50, 1, 0)

static const struct row {
	const char	   *name;
	struct made_record  records[28];
	unsigned int	    certain, doubted;
	enum audit_rule	    rule;
	gfn_t		    gfn;
	bool		    no_tdp_mmu;
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

	{ "rmaps: a fault that installs inside a window",
	  { BEGIN(GFN, 16), UPDATE(0, 300, GFN + 3, EMPTY, LEAF(9)), SET(0, 301, GFN + 3, LEAF(9)),
	    MADE_OP(0, 310, FAULT, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN + 3, .no_tdp_mmu = true },
	{ "rmaps: outside of it",
	  { BEGIN(GFN, 16), UPDATE(0, 300, GFN + 16, EMPTY, LEAF(9)), SET(0, 301, GFN + 16, LEAF(9)),
	    MADE_OP(0, 310, FAULT, 50), END }, .no_tdp_mmu = true },
	{ "rmaps: what it takes a permission from is no install, though it is set",
	  { BEGIN(GFN, 16), UPDATE(0, 300, GFN, LEAF(9), READ_ONLY(9)), SET(0, 301, GFN, READ_ONLY(9)), FLUSH(0, 302),
	    MADE_OP(0, 310, FAULT, 50), END }, .no_tdp_mmu = true },
	{ "shadow: a prefetch beside the page of the fault",
	  { BEGIN(GFN, 16), UPDATE(0, 300, 0x50000, EMPTY, LEAF(8)), SET(0, 301, 0x50000, LEAF(8)),
	    UPDATE(0, 302, GFN, EMPTY, READ_ONLY(9)), SET(0, 303, GFN, READ_ONLY(9)),
	    MADE_OP(0, 310, FAULT, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: INVLPG maps what it finds",
	  { BEGIN(GFN, 16), CLEAR(0, 299, GFN, EMPTY), UPDATE(0, 300, GFN, EMPTY, LEAF(9)), SET(0, 301, GFN, LEAF(9)),
	    MADE_OP(0, 310, INVLPG, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: a sync that lets an entry be written",
	  { BEGIN(GFN, 16), UPDATE(0, 300, GFN, READ_ONLY(9), LEAF(9)), MADE_OP(0, 310, SYNC_ROOTS, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: a sync that points an entry to another page",
	  { BEGIN(GFN, 16), UPDATE(0, 300, GFN, READ_ONLY(8), READ_ONLY(9)), MADE_OP(0, 310, SYNC_ROOTS, 50), END },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: a sync that does so before the begin has zapped it",
	  { BEGIN(GFN, 16), UPDATE(0, 120, GFN, READ_ONLY(9), LEAF(9)), MADE_OP(0, 130, SYNC_ROOTS, 30), END },
	  .no_tdp_mmu = true },
	{ "rmaps: a huge page is split",
	  { BEGIN(GFN, 16), MADE_OBS(0, 300, SPLIT_HUGE_PAGE, .map = { .gfn = 0x40000, .level = 2 }),
	    MADE_OP(0, 310, DIRTY, 50), END }, .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "rmaps: it is not, for want of memory",
	  { BEGIN(GFN, 16), MADE_OBS(0, 300, SPLIT_HUGE_PAGE, .map = { .gfn = 0x40000, .level = 2, .pfn = 12 }),
	    MADE_OP(0, 310, DIRTY, 50), END }, .no_tdp_mmu = true },
	{ "shadow: of two entries of one frame the begin zaps one",
	  { UPDATE(0, 40, GFN, EMPTY, LEAF(9)), SET(0, 41, GFN, LEAF(9)), UPDATE(0, 42, GFN, EMPTY, LEAF(9)),
	    SET(0, 43, GFN, LEAF(9)), MADE_OP(0, 50, FAULT, 40), BEGIN(GFN, 16), CLEAR(2, 160, GFN, LEAF(9)),
	    FLUSH(2, 170), END, CLEAR(1, 600, GFN, LEAF(9)), MADE_OP(1, 610, ZAP_ALL, 50) },
	  .certain = 1, .rule = AUDIT_N1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: it zaps both",
	  { UPDATE(0, 40, GFN, EMPTY, LEAF(9)), SET(0, 41, GFN, LEAF(9)), UPDATE(0, 42, GFN, EMPTY, LEAF(9)),
	    SET(0, 43, GFN, LEAF(9)), MADE_OP(0, 50, FAULT, 40), BEGIN(GFN, 16), CLEAR(2, 160, GFN, LEAF(9)),
	    CLEAR(2, 161, GFN, LEAF(9)), FLUSH(2, 170), END, UPDATE(0, 600, GFN, EMPTY, LEAF(9)),
	    SET(0, 601, GFN, LEAF(9)), MADE_OP(0, 610, FAULT, 40) }, .no_tdp_mmu = true },
	{ "rmaps: mapped although a window ended since the snapshot",
	  { MADE_PIN(0, 60, PIN_SNAPSHOT), MADE_PIN(0, 70, PIN_LOOKUP_RET), BEGIN(GFN, 16), END,
	    UPDATE(0, 600, GFN, EMPTY, LEAF(9)), SET(0, 601, GFN, LEAF(9)), MADE_OP(0, 610, FAULT, 560) },
	  .certain = 1, .rule = AUDIT_N3, .no_tdp_mmu = true },
	{ "rmaps: a wait for the lock says when, too",
	  { BEGIN(GFN, 16), WAIT(0, 500, 440), END, UPDATE(0, 600, GFN, EMPTY, LEAF(9)), SET(0, 601, GFN, LEAF(9)),
	    MADE_OP(0, 610, FAULT, 560) }, .certain = 1, .rule = AUDIT_N3, .no_tdp_mmu = true },
	{ "rmaps: unless it may be that of an end inside the fault",
	  { BEGIN(GFN, 16), MEM(0, 52, INVALIDATE_START), MADE_OP_FOR(0, 54, INVALIDATE_START, 2, 0, 0),
	    MEM(0, 56, INVALIDATE_END), MADE_OP_FOR(0, 58, INVALIDATE_END, 2, 1, 0), WAIT(0, 500, 440), END,
	    UPDATE(0, 600, GFN, EMPTY, LEAF(9)), SET(0, 601, GFN, LEAF(9)), MADE_OP(0, 610, FAULT, 560) },
	  .no_tdp_mmu = true },
	{ "rmaps: a wait that follows a nested end may be the end's, so that it is not over yet",
	  { MEM(1, 100, INVALIDATE_START), MADE_OBS(1, 150, UNMAP_RANGE, .gfns = { .gfn = GFN, .count = 16 }),
	    MADE_OP_FOR(1, 200, INVALIDATE_START, 100, 0, 0), MEM(1, 400, INVALIDATE_END), WAIT(1, 20000, 13000),
	    MADE_OP_FOR(1, 20000, INVALIDATE_END, 19600, 1, 0), MADE_OP(1, 21000, FAULT, 20950),
	    MADE_PIN(0, 6000, PIN_SNAPSHOT), MADE_PIN(0, 6050, PIN_LOOKUP_RET), UPDATE(0, 8000, 0x50000, EMPTY, LEAF(9)),
	    SET(0, 8001, 0x50000, LEAF(9)), MADE_OP(0, 8010, FAULT, 2100) }, .no_tdp_mmu = true },
	{ "shadow: a fault that write-protects a table and does not flush",
	  { UPDATE(0, 10, GFN, LEAF(9), READ_ONLY(9)), FLUSH(0, 11), UPDATE(0, 12, GFN + 1, LEAF(9), READ_ONLY(9)),
	    MADE_OP(0, 20, FAULT, 15) }, .certain = 1, .rule = AUDIT_F1, .gfn = GFN + 1, .no_tdp_mmu = true },
	{ "shadow: it flushes",
	  { UPDATE(0, 10, GFN, LEAF(9), READ_ONLY(9)), UPDATE(0, 12, GFN + 1, LEAF(9), READ_ONLY(9)), FLUSH(0, 13),
	    MADE_OP(0, 20, FAULT, 15) }, .no_tdp_mmu = true },
	{ "the TDP MMU's faults owe none",
	  { CHANGE(0, 10, 1, GFN, LEAF(9), READ_ONLY(9)), FLUSH(1, 11), MADE_OP(1, 12, UNKNOWN, 5),
	    MADE_OP(0, 20, FAULT, 15) } },
	{ "shadow: INVLPG drops an entry and does not flush",
	  { FLUSH(1, 5), MADE_OP(1, 6, UNKNOWN, 5), CLEAR(0, 10, GFN, LEAF(9)), MADE_OP(0, 20, INVLPG, 15) },
	  .certain = 1, .rule = AUDIT_F1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: what it drops was empty",
	  { FLUSH(1, 5), MADE_OP(1, 6, UNKNOWN, 5), CLEAR(0, 10, GFN, EMPTY), MADE_OP(0, 20, INVLPG, 15) },
	  .no_tdp_mmu = true },
	{ "shadow: a sync that has to wait for the lock again, with a flush owed",
	  { UPDATE(0, 10, GFN, LEAF(9), READ_ONLY(9)), WAIT(0, 18, 5), FLUSH(0, 19), MADE_OP(0, 20, SYNC_ROOTS, 15) },
	  .certain = 1, .rule = AUDIT_F1, .gfn = GFN, .no_tdp_mmu = true },
	{ "shadow: and with none",
	  { UPDATE(0, 10, GFN, LEAF(9), READ_ONLY(9)), FLUSH(0, 11), WAIT(0, 18, 5), CLEAR(0, 18, GFN, READ_ONLY(9)),
	    FLUSH(0, 19), MADE_OP(0, 20, SYNC_ROOTS, 15) }, .no_tdp_mmu = true },
	{ "rmaps: a dirty log is flushed when the lock has been let go",
	  { UPDATE(0, 10, GFN, LEAF(9), READ_ONLY(9)), WAIT(0, 18, 5), FLUSH(0, 19), MADE_OP(0, 20, DIRTY, 15) },
	  .no_tdp_mmu = true },

	{ "a page linked above one that is not in sync",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), REQUESTED(0, 55),
	    FAULT(0, 60, 10, 1, FIXED) }, .certain = 1, .rule = AUDIT_S1, .gfn = 0x103, .no_tdp_mmu = true },
	{ "below tables that cannot be those: no table that is shadowed changes by itself",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), REQUESTED(0, 55),
	    FAULT(0, 60, 10, 1, FIXED),
	    MADE_STIM(0, 70, GPTE, .gpte = { .gfn = 0x102, .level = 2, .bytes = 8, .value = 0x666007 }) },
	  .doubted = 1, .rule = AUDIT_S1, .gfn = 0x103, .no_tdp_mmu = true },
	{ "synced before it is linked",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), PAGE(0, 54, SYNC_PAGE, 1),
	    REQUESTED(0, 55), FAULT(0, 60, 10, 1, FIXED) }, .no_tdp_mmu = true },
	{ "or zapped, since it cannot be synced",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2),
	    PAGE(0, 54, PREPARE_ZAP_PAGE, 1), PAGE(0, 55, SYNC_PAGE, 1), REQUESTED(0, 56), FAULT(0, 60, 10, 1, FIXED) },
	  .no_tdp_mmu = true },
	{ "synced after it was linked: the next page below says that it was",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), TAKE(0, 54, 1),
	    PAGE(0, 55, SYNC_PAGE, 1), REQUESTED(0, 56), FAULT(0, 60, 10, 1, FIXED) },
	  .certain = 1, .rule = AUDIT_S1, .gfn = 0x103, .no_tdp_mmu = true },
	{ "a page of the last level may be unsync: it was synced, and stays so",
	  { MAPPED, LET_GO(30), PAGE(1, 40, PREPARE_ZAP_PAGE, 2), MADE_OP(1, 41, PAGE_LIMIT, 2), WALKED(0, 50),
	    MAKE(0, 53, 2), TAKE(0, 54, 1), REQUESTED(0, 55), FAULT(0, 60, 10, 1, FIXED) }, .no_tdp_mmu = true },
	{ "what no longer hangs below it, since the guest wrote to its table",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, MADE_STIM(0, 45, PT_WRITE, .gpte = { .gfn = 0x102, .bytes = 8 }),
	    MADE_OP_FOR(0, 46, PT_WRITE, 1, 4, 0), WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), REQUESTED(0, 55),
	    FAULT(0, 60, 10, 1, FIXED) }, .no_tdp_mmu = true },
	{ "nor when a huge page took its place",
	  { MAPPED, LET_GO(30), WALKED(0, 34), MADE_OBS(0, 36, SET_SPTE, .set = { .gfn = GFN, .level = 2, .spte = HUGE(0x200) }),
	    FAULT(0, 37, 3, 1, FIXED), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), REQUESTED(0, 55),
	    FAULT(0, 60, 10, 2, FIXED) }, .no_tdp_mmu = true },
	{ "a fault that gives up to sync the rest later, and has synced nothing",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), FAULT(0, 60, 10, 1, RETRY) },
	  .certain = 1, .rule = AUDIT_S2, .gfn = 0x103, .no_tdp_mmu = true },
	{ "that has synced a page",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), TAKE(0, 53, 2), PAGE(0, 54, SYNC_PAGE, 1),
	    FAULT(0, 60, 10, 1, RETRY) }, .no_tdp_mmu = true },
	{ "that gives up before it has a page to be synced",
	  { MAPPED, LET_GO(30), TOP_ZAPPED, WALKED(0, 50), MAKE(0, 52, 3), FAULT(0, 60, 10, 1, RETRY) },
	  .no_tdp_mmu = true },
	{ "a root that was to be synced, with a page below it that was not",
	  { MAPPED, LET_GO(30), MADE_STIM(0, 35, SYNC_ROOTS), MADE_OP_FOR(0, 40, SYNC_ROOTS, 5, 3, 0) },
	  .certain = 1, .rule = AUDIT_S1, .gfn = 0x103, .no_tdp_mmu = true },
	{ "a root that was synced",
	  { MAPPED, LET_GO(30), MADE_STIM(0, 35, SYNC_ROOTS), PAGE(0, 36, SYNC_PAGE, 1),
	    MADE_OP_FOR(0, 40, SYNC_ROOTS, 5, 3, 0) }, .no_tdp_mmu = true },
	{ "a vCPU without a root syncs none",
	  { MAPPED, LET_GO(30), MADE_STIM(0, 32, CR3, .walk = { .root = 0x100, .levels = 4, .known = 1 }, .flags = EV_F_LOADS),
	    MADE_OP_FOR(0, 33, CR3, 1, 4, 0), MADE_STIM(0, 35, SYNC_ROOTS), MADE_OP_FOR(0, 40, SYNC_ROOTS, 5, 5, 0) },
	  .no_tdp_mmu = true },
	{ "nor one that loads it next, whatever became of the last",
	  { MAPPED, LET_GO(30), MADE_STIM(0, 35, SYNC_ROOTS), MADE_OP_FOR(0, 40, SYNC_ROOTS, 5, 3, 0),
	    MADE_STIM(0, 41, VCPU_LOAD), TAKE(0, 42, 4), PAGE(0, 43, SYNC_PAGE, 1),
	    MADE_OP_FOR(0, 45, VCPU_LOAD, 4, 4, 0) }, .no_tdp_mmu = true },
	{ "loading one does",
	  { MAPPED, LET_GO(30), MADE_STIM(0, 35, VCPU_LOAD), TAKE(0, 36, 4), MADE_OP_FOR(0, 40, VCPU_LOAD, 5, 4, 0) },
	  .certain = 1, .rule = AUDIT_S1, .gfn = 0x103, .no_tdp_mmu = true },
	{ "while it was, another vCPU let the page go",
	  { MAPPED, MADE_STIM(0, 35, SYNC_ROOTS), LET_GO(38), MADE_OP_FOR(0, 40, SYNC_ROOTS, 5, 3, 0) },
	  .no_tdp_mmu = true },
	{ "a shadow page taken after its zap", { MAPPED, TOP_ZAPPED, TAKE(0, 52, 3), MADE_OP(0, 60, FAULT, 10) },
	  .certain = 1, .rule = AUDIT_T2, .gfn = 0x101, .no_tdp_mmu = true },
	{ "made again after it", { MAPPED, TOP_ZAPPED, MAKE(0, 52, 3), MADE_OP(0, 60, FAULT, 10) }, .no_tdp_mmu = true },
	{ "made twice", { MAPPED, MAKE(0, 52, 3), MADE_OP(0, 60, FAULT, 10) },
	  .certain = 1, .rule = AUDIT_T2, .gfn = 0x101, .no_tdp_mmu = true },
	{ "zapped twice", { MAPPED, TOP_ZAPPED, PAGE(0, 52, PREPARE_ZAP_PAGE, 3), MADE_OP(0, 60, FAULT, 10) },
	  .certain = 1, .rule = AUDIT_T2, .gfn = 0x101, .no_tdp_mmu = true },
	{ "a root in use is, the second time as an invalid one",
	  { MAPPED, PAGE(1, 40, PREPARE_ZAP_PAGE, 4, .root_count = 1), MADE_OP(1, 41, PAGE_LIMIT, 2),
	    MADE_OBS(0, 52, PREPARE_ZAP_PAGE, .page = { .gfn = 0x100, .role = 0x3f04 }),
	    MADE_OP(0, 60, VCPU_UNLOAD, 10) }, .no_tdp_mmu = true },
	{ "a page of an obsolete generation that is taken",
	  { MAPPED, MADE_OBS(1, 40, ZAP_ALL_FAST), MADE_OP(1, 41, MEMSLOT, 2), TAKE(0, 52, 3),
	    MADE_OP(0, 60, FAULT, 10) }, .certain = 1, .rule = AUDIT_T2, .gfn = 0x101, .no_tdp_mmu = true },
	{ "one of the new generation is made beside it",
	  { MAPPED, MADE_OBS(1, 40, ZAP_ALL_FAST), MADE_OP(1, 41, MEMSLOT, 2),
	    PAGE(0, 52, GET_PAGE, 3, .created = 1, .valid_gen = 1), PAGE(1, 53, PREPARE_ZAP_PAGE, 3),
	    MADE_OP(1, 54, MEMSLOT, 2), MADE_OP(0, 60, FAULT, 10) }, .no_tdp_mmu = true },
	{ "pages from before the recording are nobody's fault",
	  { TAKE(0, 52, 3), PAGE(0, 53, SYNC_PAGE, 1), PAGE(0, 54, PREPARE_ZAP_PAGE, 2), MADE_OP(0, 60, FAULT, 10) },
	  .no_tdp_mmu = true },
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
	if (row->no_tdp_mmu)
		made_without_tdp_mmu(&m, true);
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
