/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shadow paging, step by step, as the kernels' own traces have it. */
#include "test/unit/shadow/guest.h"

#define P	(G + 0x100)		/* the guest's pages */
/* Entry 3 of table G + 3 maps P; the vCPU has written there. */
#define MAPPED	SETS(G + 3, 3, RW(P)), BOOT, FAULTS(PAGE(3), MMU_W, P, RET_PF_FIXED)
/* The guest writes to its table G + 3, which makes that unsync. */
#define UNSYNC	FAULTS(AT(G + 3), MMU_W, G + 3, RET_PF_FIXED)

static const struct guest_row rows[] = {
	{ "the first fault makes a page for each of the guest's tables, and looks at the neighbours",
	  KVM_6_12, { NULL }, true, { MAPPED },
	  "get 0x40000 role 0x3704 new\n"
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "get 0x40003 role 0x3701 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x8000000000000000 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "6.1: the same, with empty entries that are 0",
	  KVM_6_1, { NULL }, true, { MAPPED },
	  "get 0x40000 role 0x3704 new\n"
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "get 0x40003 role 0x3701 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n"
	  "clear 0 L1 0\n" },
	{ "what the guest does not map it is told",
	  KVM_6_12, { NULL }, true, { BOOT, DO(FORGET), FAULTS(PAGE(3), MMU_W, 0, RET_PF_GUEST) },
	  "kvm_mmu_walker_error 0 +2 0\n" },
	{ "a page the guest has not written is read-only until its first write, which sets D",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 3, 3, CLEAN(P)), BOOT, DO(FORGET), FAULTS(PAGE(3), MMU_R, P, RET_PF_FIXED), TOUCHES(PAGE(3), MMU_R, true),
	    TOUCHES(PAGE(3), MMU_W, false), FAULTS(PAGE(3), MMU_W, P, RET_PF_FIXED), TOUCHES(PAGE(3), MMU_W, true) },
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "get 0x40003 role 0x3701 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x8000000000000000 > 0x140100a25\n"
	  "set 0x40100 L1 0x140100a25 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n"
	  "kvm_mmu_set_dirty_bit 0x40003 +24 0\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x140100a25 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "neighbours that the guest has accessed are mapped ahead, not accessed, up to one that cannot be",
	  KVM_6_12, { NULL }, true,
	  { SETS(G + 3, 0, RW(P + 1)), SETS(G + 3, 1, RO(P + 2)), SETS(G + 3, 2, P << 12 | 7), SETS(G + 3, 4, RW(P + 3)),
	    SETS(G + 3, 3, RW(P)),
	    BOOT, DO(FORGET), FAULTS(PAGE(3), MMU_W, P, RET_PF_FIXED) },
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "get 0x40003 role 0x3701 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x8000000000000000 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n"
	  "update 0x40101 L1 0x8000000000000000 > 0x140101e47\n"
	  "set 0x40101 L1 0x140101e47 r1 x1 u1\n"
	  "update 0x40102 L1 0x8000000000000000 > 0x140102a05\n"
	  "set 0x40102 L1 0x140102a05 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "while an invalidation is open nothing is mapped ahead",
	  KVM_6_12, { NULL }, true,
	  { SETS(G + 3, 0, RW(P + 1)), SETS(G + 3, 3, RW(P)), BOOT, RANGE(START, P + 0x1000, 1), DO(FORGET),
	    FAULTS(PAGE(3), MMU_W, P, RET_PF_FIXED), RANGE(FINISH, P + 0x1000, 1) },
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "get 0x40003 role 0x3701 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x8000000000000000 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n" },
	{ "a write to a table of the lowest level makes it unsync, and then needs no exit",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, DO(FORGET), WRITE(G + 3, 4, RW(P + 1), false), UNSYNC, WRITE(G + 3, 4, RW(P + 1), true) },
	  "get 0x40005 role 0x3703 new\n"
	  "get 0x40006 role 0x3702 new\n"
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "get 0x40000 role 0x3781 new\n"
	  "unsync 0x40003\n"
	  "update 0x40003 L1 0x8000000000000000 > 0x140003e67\n"
	  "set 0x40003 L1 0x140003e67 r1 x1 u1\n" },
	{ "unsync.allowed = no: such a write is emulated, each time",
	  KVM_6_12, { "unsync.allowed=no" }, false,
	  { MAPPED, DO(FORGET), FAULTS(AT(G + 3), MMU_W, G + 3, RET_PF_WRITE_PROTECTED), WRITE(G + 3, 3, RW(P + 1), false),
	    EMULATE(G + 3, 3 * 8, RW(P + 1), 8), FAULTS(PAGE(3), MMU_W, P + 1, RET_PF_FIXED) },
	  "get 0x40005 role 0x3703 new\n"
	  "get 0x40006 role 0x3702 new\n"
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "get 0x40000 role 0x3781 new\n"
	  "update 0x40003 L1 0x8000000000000000 > 0x140003a25\n"
	  "set 0x40003 L1 0x140003a25 r1 x1 u1\n"
	  "clear 0x40100 L1 0x140100e67\n"
	  "flush\n"
	  "requested 0x40101 pfn 0x140101 L1\n"
	  "update 0x40101 L1 0x8000000000000000 > 0x140101e67\n"
	  "set 0x40101 L1 0x140101e67 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "a write to an upper table is emulated: 6.12",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, FAULTS(AT(G + 2), MMU_R, G + 2, RET_PF_FIXED), DO(FORGET), FAULTS(AT(G + 2), MMU_W, G + 2, RET_PF_WRITE_PROTECTED),
	    EMULATE(G + 2, 0, 0, 8), FAULTS(PAGE(3), MMU_W, 0, RET_PF_GUEST) },
	  "flush\n"
	  "kvm_mmu_walker_error 0 +2 0\n" },
	{ "6.1 says so with another word",
	  KVM_6_1, { NULL }, false,
	  { MAPPED, FAULTS(AT(G + 2), MMU_R, G + 2, RET_PF_FIXED), DO(FORGET), FAULTS(AT(G + 2), MMU_W, G + 2, RET_PF_EMULATE) }, "" },
	{ "6.12: a flush of the guest's TLB syncs what is unsync: entries whose rights changed are made anew",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 3, 4, RW(P + 1)), SETS(G + 3, 5, RW(P + 2)), SETS(G + 3, 6, RW(P + 3)), MAPPED,
	    FAULTS(PAGE(4), MMU_W, P + 1, RET_PF_FIXED), FAULTS(PAGE(5), MMU_W, P + 2, RET_PF_FIXED),
	    FAULTS(PAGE(6), MMU_W, P + 3, RET_PF_FIXED), UNSYNC, WRITE(G + 3, 4, RO(P + 1), true),
	    WRITE(G + 3, 5, 0, true), WRITE(G + 3, 6, RW(P + 4), true), DO(FORGET), DO(SYNC), DO(SYNC) },
	  "update 0x40003 L1 0x140003e67 > 0x140003a65\n"
	  "flush\n"
	  "sync 0x40003\n"
	  "update 0x40101 L1 0x140101e67 > 0x140101a05\n"
	  "clear 0x40102 L1 0x140102e67\n"
	  "clear 0x40103 L1 0x140103e67\n"
	  "flush\n" },
	{ "6.1 writes entries that do not change, too",
	  KVM_6_1, { NULL }, false, { MAPPED, UNSYNC, DO(FORGET), DO(SYNC) },
	  "update 0x40003 L1 0x140003e67 > 0x140003a65\n"
	  "flush\n"
	  "sync 0x40003\n"
	  "update 0x40100 L1 0x140100e67 > 0x140100e07\n"
	  "flush\n" },
	{ "a synced table is write-protected: the next write makes it unsync again",
	  KVM_6_12, { NULL }, false, { MAPPED, UNSYNC, DO(SYNC), DO(FORGET), WRITE(G + 3, 4, RW(P + 1), false), UNSYNC },
	  "requested 0x40003 pfn 0x140003 L1\n"
	  "unsync 0x40003\n"
	  "update 0x40003 L1 0x140003a65 > 0x140003e67\n"
	  "set 0x40003 L1 0x140003e67 r1 x1 u1\n" },
	{ "6.12: INVLPG syncs its entry alone, and only in an unsync table",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 3, 4, RW(P + 1)), MAPPED, FAULTS(PAGE(4), MMU_W, P + 1, RET_PF_FIXED), AT_GVA(INVLPG, PAGE(3)), UNSYNC,
	    WRITE(G + 3, 3, RO(P), true), WRITE(G + 3, 4, 0, true), DO(FORGET), AT_GVA(INVLPG, PAGE(3)) },
	  "update 0x40100 L1 0x140100e67 > 0x140100a05\n"
	  "flush_range 0x40100 +1 0\n"
	  "flush\n" },
	{ "6.1: INVLPG drops the entry and makes it anew",
	  KVM_6_1, { NULL }, true, { MAPPED, UNSYNC, WRITE(G + 3, 3, RO(P), true), DO(FORGET), AT_GVA(INVLPG, PAGE(3)) },
	  "clear 0x40100 L1 0x140100e67\n"
	  "flush\n"
	  "update 0x40100 L1 0 > 0x140100a05\n"
	  "set 0x40100 L1 0x140100a05 r1 x1 u1\n" },
	{ "another root finds the pages that are there; an unsync one is synced by the lookup and stays unsync",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, UNSYNC, WRITE(G + 3, 3, RW(P + 1), true), ROOT(ROOT_B, false), DO(LOAD), DO(FORGET),
	    FAULTS(OF_B_TOO + PAGE(3), MMU_W, P + 1, RET_PF_FIXED), WRITE(G + 3, 3, RW(P), true), DO(SYNC) },
	  "get 0x40011 role 0x3703 new\n"
	  "get 0x40012 role 0x3702 new\n"
	  "clear 0x40100 L1 0x140100e67\n"
	  "flush\n"
	  "get 0x40003 role 0x3701\n"
	  "requested 0x40101 pfn 0x140101 L1\n"
	  "update 0x40101 L1 0x8000000000000000 > 0x140101e67\n"
	  "set 0x40101 L1 0x140101e67 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n"
	  "update 0x40003 L1 0x140003e67 > 0x140003a65\n"
	  "flush\n"
	  "sync 0x40003\n"
	  "clear 0x40101 L1 0x140101e67\n"
	  "flush\n" },
	{ "the table above is synced before it is linked",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, UNSYNC, ROOT(ROOT_B, false), DO(LOAD), DO(FORGET), FAULTS(OF_B + PAGE(3), MMU_W, P, RET_PF_FIXED) },
	  "get 0x40011 role 0x3703 new\n"
	  "get 0x40002 role 0x3702\n"
	  "update 0x40003 L1 0x140003e67 > 0x140003a65\n"
	  "flush\n"
	  "sync 0x40003\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x140100e67 > 0x140100e27\n"
	  "set 0x40100 L1 0x140100e27 r1 x1 u1\n"
	  "flush_range 0x40100 +1 0\n"
	  "flush\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "sync.before_link = request-later: linked as it is, and the vCPU is to sync before it goes on",
	  KVM_6_12, { "sync.before_link=request-later" }, false,
	  { MAPPED, UNSYNC, WRITE(G + 3, 3, RO(P), true), ROOT(ROOT_B, false), DO(LOAD), ASK(WANTS, 0), DO(FORGET),
	    FAULTS(OF_B + PAGE(5), MMU_R, 0, RET_PF_GUEST), FAULTS(OF_B + PAGE(3), MMU_R, P, RET_PF_FIXED), ASK(WANTS, 1), DO(SYNC),
	    ASK(WANTS, 0) },
	  "kvm_mmu_walker_error 0 +0 0\n"
	  "get 0x40011 role 0x3703 new\n"
	  "get 0x40002 role 0x3702\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x140100e67 > 0x140100a25\n"
	  "set 0x40100 L1 0x140100a25 r1 x1 u1\n"
	  "flush_range 0x40100 +1 0\n"
	  "flush\n"
	  "clear 0 L1 0x8000000000000000\n"
	  "update 0x40003 L1 0x140003e67 > 0x140003a65\n"
	  "flush\n"
	  "sync 0x40003\n", true },
	{ "remote-request: every vCPU is",
	  KVM_6_12, { "sync.before_link=remote-request" }, false,
	  { MAPPED, UNSYNC, ROOT(ROOT_B, false), DO(LOAD), DO(FORGET), FAULTS(OF_B + PAGE(3), MMU_W, P, RET_PF_FIXED),
	    ASK(WANTS, 1), { .kind = WANTS, .vcpu = 1, .want = 1 } },
	  "get 0x40011 role 0x3703 new\n"
	  "get 0x40002 role 0x3702\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "update 0x40100 L1 0x140100e67 > 0x140100e27\n"
	  "set 0x40100 L1 0x140100e27 r1 x1 u1\n"
	  "flush_range 0x40100 +1 0\n"
	  "flush\n"
	  "clear 0 L1 0x8000000000000000\n", true },
	{ "three roots are kept for later, the oldest makes way",
	  KVM_6_12, { NULL }, false,
	  { BOOT, ROOT(ROOT_B, false), DO(LOAD), ROOT(ROOT_A, true), ROOT(ROOT_B, true), ROOT(G + 0x20, false), DO(LOAD),
	    ROOT(G + 0x21, false),
	    DO(LOAD), ROOT(ROOT_A, true), ROOT(G + 0x22, false), DO(LOAD), ROOT(ROOT_A, true), ROOT(ROOT_B, false) },
	  "get 0x40000 role 0x3704 new\n"
	  "get 0x40010 role 0x3704 new\n"
	  "get 0x40020 role 0x3704 new\n"
	  "get 0x40021 role 0x3704 new\n"
	  "get 0x40022 role 0x3704 new\n" },
	{ "writes that nobody makes use of flood a page, and it goes",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, DO(FORGET), EMULATE(G + 2, 16, 0, 8), EMULATE(G + 2, 24, 0, 8), EMULATE(G + 2, 32, 0, 8) },
	  "zap-page 0x40002 role 0x3702\n"
	  "flush\n" },
	{ "flood.limit = 1: with the first one",
	  KVM_6_12, { "flood.limit=1" }, false, { MAPPED, DO(FORGET), EMULATE(G + 2, 16, 0, 8) },
	  "zap-page 0x40002 role 0x3702\n"
	  "flush\n" },
	{ "a use in between starts the count again",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, SETS(G + 3, 5, RW(P + 1)), DO(FORGET), EMULATE(G + 2, 16, 0, 8), EMULATE(G + 2, 24, 0, 8),
	    FAULTS(PAGE(5), MMU_W, P + 1, RET_PF_FIXED),
	    EMULATE(G + 2, 32, 0, 8) },
	  "requested 0x40101 pfn 0x140101 L1\n"
	  "update 0x40101 L1 0x8000000000000000 > 0x140101e67\n"
	  "set 0x40101 L1 0x140101e67 r1 x1 u1\n"
	  "clear 0 L1 0x8000000000000000\n" },
	{ "an odd write, two bytes or across entries, takes the page away; one byte at an entry's start does not",
	  KVM_6_12, { NULL }, false,
	  { MAPPED, DO(FORGET), EMULATE(G + 3, 24, 0x67, 1), EMULATE(G + 3, 26, 0, 2), EMULATE(G + 1, 4, 0, 8) },
	  "clear 0x40100 L1 0x140100e67\n"
	  "flush\n"
	  "zap-page 0x40003 role 0x3701\n"
	  "flush\n"
	  "zap-page 0x40001 role 0x3703\n"
	  "flush\n" },
	{ "a large page of the guest, mapped by small ones of the host: direct pages, by the guest's rights",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 2, 2, (G + 0x200) << 12 | 0xe7), BOOT, DO(FORGET), FAULTS(2 * MiB2 + PAGE(3), MMU_W, G + 0x203, RET_PF_FIXED) },
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "requested 0x40203 pfn 0x140203 L1\n"
	  "get 0x40200 role 0x3781 new\n"
	  "update 0x40203 L1 0x8000000000000000 > 0x140203e67\n"
	  "set 0x40203 L1 0x140203e67 r1 x1 u1\n" },
	{ "rights that changed are those of another direct page",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 2, 2, (G + 0x200) << 12 | 0xa7), BOOT, FAULTS(2 * MiB2, MMU_R, G + 0x200, RET_PF_FIXED), DO(FORGET),
	    FAULTS(2 * MiB2, MMU_W, G + 0x200, RET_PF_FIXED) },
	  "kvm_mmu_set_dirty_bit 0x40002 +16 0\n"
	  "requested 0x40200 pfn 0x140200 L1\n"
	  "flush_range 0 +512 0\n"
	  "flush\n"
	  "get 0x40200 role 0x3781 new\n"
	  "update 0x40200 L1 0x8000000000000000 > 0x140200e67\n"
	  "set 0x40200 L1 0x140200e67 r1 x1 u1\n" },
	{ "a large page of guest and host",
	  KVM_6_12, { NULL }, false,
	  { SETS(G + 2, 2, (G + 0x200) << 12 | 0xe7), BOOT, DO(FORGET), FAULTS_BIG(2 * MiB2 + PAGE(3), MMU_W, G + 0x203, RET_PF_FIXED) },
	  "get 0x40001 role 0x3703 new\n"
	  "get 0x40002 role 0x3702 new\n"
	  "requested 0x40203 pfn 0x140203 L2\n"
	  "update 0x40200 L2 0x8000000000000000 > 0x140200ee7\n"
	  "set 0x40200 L2 0x140200ee7 r1 x1 u1\n" },
	{ "not where tables of the guest lie",
	  KVM_6_12, { NULL }, false, { BOOT, DO(FORGET), FAULTS_BIG(AT(G + 0x100), MMU_W, G + 0x100, RET_PF_FIXED) },
	  "get 0x40005 role 0x3703 new\n"
	  "get 0x40006 role 0x3702 new\n"
	  "requested 0x40100 pfn 0x140100 L1\n"
	  "get 0x40000 role 0x3781 new\n"
	  "update 0x40100 L1 0x8000000000000000 > 0x140100e67\n"
	  "set 0x40100 L1 0x140100e67 r1 x1 u1\n" },
	{ "a page limit: the oldest pages make way",
	  KVM_6_12, { NULL }, false, { MAPPED, DO(FORGET), AT_GVA(LIMIT, 3) },
	  "zap-page 0x40001 role 0x3703\n"
	  "flush\n" },
	{ "a root whose table is in no slot is none",
	  KVM_6_12, { NULL }, false, { ROOT(G + LAB_PAGES, false), DO(LOAD), FAULTS(PAGE(3), MMU_W, P, RET_PF_RETRY) }, "" },
};

int main(void)
{
	return table_run("shadowed guests", rows, ARRAY_SIZE(rows), sizeof(rows[0]), guest_check);
}
