/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine says, in the words of the probes, when it does what a recording shows: each outcome, both kernels. */
#include "test/unit/arm64/script.h"

#define G2	(G + 512)		/* the next block */

static const struct script_row rows[] = {
	{
		.name = "6.12: the first fault makes two tables and a page", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.want = "break 0x40000 L1 0 done\n"
			"make 0x40000 L1 0x3\n"
			"w_map 0x40000 L1 leaf 0 ret 0\n"
			"break 0x40000 L2 0 done\n"
			"make 0x40000 L2 0x3\n"
			"w_map 0x40000 L2 leaf 0 ret 0\n"
			"break 0x40000 L3 0 done\n"
			"make 0x40000 L3 0x400001400007db\n"
			"w_map 0x40000 L3 leaf 0 ret 0\n"
			"s2_map 0x40000 +1 prot 6 ret 0 value 0x140000\n",
	},
	{
		.name = "6.12: a neighbour finds the tables", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 1, MMU_R, 1, RET_PF_FIXED) },
		.want = "w_map 0x40001 L1 pre 0x3 ret 0\n"
			"w_map 0x40001 L2 pre 0x3 ret 0\n"
			"break 0x40001 L3 0 done\n"
			"make 0x40001 L3 0x400001400017db\n"
			"w_map 0x40001 L3 leaf 0 ret 0\n"
			"s2_map 0x40001 +1 prot 6 ret 0 value 0x140001\n",
	},
	{
		.name = "6.12: a fault on what another has mapped is lost", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   FAULT_CODE(G, MMU_W, 0x93c48047, RET_PF_LOST) },
		.want = "w_map 0x40000 L1 pre 0x3 ret 0\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"w_map 0x40000 L3 leaf 0x400001400007db ret 11\n"
			"s2_map 0x40000 +1 prot 6 ret 11 value 0x140000\n",
	},
	{
		.name = "6.12: the host's huge page is a block, an instruction makes it executable", .release = KVM_6_12,
		.steps = { FAULT_ON(G + 5, MMU_R, 2, RET_PF_FIXED), DO(FORGET), TOUCH_AT(G + 7, MMU_X, false),
			   FAULT_ON(G + 7, MMU_X, 2, RET_PF_RELAXED), TOUCH_AT(G + 7, MMU_X, true) },
		.want = "w_attr 0x40007 L2 0x400001400007d9 > 0x1400007d9\n"
			"tlb_ipa_nsh 0x40007 L2\n"
			"s2_relax 0x40007 +1 prot 7 ret 0 value 0\n",
	},
	{
		.name = "6.12: a block of hugetlbfs becomes so at its first page", .release = KVM_6_12,
		.steps = { FAULT_HUGETLB(G + 5, MMU_R, 2, RET_PF_FIXED), DO(FORGET),
			   FAULT_HUGETLB(G + 7, MMU_X, 2, RET_PF_RELAXED), TOUCH_AT(G + 7, MMU_X, true) },
		.want = "w_attr 0x40000 L2 0x400001400007d9 > 0x1400007d9\n"
			"tlb_ipa_nsh 0x40000 L2\n"
			"s2_relax 0x40000 +1 prot 7 ret 0 value 0\n",
	},
	{
		.name = "6.12: a block over pages: locked, made, the table is freed later", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 3, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G + 3, 2) },
		.want = "w_map 0x40000 L1 pre 0x3 ret 0\n"
			"tlb_range 0x40000 +512 0\n"
			"tlb_range_hw 0x40000 +512 0\n"
			"break 0x40000 L2 0x3 done\n"
			"make 0x40000 L2 0x400001400007d9\n"
			"free_unlinked 0 L2\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"s2_map 0x40000 +512 prot 6 ret 0 value 0x140000\n",
	},
	{
		.name = "6.12: the same without TLBIRANGE", .release = KVM_6_12, .host = NO_RANGE,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED) },
		.want = "w_map 0x40000 L1 pre 0x3 ret 0\n"
			"tlb_range 0x40000 +512 0\n"
			"tlb_vmid\n"
			"break 0x40000 L2 0x3 done\n"
			"make 0x40000 L2 0x400001400007d9\n"
			"free_unlinked 0 L2\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"s2_map 0x40000 +512 prot 6 ret 0 value 0x140000\n",
	},
	{
		.name = "6.12: under logging a block gives way to one page", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), DO(FORGET),
			   FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G + 9, 3), ASK_AT(LEVEL, G + 8, -1),
			   ASK(GET, 1) },
		.want = "w_map 0x40009 L1 pre 0x3 ret 0\n"
			"tlb_ipa 0x40009 L2\n"
			"break 0x40009 L2 0x40000140000759 done\n"
			"make 0x40009 L2 0x3\n"
			"w_map 0x40009 L2 leaf 0x40000140000759 ret 0\n"
			"break 0x40009 L3 0 done\n"
			"make 0x40009 L3 0x400001400097db\n"
			"w_map 0x40009 L3 leaf 0 ret 0\n"
			"s2_map 0x40009 +1 prot 6 ret 0 value 0x140009\n"
			"log_dirty_masked 0x40000 +512 0\n"
			"s2_wrprotect 0x40009 +1 prot 0 ret 0 value 0\n"
			"w_attr 0x40009 L3 0x400001400097db > 0x4000014000975b\n"
			"flush_range 0x40000 +8192 0\n"
			"tlb_range 0x40000 +8192 0\n"
			"tlb_range_hw 0x40000 +8192 0\n",
	},
	{
		.name = "6.12: logging starts: protected by one walk, the slot's range flushed", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G2, MMU_W, 2, RET_PF_FIXED), DO(FORGET), DO(LOG) },
	},
	{
		.name = "6.12: a write to a protected page relaxes it, here only", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(LOG), DO(FORGET),
			   FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED), ASK(GET, 1) },
		.want = "w_attr 0x40000 L3 0x4000014000075b > 0x400001400007db\n"
			"tlb_ipa_nsh 0x40000 L3\n"
			"s2_relax 0x40000 +1 prot 6 ret 0 value 0\n"
			"log_dirty_masked 0x40000 +1 0\n"
			"s2_wrprotect 0x40000 +1 prot 0 ret 0 value 0\n"
			"w_attr 0x40000 L3 0x400001400007db > 0x4000014000075b\n"
			"flush_range 0x40000 +8192 0\n"
			"tlb_range 0x40000 +8192 0\n"
			"tlb_range_hw 0x40000 +8192 0\n",
	},
	{
		.name = "6.12: an unmap of a page takes its block, tables stay until they are empty", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G2, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   RANGE(START, G + 7, 1, 0), RANGE(FINISH, G + 7, 1, 0), ASK_AT(LEVEL, G2, 3), ASK_AT(LEVEL, G, -1) },
		.want = "unmap_gfn_range 0x40007 +1 0\n"
			"w_unmap 0x40007 L2 leaf 0x400001400007d9\n"
			"w_unmap 0x40007 L1 post 0x3\n"
			"tlb_range 0x40007 +1 0\n"
			"tlb_range_hw 0x40007 +1 0\n"
			"s2_unmap 0x40007 +1 prot 0 ret 0 value 0\n",
	},
	{
		.name = "6.12: the last page takes its tables along", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
		.want = "unmap_gfn_range 0x40000 +1 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007db\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"tlb_ipa 0x40000 L255\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"tlb_ipa 0x40000 L255\n"
			"tlb_range 0x40000 +1 0\n"
			"tlb_range_hw 0x40000 +1 0\n"
			"s2_unmap 0x40000 +1 prot 0 ret 0 value 0\n",
	},
	{
		.name = "6.12 without FWB: each entry has its TLB invalidation", .release = KVM_6_12, .host = NO_FWB,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   RANGE(START, G, 2, 0), RANGE(FINISH, G, 2, 0) },
		.want = "unmap_gfn_range 0x40000 +2 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007ff\n"
			"tlb_ipa 0x40000 L3\n"
			"w_unmap 0x40001 L3 leaf 0x400001400017ff\n"
			"tlb_ipa 0x40001 L3\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"tlb_ipa 0x40000 L255\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"tlb_ipa 0x40000 L255\n"
			"s2_unmap 0x40000 +2 prot 0 ret 0 value 0\n",
	},
	{
		.name = "6.12 nVHE: what the hypervisor is asked for is not seen", .release = KVM_6_12,
		.host = NO_FWB | NO_RANGE | NVHE,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
		.want = "unmap_gfn_range 0x40000 +1 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007ff\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"s2_unmap 0x40000 +1 prot 0 ret 0 value 0\n",
	},
	{
		.name = "6.12: aging by one walk of the range", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 2, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   RANGE(TEST_AGE, G, 1, true), RANGE(AGE_FLUSH, G, 3, true), RANGE(AGE, G, 3, false) },
		.want = "w_age 0x40000 L3 0x400001400007db\n"
			"s2_tcy 0x40000 +1 prot 0 ret 1 value 0\n"
			"age_gfn 0x40000 +1 1\n"
			"w_age 0x40000 L3 0x400001400007db\n"
			"w_age 0x40001 L3 0\n"
			"w_age 0x40002 L3 0x400001400027db\n"
			"s2_tcy 0x40000 +3 prot 1 ret 1 value 0\n"
			"age_gfn 0x40000 +3 1\n"
			"flush_all\n"
			"tlb_vmid\n"
			"w_age 0x40000 L3 0x400001400003db\n"
			"w_age 0x40001 L3 0\n"
			"w_age 0x40002 L3 0x400001400023db\n"
			"s2_tcy 0x40000 +3 prot 1 ret 0 value 0\n"
			"age_gfn 0x40000 +3 0\n",
	},
	{
		.name = "6.12: without a hardware access flag the next access faults", .release = KVM_6_12, .host = NO_AF,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G, 1, true), TOUCH_AT(G, MMU_R, false), DO(FORGET),
			   FAULT_ON(G, MMU_R, 1, RET_PF_YOUNG), TOUCH_AT(G, MMU_R, true), RANGE(TEST_AGE, G, 1, true) },
		.want = "w_attr 0x40000 L3 0x400001400003db > 0x400001400007db\n"
			"s2_mkyoung 0x40000 +1 prot 0 ret 0 value 0x400001400003db\n"
			"w_age 0x40000 L3 0x400001400007db\n"
			"s2_tcy 0x40000 +1 prot 0 ret 1 value 0\n"
			"age_gfn 0x40000 +1 1\n",
	},
	{
		.name = "6.12: the hardware sets the flag", .release = KVM_6_12,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G, 1, true), TOUCH_AT(G, MMU_R, true),
			   RANGE(TEST_AGE, G, 1, true) },
	},
	{
		.name = "6.12: CLEAR protects a word's span and splits its block", .release = KVM_6_12,
		.host = INIT_SET | SPLIT_2M,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), ASK_AT(LEVEL, G, 2), RANGE(CLEAR, G, 64, 64),
			   ASK_AT(LEVEL, G, 3), ASK_AT(LEVEL, G + 511, 3), FAULT_ON(G + 3, MMU_W, 2, RET_PF_RELAXED) },
	},
	{
		.name = "6.12: the end frees what is left", .release = KVM_6_12, .ipa_bits = 36,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(TEARDOWN), ASK(TABLES, 0) },
	},
	{
		.name = "6.1: the first fault", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
		.want = "walk_leaf 0x40000 L1 0 ret 0\n"
			"w_map 0x40000 L1 leaf 0 ret 0\n"
			"walk_leaf 0x40000 L2 0 ret 0\n"
			"w_map 0x40000 L2 leaf 0 ret 0\n"
			"walk_leaf 0x40000 L3 0 ret 0\n"
			"w_map 0x40000 L3 leaf 0 ret 0\n"
			"w_map 0x40000 L2 post 0x3 ret 0\n"
			"w_map 0x40000 L1 post 0x3 ret 0\n"
			"s2_map 0x40000 +1 prot 6 ret 0 value 0x140000\n",
	},
	{
		.name = "6.1: a fault on what another has mapped is lost", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET),
			   FAULT_CODE(G, MMU_W, 0x93c48047, RET_PF_LOST) },
		.want = "w_map 0x40000 L1 pre 0x3 ret 0\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"walk_leaf 0x40000 L3 0x400001400007db ret 11\n"
			"w_map 0x40000 L3 leaf 0x400001400007db ret 11\n"
			"s2_map 0x40000 +1 prot 6 ret 11 value 0x140000\n",
	},
	{
		.name = "6.1: under logging a block gives way to one page", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), DO(FORGET),
			   FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED) },
		.want = "w_map 0x40009 L1 pre 0x3 ret 0\n"
			"tlb_ipa 0x40009 L2\n"
			"put_pte 0x40009 L2\n"
			"walk_leaf 0x40009 L2 0x40000140000759 ret 0\n"
			"w_map 0x40009 L2 leaf 0x40000140000759 ret 0\n"
			"walk_leaf 0x40009 L3 0 ret 0\n"
			"w_map 0x40009 L3 leaf 0 ret 0\n"
			"w_map 0x40009 L2 post 0x3 ret 0\n"
			"w_map 0x40009 L1 post 0x3 ret 0\n"
			"s2_map 0x40009 +1 prot 6 ret 0 value 0x140009\n",
	},
	{
		.name = "6.1: a write to a protected page relaxes it, everywhere", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(LOG), DO(FORGET),
			   FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED) },
		.want = "w_attr 0x40000 L3 0x4000014000075b > 0x400001400007db\n"
			"tlb_ipa 0x40000 L3\n"
			"s2_relax 0x40000 +1 prot 6 ret 0 value 0\n",
	},
	{
		.name = "6.1: an unmap", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
		.want = "unmap_gfn_range 0x40000 +1 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007db\n"
			"put_pte 0x40000 L3\n"
			"tlb_ipa 0x40000 L3\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"put_pte 0x40000 L2\n"
			"tlb_ipa 0x40000 L0\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"put_pte 0x40000 L1\n"
			"tlb_ipa 0x40000 L0\n"
			"s2_unmap 0x40000 +1 prot 0 ret 0 value 0\n",
	},
	{
		.name = "6.1: aging looks at the first page", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(TEST_AGE, G, 1, true),
			   RANGE(AGE_FLUSH, G, 1, true), RANGE(AGE, G, 1, false) },
		.want = "w_attr 0x40000 L3 0x400001400007db > 0x400001400007db\n"
			"s2_is_young 0x40000 +1 prot 0 ret 1 value 0\n"
			"age_gfn 0x40000 +1 1\n"
			"w_attr 0x40000 L3 0x400001400007db > 0x400001400003db\n"
			"s2_mkold 0x40000 +1 prot 0 ret 0 value 0x400001400007db\n"
			"age_gfn 0x40000 +1 1\n"
			"flush_all\n"
			"tlb_vmid\n"
			"w_attr 0x40000 L3 0x400001400003db > 0x400001400003db\n"
			"s2_mkold 0x40000 +1 prot 0 ret 0 value 0x400001400003db\n"
			"age_gfn 0x40000 +1 0\n",
	},
	{
		.name = "6.1: an access fault", .release = KVM_6_1, .host = NO_AF,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(AGE, G, 1, true), DO(FORGET),
			   FAULT_CODE(G, MMU_R, 0x93c4800b, RET_PF_YOUNG) },
		.want = "w_attr 0x40000 L3 0x400001400003db > 0x400001400007db\n"
			"s2_mkyoung 0x40000 +1 prot 0 ret 0 value 0x400001400003db\n",
	},
	{
		.name = "6.1: the host moves a page: mapped again for reading", .release = KVM_6_1,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), RANGE(START, G, 1, 0), DO(FORGET), RANGE(SET, G, 1, 0),
			   RANGE(FINISH, G, 1, 0) },
	},
	{
		.name = "no slot, a slot that is going, and writes to a read-only one are the VMM's", .release = KVM_6_12,
		.steps = { FAULT_ON(G + LAB_PAGES, MMU_R, 1, RET_PF_EMULATE), DO(DELETE), FAULT_ON(G, MMU_R, 1, RET_PF_EMULATE) },
	},
	{
		.name = "an invalidation anywhere makes a fault start over", .release = KVM_6_12,
		.steps = { RANGE(START, G + 4096, 1, 0), FAULT_ON(G, MMU_W, 1, RET_PF_RETRY), RANGE(FINISH, G + 4096, 1, 0),
			   FAULT_ON(G, MMU_W, 1, RET_PF_FIXED) },
	},
	{
		.name = "the host took its page away while it was looked at", .release = KVM_6_12,
		.steps = { { .kind = PENDING, .gfn = G, .access = MMU_W, .level = 1, .want = RET_PF_RETRY },
			   { .kind = FAILED, .gfn = G, .access = MMU_W, .level = 1, .want = RET_PF_EXIT } },
	},
};

int main(void)
{
	return table_run("says", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
