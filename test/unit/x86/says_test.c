/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation says, line by line: as the kernels' own traces have it. */
#include "test/unit/x86/script.h"

static const struct script_row rows[] = {
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

	{ "6.12: a zapped range goes by gfn, leafs only, and asks for its flush as a range",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(ZAP_GFNS, G + 1, 0x1000, 0), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "flush_range 0x40001 +4096 0\n"
	  "flush\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "changed 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "6.1: the flush is of everything, and nothing says more",
	  KVM_6_1, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(ZAP_GFNS, G + 1, 0x1000, 0) },
	  "changed 0x40001 L1 0x140001e67 > 0\n"
	  "flush\n" },
	{ "a zapped range takes a huge page of which it has a part, in both address spaces",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(SMM_SLOT), DO(SMM), DO(LOAD),
	    FAULT_ON(G + 0x210, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(ZAP_GFNS, G + 0x210, 1, 0) },
	  "changed 0x40210 L1 0x140210e67 > 0x8000000000000000 as1\n"
	  "changed 0x40200 L2 0x140200ee7 > 0x8000000000000000\n"
	  "flush_range 0x40210 +1 0\n"
	  "flush\n" },
	{ "a zapped range that maps nothing asks for no flush; an empty one is refused",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(ZAP_GFNS, G + 1, 1, 0),
	    RANGE(ZAP_GFNS, 0x100000, 0x100000, 0), RANGE(ZAP_GFNS, G, 0, 22) },
	  "" },
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

int main(void)
{
	return table_run("x86 says", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
