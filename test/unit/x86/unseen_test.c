/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no recording of the project shows: 1 GiB pages, huge pages split by faults, Intel's entries from the first
 * fault to the log of dirty pages, access tracking, the NX mitigation's recovery, address space 1, asynchronous page
 * faults, a fast zap without a memslot.  The sequences are written from the kernels' rules (tdp_mmu.c, mmu.c, spte.c of
 * 6.1 and 6.12), not taken from the engine; no kernel has confirmed them.
 */
#include "test/unit/x86/script.h"

static const struct script_row rows[] = {
	/* --- 1 GiB --- */
	{ "1 GiB: one entry of level 3",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), DO(FORGET), FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED) },
	  "requested 0x92345 pfn 0x192345 L3\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "changed 0x80000 L3 0x8000000000000000 > 0x180000ee7\n"
	  "set 0x80000 L3 0x180000ee7 r1 x1 u1\n" },
	{ "1 GiB on Intel, 6.1",
	  KVM_6_1, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), DO(FORGET), FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED) },
	  "requested 0x92345 pfn 0x192345 L3\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0 > 0x907\n"
	  "changed 0x80000 L3 0 > 0x600000180000bf7\n"
	  "set 0x80000 L3 0x600000180000bf7 r1 x1 u1\n" },
	{ "a processor without 1 GiB pages: 2 MiB",
	  KVM_6_12, SPTE_NPT, NO_1G, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), DO(FORGET), FAULT_ON(BIG + 0x12345, MMU_R, 3, RET_PF_FIXED) },
	  "requested 0x92345 pfn 0x192345 L2\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0x80000 role 0x3782\n"
	  "changed 0x80000 L3 0x8000000000000000 > 0x827\n"
	  "changed 0x92200 L2 0x8000000000000000 > 0x192200ee7\n"
	  "set 0x92200 L2 0x192200ee7 r1 x1 u1\n" },
	{ "a slot of 32 MiB has no page of 1 GiB, though its first frame is aligned",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 0x400, MMU_W, 3, RET_PF_FIXED) },
	  "requested 0x40400 pfn 0x140400 L2\n"
	  "changed 0x40400 L2 0x8000000000000000 > 0x140400ee7\n"
	  "set 0x40400 L2 0x140400ee7 r1 x1 u1\n" },
	{ "one page of it invalidated: all of it goes",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, BIG + 0x12345, 1, 0), RANGE(FINISH, BIG + 0x12345, 1, 0) },
	  "unmap_gfn_range 0x92345 +1 0\n"
	  "changed 0x80000 L3 0x180000ee7 > 0x8000000000000000\n"
	  "flush\n" },
	{ "one page of it aged: one bit for all of it",
	  KVM_6_12, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(FORGET), RANGE(AGE, BIG + 5, 1, true),
	    RANGE(AGE, BIG + 0x3ffff, 1, false) },
	  "changed 0x80000 L3 0x8600000180000bf7 > 0x8600000180000af7\n"
	  "age_gfn 0x80005 +1 1\n"
	  "age_gfn 0xbffff +1 0\n" },
	{ "mm release: the third of four passes takes it",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(FORGET), DO(ZAP_ALL) },
	  "changed 0x80000 L3 0x180000ee7 > 0x8000000000000000\n"
	  "changed 0 L4 0x827 > 0x8000000000000000\n"
	  "zap-page 0 role 0x3783\n" },
	{ "logged without eager splitting: protected whole; the first write splits it twice, in place",
	  KVM_6_12, SPTE_NPT, PLAIN, { "dirty.eager_split=no" },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(FORGET), DO(BIG_LOG),
	    FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED) },
	  "changed 0x80000 L3 0x180000ee7 > 0x180000ee5\n"
	  "flush\n"
	  "fast 0x92345 invalid 0x180000ee5 > 0x180000ee5\n"
	  "requested 0x92345 pfn 0x192345 L1\n"
	  "get 0x80000 role 0x3782\n"
	  "changed 0x80000 L3 0x180000ee5 > 0x827\n"
	  "split 0x80000 L3 errno 0\n"
	  "get 0x92200 role 0x3781\n"
	  "changed 0x92200 L2 0x192200ee5 > 0x827\n"
	  "split 0x92200 L2 errno 0\n"
	  "changed 0x92345 L1 0x192345e65 > 0x192345e67\n"
	  "set 0x92345 L1 0x192345e67 r1 x1 u1\n" },
	{ "6.1 empties it, and what else it mapped must fault again",
	  KVM_6_1, SPTE_NPT, PLAIN, { "dirty.eager_split=no" },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(FORGET), DO(BIG_LOG),
	    FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED), TOUCH_AT(BIG + 0x12346, MMU_R, false) },
	  "changed 0x80000 L3 0x180000ee7 > 0x180000ee5\n"
	  "flush\n"
	  "fast 0x92345 invalid 0x180000ee5 > 0x180000ee5\n"
	  "requested 0x92345 pfn 0x192345 L1\n"
	  "changed 0x80000 L3 0x180000ee5 > 0x5a0\n"
	  "flush\n"
	  "get 0x80000 role 0x3782\n"
	  "changed 0x80000 L3 0 > 0x827\n"
	  "get 0x92200 role 0x3781\n"
	  "changed 0x92200 L2 0 > 0x827\n"
	  "changed 0x92345 L1 0 > 0x192345e67\n"
	  "set 0x92345 L1 0x192345e67 r1 x1 u1\n" },
	{ "logging ends: the table of the whole page goes before those below it are looked at",
	  KVM_6_12, SPTE_NPT, PLAIN, { "dirty.eager_split=no", "fault.huge_split=zap" },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(BIG_LOG),
	    FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED), DO(FORGET), DO(BIG_UNLOG),
	    FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED) },
	  "flush_range 0x80000 +262144 0\n"
	  "flush\n"
	  "changed 0x80000 L3 0x827 > 0x8000000000000000\n"
	  "zap-page 0x80000 role 0x3782\n"
	  "frozen L2 x145\n"
	  "changed 0x92200 L2 0x827 > 0x80000000000005a0\n"
	  "zap-page 0x92200 role 0x3781\n"
	  "frozen L1 x325\n"
	  "changed 0x92345 L1 0x192345e67 > 0x80000000000005a0\n"
	  "frozen L1 x186\n"
	  "frozen L2 x366\n"
	  "requested 0x92345 pfn 0x192345 L3\n"
	  "changed 0x80000 L3 0x8000000000000000 > 0x180000ee7\n"
	  "set 0x80000 L3 0x180000ee7 r1 x1 u1\n" },
	{ "or is put back in place, as writable as the first page below it",
	  KVM_6_12, SPTE_EPT, PLAIN, { "dirty.eager_split=no", "fault.huge_split=zap", "dirty.collapse=recover" },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(BIG_LOG),
	    FAULT_ON(BIG + 0x12345, MMU_W, 3, RET_PF_FIXED), DO(FORGET), DO(BIG_UNLOG) },
	  "changed 0x80000 L3 0x8000000000000907 > 0x8600000180000bf7\n"
	  "zap-page 0x80000 role 0x3782\n"
	  "frozen L2 x145\n"
	  "changed 0x92200 L2 0x8000000000000907 > 0x80000000000005a0\n"
	  "zap-page 0x92200 role 0x3781\n"
	  "frozen L1 x325\n"
	  "changed 0x92345 L1 0x8600000192345b77 > 0x80000000000005a0\n"
	  "frozen L1 x186\n"
	  "frozen L2 x366\n"
	  "flush\n" },

	/* --- Intel: faults, aging, dirty logging --- */
	{ "6.1 on Intel: entries without suppress-VE, aged, protected, fixed, taken from the log",
	  KVM_6_1, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G, 1, true), DO(LOG), TOUCH_AT(G, MMU_W, false),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, true), ASK(GET, 1) },
	  "changed 0x40000 L1 0x600000140000b77 > 0x600000140000a77\n"
	  "age_gfn 0x40000 +1 1\n"
	  "changed 0x40000 L1 0x600000140000a77 > 0x600000140000a75\n"
	  "flush\n"
	  "fast 0x40000 fixed 0x600000140000a75 > 0x600000140000a77\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x600000140000b77 > 0x600000140000b75\n"
	  "flush\n" },
	{ "6.12 on Intel, the same",
	  KVM_6_12, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G, 1, true), DO(LOG), TOUCH_AT(G, MMU_W, false),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, true), ASK(GET, 1) },
	  "changed 0x40000 L1 0x8600000140000b77 > 0x8600000140000a77\n"
	  "age_gfn 0x40000 +1 1\n"
	  "changed 0x40000 L1 0x8600000140000a77 > 0x8600000140000a75\n"
	  "flush\n"
	  "fast 0x40000 fixed 0x8600000140000a75 > 0x8600000140000a77\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x8600000140000b77 > 0x8600000140000b75\n"
	  "flush\n" },
	{ "a page of which a part is read-only for the host: neither host- nor MMU-writable on Intel, too",
	  KVM_6_12, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_READONLY(G + 3, 1, RET_PF_FIXED) },
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "changed 0x40003 L1 0x8000000000000000 > 0x8000000140003975\n"
	  "set 0x40003 L1 0x8000000140003975 r1 x1 u1\n" },
	{ "PML: D is what logging takes; the write needs no fault",
	  KVM_6_12, SPTE_EPT, HAS_PML, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(LOG), TOUCH_AT(G, MMU_W, true), ASK(GET, 1),
	    ASK(GET, 0) },
	  "changed 0x40000 L1 0x8600000140000b77 > 0x8600000140000977\n"
	  "flush\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x8600000140000b77 > 0x8600000140000977\n"
	  "flush\n" },
	{ "PML, 6.1",
	  KVM_6_1, SPTE_EPT, HAS_PML, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(LOG), TOUCH_AT(G, MMU_W, true), ASK(GET, 1) },
	  "changed 0x40000 L1 0x600000140000b77 > 0x600000140000977\n"
	  "flush\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x600000140000b77 > 0x600000140000977\n"
	  "flush\n" },
	{ "PML and a page that is first written while logged: D comes with the mapping, so it is in the log at once",
	  KVM_6_12, SPTE_EPT, HAS_PML, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(LOG), DO(FORGET), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED),
	    TOUCH_AT(G + 1, MMU_W, true), ASK(GET, 1) },
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "changed 0x40001 L1 0x8000000000000000 > 0x8600000140001b77\n"
	  "set 0x40001 L1 0x8600000140001b77 r1 x1 u1\n"
	  "log_dirty_masked 0x40000 +2 0\n"
	  "changed 0x40001 L1 0x8600000140001b77 > 0x8600000140001977\n"
	  "flush\n" },
	{ "PML and a huge page left whole: it loses D like every leaf, then W; the first write splits it",
	  KVM_6_12, SPTE_EPT, HAS_PML, { "dirty.eager_split=no", "fault.huge_split=zap" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), DO(LOG), FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED) },
	  "changed 0x40000 L2 0x8600000140000bf7 > 0x86000001400009f7\n"
	  "changed 0x40000 L2 0x86000001400009f7 > 0x86000001400009f5\n"
	  "flush\n"
	  "fast 0x40005 invalid 0x86000001400009f5 > 0x86000001400009f5\n"
	  "requested 0x40005 pfn 0x140005 L1\n"
	  "flush_range 0x40000 +512 0\n"
	  "flush\n"
	  "changed 0x40000 L2 0x86000001400009f5 > 0x8000000000000000\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x8000000000000907\n"
	  "changed 0x40005 L1 0x8000000000000000 > 0x8600000140005b77\n"
	  "set 0x40005 L1 0x8600000140005b77 r1 x1 u1\n" },
	{ "MMIO on Intel, 6.1: writable and executable, not readable",
	  KVM_6_1, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(0x101, MMU_W, 1, RET_PF_EMULATE), DO(FORGET),
	    FAULT_ON(0x100, MMU_W, 1, RET_PF_EMULATE), FAULT_ON(0x101, MMU_W, 1, RET_PF_EMULATE) },
	  "requested 0x100 pfn 0x8000000000000000 L1\n"
	  "changed 0x100 L1 0 > 0x100016\n"
	  "mark-mmio 0x100 access 6 gen 2\n"
	  "check-mmio 0 access 0 gen 2\n"
	  "handle-mmio 0x101 access 0 gen 0\n" },
	{ "MMIO on Intel, 6.12: suppress-VE is clear, so that the misconfiguration is KVM's",
	  KVM_6_12, SPTE_EPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(0x101, MMU_W, 1, RET_PF_EMULATE), DO(FORGET), FAULT_ON(0x100, MMU_W, 1, RET_PF_EMULATE) },
	  "requested 0x100 pfn 0x8000000000000000 L1\n"
	  "changed 0x100 L1 0x8000000000000000 > 0x100016\n"
	  "mark-mmio 0x100 access 6 gen 2\n" },
	{ "no bit to mark MMIO by: emulated without a look at the tables",
	  KVM_6_12, SPTE_NPT, MMIO_UNCACHED, { NULL },
	  { DO(LOAD), DO(FORGET), FAULT_ON(0x100, MMU_W, 1, RET_PF_EMULATE), FAULT_ON(0x100, MMU_W, 1, RET_PF_EMULATE) },
	  "" },

	/* --- access tracking: no A/D bits --- */
	{ "6.1 without A/D bits: an empty entry may be a hidden one, too; a page aged, and written in one fault",
	  KVM_6_1, SPTE_EPT, NO_AD, { NULL },
	  { DO(LOAD), DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE_FLUSH, G, 1, true), TOUCH_AT(G, MMU_W, false),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, true) },
	  "fast 0x40000 invalid 0 > 0\n"
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "get 0 role 0x13783\n"
	  "changed 0 L4 0 > 0x10000000000807\n"
	  "get 0x40000 role 0x13782\n"
	  "changed 0x40000 L3 0 > 0x10000000000807\n"
	  "get 0x40000 role 0x13781\n"
	  "changed 0x40000 L2 0 > 0x10000000000807\n"
	  "changed 0x40000 L1 0 > 0x610000140000877\n"
	  "set 0x40000 L1 0x610000140000877 r1 x1 u1\n"
	  "changed 0x40000 L1 0x610000140000877 > 0x750000140000870\n"
	  "age_gfn 0x40000 +1 1\n"
	  "flush\n"
	  "fast 0x40000 fixed 0x750000140000870 > 0x610000140000877\n" },
	{ "a huge page without A/D bits",
	  KVM_6_12, SPTE_EPT, NO_AD, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), RANGE(AGE, G + 7, 1, true),
	    FAULT_ON(G + 9, MMU_R, 2, RET_PF_FIXED) },
	  "changed 0x40000 L2 0x86100001400008f7 > 0x87500001400008f0\n"
	  "age_gfn 0x40007 +1 1\n"
	  "fast 0x40009 fixed 0x87500001400008f0 > 0x86100001400008f5\n" },
	{ "logging without A/D bits takes W, even where there is PML; a hidden page has none to take",
	  KVM_6_12, SPTE_EPT, NO_AD | HAS_PML, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G + 1, 1, true),
	    DO(FORGET), DO(LOG), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), ASK(GET, 1) },
	  "changed 0x40000 L1 0x8610000140000877 > 0x8610000140000875\n"
	  "flush\n"
	  "fast 0x40001 fixed 0x8750000140001870 > 0x8610000140001877\n"
	  "log_dirty_masked 0x40000 +2 0\n"
	  "changed 0x40001 L1 0x8610000140001877 > 0x8610000140001875\n"
	  "flush\n" },

	/* --- NX huge pages --- */
	{ "an execute fault where the host has 2 MiB maps 4 KiB, and others then stay small",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 1), DO(FORGET), FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40007 L1 0x8000000000000000 > 0x140007e67\n"
	  "set 0x40007 L1 0x140007e67 r1 x1 u1\n" },
	{ "recovery takes the table away; the next fault maps 2 MiB, not executable",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), DO(FORGET), RECOVER_1_IN(60, 1), ASK(SPLITS, 0),
	    FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40005 L1 0x140005e67 > 0x80000000000005a0\n"
	  "flush\n"
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x8000000140000ee7\n"
	  "set 0x40000 L2 0x8000000140000ee7 r1 x0 u1\n" },
	{ "6.1 on Intel: X is a bit that is missing",
	  KVM_6_1, SPTE_EPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), DO(FORGET), RECOVER_1_IN(60, 1),
	    FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "changed 0x40000 L2 0x907 > 0\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40005 L1 0x600000140005b77 > 0x5a0\n"
	  "flush\n"
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40000 L2 0 > 0x600000140000bf3\n"
	  "set 0x40000 L2 0x600000140000bf3 r1 x0 u1\n" },
	{ "under the read lock the table's entries are frozen one by one, empty ones too",
	  KVM_6_12, SPTE_NPT, NX, { "nx.lock=read" },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), DO(FORGET), RECOVER_1_IN(60, 1) },
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "frozen L1 x5\n"
	  "changed 0x40005 L1 0x140005e67 > 0x80000000000005a0\n"
	  "frozen L1 x506\n"
	  "flush\n" },
	{ "the oldest go first, one in two of three rounded up, with one flush",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x200, MMU_X, 2, RET_PF_FIXED), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED),
	    FAULT_ON(G + 0x400, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 3), DO(FORGET), RECOVER_1_IN(2, 2), ASK(SPLITS, 1) },
	  "changed 0x40200 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40200 role 0x3781\n"
	  "changed 0x40200 L1 0x140200e67 > 0x80000000000005a0\n"
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40000 L1 0x140000e67 > 0x80000000000005a0\n"
	  "flush\n" },
	{ "ratio 0: none; where the host has no huge page nothing was split",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 1, RET_PF_FIXED), ASK(SPLITS, 0), FAULT_ON(G + 0x200, MMU_X, 2, RET_PF_FIXED),
	    ASK(SPLITS, 1), DO(FORGET), RECOVER_1_IN(0, 0), ASK(SPLITS, 1) },
	  "" },
	{ "6.12 leaves out a slot that is logged, and forgets the table",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), DO(LOG), DO(FORGET), RECOVER_1_IN(60, 0), ASK(SPLITS, 0),
	    RECOVER_1_IN(60, 0) },
	  "" },
	{ "a round without a record: one in two of three logged, rounded up, are forgotten",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), FAULT_ON(G + 0x200, MMU_X, 2, RET_PF_FIXED),
	    FAULT_ON(G + 0x400, MMU_X, 2, RET_PF_FIXED), DO(LOG), ASK(SPLITS, 3), DO(FORGET), PASS_OVER_1_IN(2), ASK(SPLITS, 1) },
	  "" },
	{ "but a table of a slot that is not logged would have gone",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), DO(FORGET), PASS_OVER_1_IN(1), ASK(SPLITS, 1) },
	  "" },
	{ "forgotten, it gives way to a huge page when logging stopped",
	  KVM_6_12, SPTE_NPT, NX, { "dirty.collapse=recover" },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), DO(LOG), PASS_OVER_1_IN(1), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0),
	    DO(UNLOG), DO(FORGET), FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40000 L2 0x827 > 0x8000000140000ee7\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "frozen L1 x512\n"
	  "flush_range 0x40000 +512 0\n"
	  "flush\n"
	  "set 0x40000 L2 0x8000000140000ee7 r1 x0 u1\n" },
	{ "and does not where it is not",
	  KVM_6_12, SPTE_NPT, NX, { "dirty.collapse=recover" },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), DO(LOG), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0),
	    DO(UNLOG), DO(FORGET), FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40007 L1 0x8000000000000000 > 0x140007e67\n"
	  "set 0x40007 L1 0x140007e67 r1 x1 u1\n" },
	{ "6.1 does not ask",
	  KVM_6_1, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), DO(LOG), DO(FORGET), RECOVER_1_IN(60, 1), ASK(SPLITS, 0) },
	  "changed 0x40000 L2 0x827 > 0\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40000 L1 0x140000e65 > 0x5a0\n"
	  "flush\n" },
	{ "turned off: every root goes, nothing waits any more, and a huge page is executable",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), DO(FORGET), DO(NX_TOGGLE), ASK(SPLITS, 0), DO(FORGET),
	    FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 0) },
	  "get 0 role 0x3784\n"
	  "requested 0x40005 pfn 0x140005 L2\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0x40000 role 0x3782\n"
	  "changed 0x40000 L3 0x8000000000000000 > 0x827\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x140000ee7\n"
	  "set 0x40000 L2 0x140000ee7 r1 x1 u1\n" },
	{ "turned on: the first execute fault splits",
	  KVM_6_12, SPTE_NPT, NX_LATER, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 0), DO(FORGET), DO(NX_TOGGLE),
	    FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 7, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 1) },
	  "requested 0x40007 pfn 0x140007 L1\n"
	  "get 0x40000 role 0x3781\n"
	  "changed 0x40000 L2 0x8000000140000ee7 > 0x827\n"
	  "split 0x40000 L2 errno 0\n"
	  "changed 0x40007 L1 0x140007e67 > 0x140007e27\n"
	  "set 0x40007 L1 0x140007e27 r1 x1 u1\n" },
	{ "a table that went otherwise waits no longer",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_X, 2, RET_PF_FIXED), ASK(SPLITS, 1), DO(ZAP_ALL), ASK(SPLITS, 0), DO(FORGET),
	    RECOVER_1_IN(60, 0) },
	  "" },
	{ "1 GiB under the mitigation: the tables for both sizes it keeps away are listed",
	  KVM_6_12, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), DO(BIG_SLOT), FAULT_ON(BIG + 0x12345, MMU_X, 3, RET_PF_FIXED), ASK(SPLITS, 2), DO(FORGET),
	    RECOVER_1_IN(60, 1), ASK(SPLITS, 0) },
	  "changed 0x80000 L3 0x827 > 0x8000000000000000\n"
	  "zap-page 0x80000 role 0x3782\n"
	  "changed 0x92200 L2 0x827 > 0x80000000000005a0\n"
	  "zap-page 0x92200 role 0x3781\n"
	  "changed 0x92345 L1 0x192345e67 > 0x80000000000005a0\n"
	  "flush\n" },
	{ "6.12 puts a huge page over a table that no execute fault made",
	  KVM_6_12, SPTE_NPT, NX, { "fault.lock=write" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40000 L2 0x827 > 0x8000000140000ee7\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "changed 0x40000 L1 0x140000e67 > 0x80000000000005a0\n"
	  "flush_range 0x40000 +512 0\n"
	  "flush\n"
	  "set 0x40000 L2 0x8000000140000ee7 r1 x0 u1\n" },
	{ "6.1 stays below any table",
	  KVM_6_1, SPTE_NPT, NX, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 7, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40007 pfn 0x140007 L2\n"
	  "changed 0x40007 L1 0 > 0x140007e67\n"
	  "set 0x40007 L1 0x140007e67 r1 x1 u1\n" },

	/* --- address space 1 --- */
	{ "SMM: a root of its own, and the same memory through its own slots",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(SMM_SLOT), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(SMM), DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x1003784\n"
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "get 0 role 0x1003783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827 as1\n"
	  "get 0x40000 role 0x1003782\n"
	  "changed 0x40000 L3 0x8000000000000000 > 0x827 as1\n"
	  "get 0x40000 role 0x1003781\n"
	  "changed 0x40000 L2 0x8000000000000000 > 0x827 as1\n"
	  "changed 0x40000 L1 0x8000000000000000 > 0x140000e67 as1\n"
	  "set 0x40000 L1 0x140000e67 r1 x1 u1\n" },
	{ "an invalidation takes the page from both, with one flush; the first space comes first",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(SMM_SLOT), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(SMM), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
	  "unmap_gfn_range 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x8000000000000000\n"
	  "unmap_gfn_range 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x8000000000000000 as1\n"
	  "flush\n" },
	{ "logging in space 0 leaves space 1 alone",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), DO(SMM_SLOT), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(SMM), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    DO(LOG) },
	  "changed 0x40000 L1 0x140000e67 > 0x140000e65\n"
	  "flush\n" },
	{ "without a slot there the same frame is MMIO in SMM",
	  KVM_6_1, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(SMM), DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_EMULATE) },
	  "get 0 role 0x1003784\n"
	  "requested 0x40000 pfn 0x8000000000000000 L1\n"
	  "get 0 role 0x1003783\n"
	  "changed 0 L4 0 > 0x827 as1\n"
	  "get 0x40000 role 0x1003782\n"
	  "changed 0x40000 L3 0 > 0x827 as1\n"
	  "get 0x40000 role 0x1003781\n"
	  "changed 0x40000 L2 0 > 0x827 as1\n"
	  "changed 0x40000 L1 0 > 0x800004000000f as1\n"
	  "mark-mmio 0x40000 access 7 gen 1\n" },

	/* --- the host --- */
	{ "a page the host reads in: the fault comes again, and nothing is said",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_PENDING(G + 1, MMU_W, RET_PF_RETRY),
	    FAULT_PENDING(G + 1, MMU_R, RET_PF_RETRY), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "changed 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "when it has come it is mapped ahead, not accessed yet; to the guest's own try nothing is left to do",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_PENDING(G, MMU_W, RET_PF_RETRY),
	    FAULT_AHEAD(G, MMU_W, RET_PF_FIXED), RANGE(AGE, G, 1, 0), TOUCH_AT(G, MMU_W, 1), RANGE(AGE, G, 1, 1) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "changed 0x40000 L1 0x8000000000000000 > 0x140000e47\n"
	  "set 0x40000 L1 0x140000e47 r1 x1 u1\n"
	  "age_gfn 0x40000 +1 0\n"
	  "changed 0x40000 L1 0x140000e67 > 0x140000e47\n"
	  "age_gfn 0x40000 +1 1\n" },
	{ "where the host has no page user space is told; within a window the fault comes again before anybody looks",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_FAILED(G + 1, MMU_W, RET_PF_EXIT), RANGE(START, G, 1, 0), FAULT_FAILED(G + 1, MMU_W, RET_PF_EXIT),
	    FAULT_FAILED(G, MMU_W, RET_PF_RETRY), RANGE(FINISH, G, 1, 0), DO(FORGET), FAULT_FAILED(G, MMU_R, RET_PF_EXIT) },
	  "" },
	{ "a page shared by the host (KSM, fork): the write's own notifier takes it away, and the next attempt maps it",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_READONLY(G + 3, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G + 3, 1, 0),
	    FAULT_ON(G + 3, MMU_W, 1, RET_PF_RETRY), RANGE(FINISH, G + 3, 1, 0), FAULT_ON(G + 3, MMU_W, 1, RET_PF_FIXED) },
	  "unmap_gfn_range 0x40003 +1 0\n"
	  "changed 0x40003 L1 0x140003825 > 0x8000000000000000\n"
	  "flush\n"
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "changed 0x40003 L1 0x8000000000000000 > 0x140003e67\n"
	  "set 0x40003 L1 0x140003e67 r1 x1 u1\n" },
	{ "such a page is not made writable without the lock",
	  KVM_6_1, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_READONLY(G + 3, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G + 4, 1, 0), RANGE(FINISH, G + 4, 1, 0),
	    FAULT_ON(G + 3, MMU_W, 1, RET_PF_FIXED) },
	  "unmap_gfn_range 0x40004 +1 0\n"
	  "fast 0x40003 invalid 0x140003825 > 0x140003825\n"
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "changed 0x40003 L1 0x140003825 > 0x140003e67\n"
	  "set 0x40003 L1 0x140003e67 r1 x1 u1\n" },

	/* --- a fast zap that no memslot's delete asked for --- */
	{ "MMIO generations start again: every root goes, with faults running, and the vCPU takes a new one",
	  KVM_6_12, SPTE_NPT, PLAIN, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(LAST_GEN), DO(FORGET), DO(OTHER_SLOT),
	    TOUCH_AT(G + 1, MMU_R, false), FAULT_ON(0x100, MMU_R, 1, RET_PF_EMULATE) },
	  "zap-all-fast 0\n"
	  "changed 0x40001 L1 0x140001e67 > 0x8000000000000000\n"
	  "changed 0x40000 L2 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "frozen L1 x512\n"
	  "changed 0x40000 L3 0x827 > 0x8000000000000000\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "frozen L2 x512\n"
	  "changed 0 L4 0x827 > 0x8000000000000000\n"
	  "zap-page 0 role 0x3783\n"
	  "frozen L3 x512\n"
	  "get 0 role 0x3784\n"
	  "requested 0x100 pfn 0x8000000000000000 L1\n"
	  "get 0 role 0x3783\n"
	  "changed 0 L4 0x8000000000000000 > 0x827\n"
	  "get 0 role 0x3782\n"
	  "changed 0 L3 0x8000000000000000 > 0x827\n"
	  "get 0 role 0x3781\n"
	  "changed 0 L2 0x8000000000000000 > 0x827\n"
	  "changed 0x100 L1 0x8000000000000000 > 0x8000000100007\n"
	  "mark-mmio 0x100 access 7 gen 0\n" },
};

int main(void)
{
	return table_run("x86 unseen", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
