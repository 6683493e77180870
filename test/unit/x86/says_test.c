/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation says, line by line: as the kernels' own traces have it. */
#include "test/unit/x86/lab.h"

enum step_kind {
	END, LOAD, FAULT, TOUCH, START, FINISH, AGE, AGE_FLUSH, SET, ZAP_ALL, TEARDOWN, DELETE, OTHER_SLOT, FORGET
};

struct step {
	enum step_kind	kind;
	gfn_t		gfn;
	unsigned int	access;		/* FAULT, TOUCH: MMU_*; START, FINISH, AGE: pages */
	int		level;		/* FAULT: host level */
	int		want;		/* enum ret_pf, or the bool that is returned */
	bool		readonly;	/* FAULT: not host-writable */
	uint64_t	error_code;	/* FAULT: as a trace has it; 0: the engine looks itself */
};

#define MAX_STEPS 12
#define NPF_EMPTY	0x100000006ULL	/* a write that found nothing */

#define DO(k)				{ .kind = k }
#define FAULT_ON(g, how, host, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = host, .want = ret }
#define FAULT_READONLY(g, host, ret)	{ .kind = FAULT, .gfn = g, .access = MMU_R, .level = host, .want = ret, \
					  .readonly = true }
#define FAULT_CODE(g, how, code, ret)	{ .kind = FAULT, .gfn = g, .access = how, .level = 1, .want = ret, \
					  .error_code = code }
#define TOUCH_AT(g, how, ret)		{ .kind = TOUCH, .gfn = g, .access = how, .want = ret }
#define RANGE(k, g, pages, ret)		{ .kind = k, .gfn = g, .access = pages, .want = ret }

struct row {
	const char	*name;
	enum kvm_release release;
	enum spte_tdp	 tdp;
	enum { PLAIN, NO_AD, NX } host;
	const char	*policy[2];
	struct step	 steps[MAX_STEPS];
	const char	*want;
};

#define G LAB_GFN

static const struct row rows[] = {
	{ "6.12: the first fault makes a root and three tables",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x827\n"
	  "changed 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "6.1: the same, with empty entries that are 0",
	  KVM_6_1, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0 > 0x827\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0 > 0x827\n"
	  "changed 0x40001 L1 0 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "6.12 on Intel: entries carry suppress-VE",
	  KVM_6_12, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED),
	    DO(FORGET), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40205 pfn 0x140205 L2\n"
	  "changed 0x40200 L2 0x8000000000000000 > 0x8600000140200bf7\n"
	  "set 0x40200 L2 0x8600000140200bf7 r1 x1 u1\n" },
	{ "a huge page is asked for by its page and set by its base",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40205 pfn 0x140205 L2\n"
	  "changed 0x40200 L2 0x8000000000000000 > 0x140200ee7\n"
	  "set 0x40200 L2 0x140200ee7 r1 x1 u1\n" },
	{ "a page that is read-only for the host has neither host- nor MMU-writable",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_READONLY(G + 3, 1, RET_PF_FIXED) },
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "changed 0x40003 L1 0x8000000000000000 > 0x140003825\n"
	  "set 0x40003 L1 0x140003825 r1 x1 u1\n" },
	{ "a fault on a writable leaf somebody just made is FIXED and clears D",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_FIXED) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "changed 0x40000 L1 0x140000e67 > 0x140000e27\n"
	  "set 0x40000 L1 0x140000e27 r1 x1 u1\n" },
	{ "the next one finds nothing to change: SPURIOUS, set all the same",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_FIXED), DO(FORGET),
	    FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_SPURIOUS) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "set 0x40000 L1 0x140000e27 r1 x1 u1\n" },
	{ "a write that finds a present, writable leaf ends in the fast path",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_SPURIOUS) },
	  "fast 0x40000 spurious 0x140000e67 > 0x140000e67\n" },
	{ "the hardware sets A and D by itself and says nothing",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_FIXED),
	    TOUCH_AT(G, MMU_W, true), TOUCH_AT(G + 1, MMU_R, false), DO(FORGET),
	    FAULT_ON(G, MMU_W, 1, RET_PF_SPURIOUS) },
	  "fast 0x40000 spurious 0x140000e67 > 0x140000e67\n" },

	{ "an invalidation zaps leafs, keeps tables and flushes once",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G, 0x200, 0), RANGE(FINISH, G, 0x200, 0) },
	  "unmap_gfn_range 0x40000 +512 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x8000000000000000\n"
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "flush\n" },
	{ "flush.batch = per-op: one flush for each",
	  KVM_6_12, SPTE_NPT, PLAIN, { "flush.batch=per-op" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G, 0x200, 0), RANGE(FINISH, G, 0x200, 0) },
	  "unmap_gfn_range 0x40000 +512 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x8000000000000000\n"
	  "flush\n"
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "flush\n" },
	{ "a huge page goes even when only a part of it is invalidated",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G + 0x210, 1, 0), RANGE(FINISH, G + 0x210, 1, 0) },
	  "unmap_gfn_range 0x40210 +1 0\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x8000000000000000\n"
	  "flush\n" },
	{ "nothing mapped, nothing flushed; no slot, not even the lock",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(FORGET), RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0),
	    RANGE(START, G + 0x100000, 16, 0), RANGE(FINISH, G + 0x100000, 16, 0) },
	  "unmap_gfn_range 0x40000 +1 0\n" },
	{ "a retained table is used again",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0),
	    DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "changed 0x40000 L1 0x8000000000000000 > 0x140000e67\n"
	  "set 0x40000 L1 0x140000e67 r1 x1 u1\n" },
	{ "a huge page replaces an empty table: removed entry by entry, then flushed",
	  KVM_6_1, SPTE_NPT, PLAIN, { "fault.lock=write" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0),
	    DO(FORGET), FAULT_ON(G + 1, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40001 pfn 0x140001 L2\n"
	  "changed 0x40000 L2 0x827 > 0x140000ee7\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "flush\n"
	  "set 0x40000 L2 0x140000ee7 r1 x1 u1\n" },
	{ "zap.range = tables takes a table that lies in the range with what is below it",
	  KVM_6_12, SPTE_NPT, PLAIN, { "zap.range=tables" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 0x201, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G, 0x202, 0), RANGE(FINISH, G, 0x202, 0) },
	  "unmap_gfn_range 0x40000 +514 0\n"
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40000 L1 0x140000e67 > 0x80000000000005a0\n"
	  "changed 0x40201 L1 0x140201e67 > 0x8000000000000000\n"
	  "flush\n" },

	{ "6.12: mm release zaps 4 KiB, 2 MiB, 1 GiB, root; then there is nothing left to tear down",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 0x200, MMU_W, 2, RET_PF_FIXED),
	    DO(FORGET), DO(ZAP_ALL), DO(TEARDOWN) },
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x8000000000000000\n"
	  "changed 0x40000 L3 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "changed 0 L4 0x827 > 0x8000000000000000\n"
	  "zap-page 0 role 0x3783\n" },
	{ "6.1: 1 GiB at a time, with frozen children, then the root",
	  KVM_6_1, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 0x200, MMU_W, 2, RET_PF_FIXED),
	    DO(FORGET), DO(ZAP_ALL), DO(TEARDOWN) },
	  "changed 0x40000 L3 0x827 > 0\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "changed 0x40000 L2 0x827 > 0x5a0\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40001 L1 0x140001e67 > 0x5a0\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x5a0\n"
	  "changed 0 L4 0x827 > 0\n"
	  "zap-page 0 role 0x3783\n" },
	{ "zap.root_passes = single: one step",
	  KVM_6_12, SPTE_NPT, PLAIN, { "zap.root_passes=single" },
	  { DO(LOAD), FAULT_ON(G + 0x200, MMU_W, 2, RET_PF_FIXED), DO(FORGET), DO(ZAP_ALL) },
	  "changed 0 L4 0x827 > 0x8000000000000000\n"
	  "zap-page 0 role 0x3783\n"
	  "changed 0x40000 L3 0x827 > 0x80000000000005a0\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x80000000000005a0\n" },
	{ "zap.root_passes = leafs+root: leafs of every size, then the root",
	  KVM_6_12, SPTE_NPT, PLAIN, { "zap.root_passes=leafs+root" },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 0x200, MMU_W, 2, RET_PF_FIXED),
	    DO(FORGET), DO(ZAP_ALL) },
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x8000000000000000\n"
	  "changed 0 L4 0x827 > 0x8000000000000000\n"
	  "zap-page 0 role 0x3783\n"
	  "changed 0x40000 L3 0x827 > 0x80000000000005a0\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "changed 0x40000 L2 0x827 > 0x80000000000005a0\n"
	  "zap-page 0x40000 role 0x3781\n" },
	{ "a slot's delete makes the root invalid; the next fault takes a new one",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(FORGET), DO(DELETE), FAULT_ON(G, MMU_W, 1, RET_PF_EMULATE) },
	  "zap-all-fast 0\n"
	  "get 0 role 0x3784\n"
	  "requested 0x40000 pfn 0x8000000000000000 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x827\n"
	  "changed 0x40000 L1 0x8000000000000000 > 0x8000040000037\n"
	  "mark-mmio 0x40000 access 7 gen 6\n" },
	{ "with the quirk off only the slot's leafs go",
	  KVM_6_12, SPTE_NPT, PLAIN, { "memslot.delete=slot-only" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(DELETE) },
	  "unmap_gfn_range 0x40000 +8192 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x8000000000000000\n"
	  "flush\n" },

	{ "MMIO: marked once, then known to the vCPU, then to the entry until slots change",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(0x100, MMU_R, 1, RET_PF_EMULATE), FAULT_ON(0x101, MMU_W, 1, RET_PF_EMULATE),
	    DO(FORGET), FAULT_ON(0x101, MMU_W, 1, RET_PF_EMULATE), FAULT_ON(0x100, MMU_R, 1, RET_PF_EMULATE),
	    DO(OTHER_SLOT), FAULT_ON(0x100, MMU_R, 1, RET_PF_EMULATE) },
	  "check-mmio 0 access 0 gen 2\n"
	  "handle-mmio 0x100 access 6 gen 0\n"
	  "check-mmio 0 access 0 gen 4\n"
	  "requested 0x100 pfn 0x8000000000000000 L1\n"
	  "changed 0x100 L1 0x8000000100017 > 0x8000000100027\n"
	  "mark-mmio 0x100 access 7 gen 4\n" },

	{ "aging clears A and reports young once; a touch makes it young again",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G, 4, true), RANGE(AGE, G, 4, false),
	    TOUCH_AT(G, MMU_R, true), RANGE(AGE_FLUSH, G, 1, true) },
	  "changed 0x40000 L1 0x140000e67 > 0x140000e47\n"
	  "age_gfn 0x40000 +4 1\n"
	  "age_gfn 0x40000 +4 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x140000e47\n"
	  "age_gfn 0x40000 +1 1\n"
	  "flush\n" },
	{ "age.flush = elide: not even for clear_flush_young; always: for both",
	  KVM_6_12, SPTE_NPT, PLAIN, { "age.flush=elide", "age.lock=lockless" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), RANGE(AGE_FLUSH, G, 1, true) },
	  "changed 0x40000 L2 0x140000ee7 > 0x140000ec7\n"
	  "age_gfn 0x40000 +1 1\n" },
	{ "age.flush = always",
	  KVM_6_12, SPTE_NPT, PLAIN, { "age.flush=always", "age.lock=read" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G, 1, true) },
	  "changed 0x40000 L2 0x140000ee7 > 0x140000ec7\n"
	  "age_gfn 0x40000 +1 1\n"
	  "flush\n" },
	{ "without A/D bits aging takes the permissions and the fast path gives them back",
	  KVM_6_12, SPTE_EPT, NO_AD, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G, 1, true), RANGE(AGE, G, 1, false),
	    TOUCH_AT(G, MMU_R, false), FAULT_ON(G, MMU_R, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, false),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, true) },
	  "changed 0x40000 L1 0x8610000140000877 > 0x8750000140000870\n"
	  "age_gfn 0x40000 +1 1\n"
	  "age_gfn 0x40000 +1 0\n"
	  "fast 0x40000 fixed 0x8750000140000870 > 0x8610000140000875\n"
	  "fast 0x40000 fixed 0x8610000140000875 > 0x8610000140000877\n" },

	{ "NX mitigation: a huge page is not executable, and an execute fault splits it in place",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), TOUCH_AT(G, MMU_X, false),
	    FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), TOUCH_AT(G + 6, MMU_X, true) },
	  "requested 0x40005 pfn 0x140005 L1\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000140000ee7 > 0x827\n"
	  "split 0x40000 L2 errno 0\n"
	  "changed 0x40005 L1 0x140005e67 > 0x140005e27\n"
	  "set 0x40005 L1 0x140005e27 r1 x1 u1\n" },
	{ "fault.huge_split = zap: the huge page goes, and its other pages fault again",
	  KVM_6_12, SPTE_NPT, NX, { "fault.huge_split=zap" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
	    FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), TOUCH_AT(G + 6, MMU_X, false) },
	  "requested 0x40005 pfn 0x140005 L1\n"
	  "flush_range 0x40000 +512 0\n"
	  "flush\n"
	  "changed 0x40000 L2 0x8000000140000ee7 > 0x8000000000000000\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x827\n"
	  "changed 0x40005 L1 0x8000000000000000 > 0x140005e67\n"
	  "set 0x40005 L1 0x140005e67 r1 x1 u1\n" },
	{ "6.1 says so before its flush, and calls the frozen entry 0x5a0",
	  KVM_6_1, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED) },
	  "requested 0x40005 pfn 0x140005 L1\n"
	  "changed 0x40000 L2 0x8000000140000ee7 > 0x5a0\n"
	  "flush\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0 > 0x827\n"
	  "changed 0x40005 L1 0 > 0x140005e67\n"
	  "set 0x40005 L1 0x140005e67 r1 x1 u1\n" },

	{ "change_pte to a writable page empties the entry",
	  KVM_6_1, SPTE_NPT, PLAIN, { "fault.retry_key=any" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G + 1, 1, 0), DO(FORGET), RANGE(SET, G, 0, 0) },
	  "changed 0x40000 L1 0x140000e67 > 0\n"
	  "flush\n" },
	{ "change_pte to a read-only page goes by way of empty, and leaves it old",
	  KVM_6_1, SPTE_NPT, PLAIN, { "fault.retry_key=any" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G + 1, 1, 0), DO(FORGET),
	    RANGE(SET, G, 0x777, 0) },
	  "changed 0x40000 L1 0x140000e67 > 0\n"
	  "changed 0x40000 L1 0 > 0x777845\n"
	  "flush\n" },
	{ "and outside any invalidation it does nothing",
	  KVM_6_1, SPTE_NPT, PLAIN, { "fault.retry_key=any" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(SET, G, 0x777, 0) },
	  "" },
};

static void step(struct lab *l, const struct step *s, int *got)
{
	struct mmu_access a = {
		.gfn = s->gfn, .access = s->access, .host_level = s->level, .host_writable = !s->readonly,
		.pfn = LAB_PFN(s->gfn), .error_code = s->error_code,
	};
	struct mmu_slot other = { .id = 2, .base_gfn = 0x80000, .npages = 16, .hva = LAB_HVA + (1ULL << 40) };

	switch (s->kind) {
	case END:
		break;
	case LOAD:
		mmu_vcpu_load(l->mmu, 0);
		break;
	case FAULT:
		*got = mmu_fault(l->mmu, 0, &a);
		break;
	case TOUCH:
		*got = mmu_touch(l->mmu, 0, &a);
		break;
	case START:
		mmu_invalidate_start(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access), true);
		break;
	case FINISH:
		mmu_invalidate_end(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access));
		break;
	case AGE:
	case AGE_FLUSH:
		*got = mmu_age(l->mmu, lab_hva(s->gfn), lab_hva(s->gfn + s->access),
			       s->kind == AGE ? MMU_AGE_CLEAR : MMU_AGE_CLEAR_FLUSH);
		break;
	case SET:
		mmu_set_spte(l->mmu, lab_hva(s->gfn), s->access ? s->access : MMU_PFN_WRITABLE);
		break;
	case ZAP_ALL:
		mmu_zap_all(l->mmu);
		break;
	case TEARDOWN:
		mmu_teardown(l->mmu);
		break;
	case DELETE:
		*got = lab_slot(l, MMU_SLOT_DELETE, 0);
		break;
	case OTHER_SLOT:
		*got = mmu_memslot(l->mmu, MMU_SLOT_CREATE, &other);
		break;
	case FORGET:
		lab_forget(l);
		break;
	}
}

struct script {
	struct lab	 *l;
	const struct row *row;
	int		  got[MAX_STEPS];
};

static void play(void *arg)
{
	struct script *s = arg;

	lab_slot(s->l, MMU_SLOT_CREATE, 0);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		step(s->l, &s->row->steps[i], &s->got[i]);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct lab l;
	struct script s = { .l = &l, .row = row };
	void *arg = &s;

	lab_init(&l);
	l.config.release = row->release;
	l.config.tdp = row->tdp;
	l.config.ad = row->host != NO_AD;
	l.config.nx_huge_pages = row->host == NX;
	if (row->release == KVM_6_1) {
		lab_policy(&l, "fault.retry_key=hull-hva");
		lab_policy(&l, "fault.precheck=none");
		lab_policy(&l, "fault.huge_split=zap");
		lab_policy(&l, "zap.root_passes=1g+root");
		lab_policy(&l, "root.lock=write");
		lab_policy(&l, "zap.invalid_root_flush=yes");
		lab_policy(&l, "nx.descend=any");
	}
	for (unsigned int i = 0; i < 2; i++)
		lab_policy(&l, row->policy[i]);
	lab_open(&l);
	lab_run(&l, 1, 1, play, &arg);
	for (unsigned int i = 0; i < MAX_STEPS; i++)
		if (s.got[i] != row->steps[i].want)
			fail_msg("step %u: got %d, want %d", i, s.got[i], row->steps[i].want);
	mmu_check(l.mmu);
	assert_string_equal(l.said ? l.said : "", row->want);
	lab_close(&l);
}

int main(void)
{
	return table_run("x86 says", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
