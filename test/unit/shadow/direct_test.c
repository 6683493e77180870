/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation says without the TDP MMU, line by line: as the kernels' own traces have it. */
#include "test/unit/x86/script.h"

static const struct script_row rows[] = {
	{ "the first fault makes a root and three pages; links are not said",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "get 0 role 0x3784\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "get 0 role 0x3783\n"
	  "get 0x40000 role 0x3782\n"
	  "get 0x40000 role 0x3781\n"
	  "update 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "6.1: empty entries are 0",
	  KVM_6_1, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "update 0x40001 L1 0 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "what the host has at hand around a page is mapped with it, as not accessed",
	  KVM_6_12, SPTE_NPT, RMAPS | AT_HAND, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 8, MMU_R, 1, RET_PF_FIXED) },
	  "requested 0x40008 pfn 0x140008 L1\n"
	  "update 0x40008 L1 0x8000000000000000 > 0x140008e67\n"
	  "set 0x40008 L1 0x140008e67 r1 x1 u1\n"
	  "update 0x40009 L1 0x8000000000000000 > 0x140009e47\n"
	  "set 0x40009 L1 0x140009e47 r1 x1 u1\n"
	  "update 0x4000a L1 0x8000000000000000 > 0x14000ae47\n"
	  "set 0x4000a L1 0x14000ae47 r1 x1 u1\n"
	  "update 0x4000b L1 0x8000000000000000 > 0x14000be47\n"
	  "set 0x4000b L1 0x14000be47 r1 x1 u1\n"
	  "update 0x4000c L1 0x8000000000000000 > 0x14000ce47\n"
	  "set 0x4000c L1 0x14000ce47 r1 x1 u1\n" },
	{ "where the host lacks the first of a gap, nothing is mapped ahead at all",
	  KVM_6_12, SPTE_NPT, RMAPS | AT_HAND, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 0xb, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x4000b pfn 0x14000b L1\n"
	  "update 0x4000b L1 0x8000000000000000 > 0x14000be67\n"
	  "set 0x4000b L1 0x14000be67 r1 x1 u1\n" },
	{ "not while something is invalidated, nor where dirty pages are logged",
	  KVM_6_12, SPTE_NPT, RMAPS | AT_HAND, { NULL },
	  { DO(LOAD), FAULT_ON(G + 5, MMU_W, 1, RET_PF_FIXED), RANGE(START, G + 0x100, 1, 0), DO(FORGET),
	    FAULT_ON(G + 8, MMU_W, 1, RET_PF_FIXED), RANGE(FINISH, G + 0x100, 1, 0), DO(LOG),
	    FAULT_ON(G + 0x10, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x40008 pfn 0x140008 L1\n"
	  "update 0x40008 L1 0x8000000000000000 > 0x140008e67\n"
	  "set 0x40008 L1 0x140008e67 r1 x1 u1\n"
	  "update 0x40005 L1 0x140005e67 > 0x140005e65\n"
	  "update 0x40008 L1 0x140008e67 > 0x140008e65\n"
	  "flush\n"
	  "requested 0x40010 pfn 0x140010 L1\n"
	  "update 0x40010 L1 0x8000000000000000 > 0x140010e67\n"
	  "set 0x40010 L1 0x140010e67 r1 x1 u1\n" },
	{ "a page that is read-only for the host has neither host- nor MMU-writable",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_READONLY(G + 3, 1, RET_PF_FIXED) },
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "update 0x40003 L1 0x8000000000000000 > 0x140003825\n"
	  "set 0x40003 L1 0x140003825 r1 x1 u1\n" },
	{ "a fault on a writable leaf somebody just made clears D, and flushes for it",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_FIXED) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "update 0x40000 L1 0x140000e67 > 0x140000e27\n"
	  "set 0x40000 L1 0x140000e27 r1 x1 u1\n"
	  "flush_range 0x40000 +1 0\n"
	  "flush\n" },
	{ "the next one finds nothing to change: SPURIOUS, and nothing is set",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_FIXED), DO(FORGET),
	    FAULT_CODE(G, MMU_W, NPF_EMPTY, RET_PF_SPURIOUS) },
	  "requested 0x40000 pfn 0x140000 L1\n" },
	{ "a write that finds a writable leaf ends in the fast path",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G, MMU_W, 1, RET_PF_SPURIOUS) },
	  "fast 0x40000 spurious 0x140000e67 > 0x140000e67\n" },
	{ "an invalidation takes what the rmaps of its range lead to, and flushes once",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED),
	    FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
	    RANGE(START, G + 1, 0x210, 0), RANGE(FINISH, G + 1, 0x210, 0), FAULT_ON(G + 1, MMU_R, 1, RET_PF_FIXED) },
	  "unmap_gfn_range 0x40001 +528 0\n"
	  "clear 0x40001 L1 0x140001e67\n"
	  "clear 0x40200 L2 0x140200ee7\n"
	  "flush\n"
	  "requested 0x40001 pfn 0x140001 L1\n"
	  "update 0x40001 L1 0x8000000000000000 > 0x140001e67\n"
	  "set 0x40001 L1 0x140001e67 r1 x1 u1\n" },
	{ "a page that is no longer part of a huge one: the small pages come with a page of their own",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(LOG), DO(FORGET),
	    FAULT_ON(G + 0x206, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G + 0x207, MMU_W, 1, RET_PF_FIXED) },
	  "fast 0x40206 invalid 0x140200ee5 > 0x140200ee5\n"
	  "requested 0x40206 pfn 0x140206 L1\n"
	  "get 0x40200 role 0x3781\n"
	  "clear 0x40200 L2 0x140200ee5\n"
	  "flush\n"
	  "update 0x40206 L1 0x8000000000000000 > 0x140206e67\n"
	  "set 0x40206 L1 0x140206e67 r1 x1 u1\n"
	  "requested 0x40207 pfn 0x140207 L1\n"
	  "update 0x40207 L1 0x8000000000000000 > 0x140207e67\n"
	  "set 0x40207 L1 0x140207e67 r1 x1 u1\n" },
	{ "a huge page in the place of small ones leaves their page in the hash",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 1, MMU_W, 2, RET_PF_FIXED),
	    ASK(PAGES, 4), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0), DO(FORGET),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "find 0x40000 role 0x3781\n"
	  "update 0x40000 L1 0x8000000000000000 > 0x140000e67\n"
	  "set 0x40000 L1 0x140000e67 r1 x1 u1\n" },
	{ "aging clears A and says no more than its range",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE_FLUSH, G, 16, true),
	    RANGE(AGE, G, 16, false), TOUCH_AT(G, MMU_R, true), RANGE(AGE, G, 16, true) },
	  "age_gfn 0x40000 +16 1\n"
	  "flush\n"
	  "age_gfn 0x40000 +16 0\n"
	  "age_gfn 0x40000 +16 1\n" },
	{ "6.1: a page is merged with another: its leaf goes, and is there again read-only",
	  KVM_6_1, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G + 1, 1, 0),
	    RANGE(SET, G, 0x1234, 0),
	    RANGE(FINISH, G + 1, 1, 0), TOUCH_AT(G, MMU_R, true), TOUCH_AT(G, MMU_W, false) },
	  "unmap_gfn_range 0x40001 +1 0\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n" },
	{ "6.1: or goes, when the new page is writable",
	  KVM_6_1, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G + 1, 1, 0), RANGE(SET, G, 0, 0),
	    RANGE(FINISH, G + 1, 1, 0) },
	  "unmap_gfn_range 0x40001 +1 0\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n" },
	{ "dirty logging begins: every leaf loses W, level by level; nothing is split",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    DO(LOG), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), ASK(GET, 1), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
	  "update 0x40000 L1 0x140000e67 > 0x140000e65\n"
	  "update 0x40200 L2 0x140200ee7 > 0x140200ee5\n"
	  "flush\n"
	  "fast 0x40000 fixed 0x140000e65 > 0x140000e67\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "update 0x40000 L1 0x140000e67 > 0x140000e65\n"
	  "flush\n"
	  "fast 0x40000 fixed 0x140000e65 > 0x140000e67\n" },
	{ "with PML small pages lose D and huge ones W",
	  KVM_6_12, SPTE_EPT, RMAPS | HAS_PML, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    DO(LOG), TOUCH_AT(G, MMU_W, true), ASK(GET, 1) },
	  "update 0x40000 L1 0x8600000140000b77 > 0x8600000140000977\n"
	  "update 0x40200 L2 0x8600000140200bf7 > 0x8600000140200bf5\n"
	  "flush\n"
	  "log_dirty_masked 0x40000 +1 0\n"
	  "update 0x40000 L1 0x8600000140000b77 > 0x8600000140000977\n"
	  "flush\n" },
	{ "dirty logging ends: small pages that could be a huge one go, and one flush for all",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(LOG),
	    FAULT_ON(G + 0x206, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G + 0x400, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    DO(UNLOG),
	    FAULT_ON(G + 0x206, MMU_W, 2, RET_PF_FIXED) },
	  "clear 0x40206 L1 0x140206e67\n"
	  "flush\n"
	  "requested 0x40206 pfn 0x140206 L2\n"
	  "update 0x40200 L2 0x8000000000000000 > 0x140200ee7\n"
	  "set 0x40200 L2 0x140200ee7 r1 x1 u1\n"
	  "flush_range 0x40200 +512 0\n"
	  "flush\n" },
	{ "a slot goes: the generation is another, and the old pages go from the oldest on",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(DELETE), ASK(PAGES, 0), DO(LOAD) },
	  "zap-all-fast 0\n"
	  "zap-page 0 role 0x3784\n"
	  "zap-page 0 role 0x3783\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n"
	  "zap-page 0 role 0x3f84\n"
	  "flush\n"
	  "get 0 role 0x3784\n" },
	{ "memslot.delete = slot-only: what maps the slot goes, and every page stays",
	  KVM_6_12, SPTE_NPT, RMAPS, { "memslot.delete=slot-only" },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(DELETE), ASK(PAGES, 4) },
	  "unmap_gfn_range 0x40000 +8192 0\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n" },
	{ "the end of the VM: every page, the newest first; then the root, when its vCPU lets go of it",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), DO(ZAP_ALL), DO(TEARDOWN), ASK(PAGES, 0) },
	  "zap-page 0x40000 role 0x3781\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "zap-page 0 role 0x3783\n"
	  "zap-page 0 role 0x3784\n"
	  "flush\n"
	  "zap-page 0 role 0x3f84\n"
	  "flush\n" },
	{ "kvm_zap_gfn_range() takes what the rmaps lead to",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 9, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
	    RANGE(ZAP_GFNS, G, 8, 0) },
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush_range 0x40000 +8 0\n"
	  "flush\n" },
	{ "too many pages: the oldest but the root go, and are flushed for",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), { .kind = LIMIT, .gfn = 6 }, DO(FORGET),
	    FAULT_ON(G + 0x400, MMU_W, 1, RET_PF_FIXED), ASK(PAGES, 4) },
	  "zap-page 0 role 0x3783\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "zap-page 0x40000 role 0x3781\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n"
	  "requested 0x40400 pfn 0x140400 L1\n"
	  "get 0 role 0x3783\n"
	  "get 0x40000 role 0x3782\n"
	  "get 0x40400 role 0x3781\n"
	  "update 0x40400 L1 0x8000000000000000 > 0x140400e67\n"
	  "set 0x40400 L1 0x140400e67 r1 x1 u1\n" },
	{ "the limit is what there is, when the pages in use are more and go",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), { .kind = LIMIT, .gfn = 2 }, ASK(PAGES, 2) },
	  "zap-page 0 role 0x3783\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "flush\n" },
	{ "NX mitigation: an execute fault makes a page that keeps a huge one away, until it is recovered",
	  KVM_6_12, SPTE_NPT, RMAPS | NX, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
	    FAULT_ON(G + 0x205, MMU_X, 2, RET_PF_FIXED),
	    ASK(SPLITS, 1), FAULT_ON(G + 0x206, MMU_W, 2, RET_PF_FIXED), RECOVER_1_IN(1, 1), ASK(SPLITS, 0),
	    FAULT_ON(G + 0x206, MMU_W, 2, RET_PF_FIXED) },
	  "requested 0x40205 pfn 0x140205 L1\n"
	  "get 0x40200 role 0x3781\n"
	  "clear 0x40200 L2 0x8000000140200ee7\n"
	  "flush\n"
	  "update 0x40205 L1 0x8000000000000000 > 0x140205e67\n"
	  "set 0x40205 L1 0x140205e67 r1 x1 u1\n"
	  "requested 0x40206 pfn 0x140206 L2\n"
	  "update 0x40206 L1 0x8000000000000000 > 0x140206e67\n"
	  "set 0x40206 L1 0x140206e67 r1 x1 u1\n"
	  "zap-page 0x40200 role 0x3781\n"
	  "clear 0x40205 L1 0x140205e67\n"
	  "clear 0x40206 L1 0x140206e67\n"
	  "flush\n"
	  "requested 0x40206 pfn 0x140206 L2\n"
	  "update 0x40200 L2 0x8000000000000000 > 0x8000000140200ee7\n"
	  "set 0x40200 L2 0x8000000140200ee7 r1 x0 u1\n" },
	{ "the mitigation is turned on: all pages go",
	  KVM_6_12, SPTE_NPT, RMAPS | NX_LATER, { NULL },
	  { DO(LOAD), FAULT_ON(G + 0x205, MMU_W, 2, RET_PF_FIXED), DO(FORGET), DO(NX_TOGGLE), ASK(PAGES, 0) },
	  "zap-all-fast 0\n"
	  "zap-page 0 role 0x3784\n"
	  "zap-page 0 role 0x3783\n"
	  "zap-page 0x40000 role 0x3782\n"
	  "clear 0x40200 L2 0x140200ee7\n"
	  "flush\n" },
	{ "where there is no slot: an MMIO entry, good for this generation of slots",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(0x1000, MMU_W, 1, RET_PF_EMULATE), FAULT_ON(0x2000, MMU_W, 1, RET_PF_EMULATE),
	    DO(FORGET),
	    FAULT_ON(0x1000, MMU_W, 1, RET_PF_EMULATE), DO(OTHER_SLOT), FAULT_ON(0x1000, MMU_W, 1, RET_PF_EMULATE) },
	  "check-mmio 0 access 0 gen 2\n"
	  "handle-mmio 0x1000 access 6 gen 0\n"
	  "check-mmio 0 access 0 gen 4\n"
	  "requested 0x1000 pfn 0x8000000000000000 L1\n"
	  "mark-mmio 0x1000 access 7 gen 4\n" },
	{ "SMM has pages of its own",
	  KVM_6_12, SPTE_NPT, RMAPS, { NULL },
	  { DO(LOAD), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(SMM_SLOT), DO(SMM), DO(LOAD), DO(FORGET),
	    FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
	  "requested 0x40000 pfn 0x140000 L1\n"
	  "get 0 role 0x1003783\n"
	  "get 0x40000 role 0x1003782\n"
	  "get 0x40000 role 0x1003781\n"
	  "update 0x40000 L1 0x8000000000000000 > 0x140000e67\n"
	  "set 0x40000 L1 0x140000e67 r1 x1 u1\n"
	  "unmap_gfn_range 0x40000 +1 0\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "unmap_gfn_range 0x40000 +1 0\n"
	  "clear 0x40000 L1 0x140000e67\n"
	  "flush\n" },
};

int main(void)
{
	return table_run("direct", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
