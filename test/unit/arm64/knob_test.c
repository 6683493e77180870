/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each knob against what it changes; those of races and of coalescing are in race_test and coalesce_test. */
#include "test/unit/arm64/script.h"

/* Four blocks of the slot, one page of each. */
#define FOUR	FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 512, MMU_W, 1, RET_PF_FIXED), \
		FAULT_ON(G + 1024, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1536, MMU_W, 1, RET_PF_FIXED)

static const struct script_row rows[] = {
	{
		.name = "range.chunk = block: one call for all of a slot below 1 GiB", .release = KVM_6_12, .host = NVHE,
		.steps = { FOUR, DO(FORGET), RANGE(START, G, 2048, 0), RANGE(FINISH, G, 2048, 0) },
		.want = "unmap_gfn_range 0x40000 +2048 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007db\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"w_unmap 0x40200 L3 leaf 0x400001402007db\n"
			"w_unmap 0x40200 L2 post 0x3\n"
			"w_unmap 0x40400 L3 leaf 0x400001404007db\n"
			"w_unmap 0x40400 L2 post 0x3\n"
			"w_unmap 0x40600 L3 leaf 0x400001406007db\n"
			"w_unmap 0x40600 L2 post 0x3\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"tlb_range 0x40000 +2048 0\n"
			"s2_unmap 0x40000 +2048 prot 0 ret 0 value 0\n",
	},
	{
		.name = "range.chunk = pmd: one for every 2 MiB", .release = KVM_6_12, .host = NVHE,
		.policy = { "range.chunk=pmd" },
		.steps = { FOUR, DO(FORGET), RANGE(START, G, 2048, 0), RANGE(FINISH, G, 2048, 0) },
		.want = "unmap_gfn_range 0x40000 +2048 0\n"
			"w_unmap 0x40000 L3 leaf 0x400001400007db\n"
			"w_unmap 0x40000 L2 post 0x3\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"tlb_range 0x40000 +512 0\n"
			"s2_unmap 0x40000 +512 prot 0 ret 0 value 0\n"
			"w_unmap 0x40200 L3 leaf 0x400001402007db\n"
			"w_unmap 0x40200 L2 post 0x3\n"
			"w_unmap 0x40200 L1 post 0x3\n"
			"tlb_range 0x40200 +512 0\n"
			"s2_unmap 0x40200 +512 prot 0 ret 0 value 0\n"
			"w_unmap 0x40400 L3 leaf 0x400001404007db\n"
			"w_unmap 0x40400 L2 post 0x3\n"
			"w_unmap 0x40400 L1 post 0x3\n"
			"tlb_range 0x40400 +512 0\n"
			"s2_unmap 0x40400 +512 prot 0 ret 0 value 0\n"
			"w_unmap 0x40600 L3 leaf 0x400001406007db\n"
			"w_unmap 0x40600 L2 post 0x3\n"
			"w_unmap 0x40600 L1 post 0x3\n"
			"tlb_range 0x40600 +512 0\n"
			"s2_unmap 0x40600 +512 prot 0 ret 0 value 0\n",
	},
	{
		.name = "range.chunk = pgd: what an entry of the first level covers", .release = KVM_6_12, .host = NVHE,
		.page_shift = 14, .policy = { "range.chunk=pgd" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G + 2048, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
			   RANGE(START, G, 4096, 0), RANGE(FINISH, G, 4096, 0) },
		.want = "unmap_gfn_range 0x40000 +4096 0\n"
			"w_unmap 0x40000 L2 leaf 0x400005000007d9\n"
			"tlb_range 0x40000 +2048 0\n"
			"s2_unmap 0x40000 +2048 prot 0 ret 0 value 0\n"
			"w_unmap 0x40800 L2 leaf 0x400005020007d9\n"
			"tlb_range 0x40800 +2048 0\n"
			"s2_unmap 0x40800 +2048 prot 0 ret 0 value 0\n",
	},
	{
		.name = "unmap.tlbi = per-entry, with FWB and TLBIRANGE", .release = KVM_6_12,
		.policy = { "unmap.tlbi=per-entry" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G + 512, MMU_W, 2, RET_PF_FIXED), DO(FORGET),
			   RANGE(START, G, 1024, 0), RANGE(FINISH, G, 1024, 0) },
		.want = "unmap_gfn_range 0x40000 +1024 0\n"
			"w_unmap 0x40000 L2 leaf 0x400001400007d9\n"
			"tlb_ipa 0x40000 L2\n"
			"w_unmap 0x40200 L2 leaf 0x400001402007d9\n"
			"tlb_ipa 0x40200 L2\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"tlb_ipa 0x40000 L255\n"
			"s2_unmap 0x40000 +1024 prot 0 ret 0 value 0\n",
	},
	{
		.name = "unmap.tlbi = deferred-range needs both", .release = KVM_6_1, .host = NO_RANGE,
		.policy = { "unmap.tlbi=deferred-range" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(FORGET), RANGE(START, G, 512, 0), RANGE(FINISH, G, 512, 0) },
		.want = "unmap_gfn_range 0x40000 +512 0\n"
			"w_unmap 0x40000 L2 leaf 0x400001400007d9\n"
			"put_pte 0x40000 L2\n"
			"tlb_ipa 0x40000 L2\n"
			"w_unmap 0x40000 L1 post 0x3\n"
			"put_pte 0x40000 L1\n"
			"tlb_ipa 0x40000 L0\n"
			"s2_unmap 0x40000 +512 prot 0 ret 0 value 0\n",
	},
	{
		.name = "relax.tlbi = broadcast", .release = KVM_6_12, .policy = { "relax.tlbi=broadcast" },
		.steps = { FAULT_ON(G, MMU_R, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G, MMU_X, 1, RET_PF_RELAXED) },
		.want = "w_attr 0x40000 L3 0x400001400007db > 0x1400007db\n"
			"tlb_ipa 0x40000 L3\n"
			"s2_relax 0x40000 +1 prot 7 ret 0 value 0\n",
	},
	{
		.name = "age.range = first-page: the second page stays young", .release = KVM_6_12,
		.policy = { "age.range=first-page" },
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED),
			   RANGE(AGE, G, 2, true), RANGE(AGE, G, 2, false), RANGE(TEST_AGE, G + 1, 1, true) },
	},
	{
		.name = "age.range = whole on 6.1", .release = KVM_6_1, .policy = { "age.range=whole" },
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED),
			   RANGE(AGE, G, 2, true), RANGE(TEST_AGE, G + 1, 1, false) },
	},
	{
		.name = "age.flush = elide", .release = KVM_6_12, .policy = { "age.flush=elide" },
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), RANGE(AGE_FLUSH, G, 1, true) },
		.want = "w_age 0x40000 L3 0x400001400007db\n"
			"s2_tcy 0x40000 +1 prot 1 ret 1 value 0\n"
			"age_gfn 0x40000 +1 1\n",
	},
	{
		.name = "walk.eagain = skip: protection goes past what is not mapped", .release = KVM_6_12,
		.steps = { FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(LOG), TOUCH_AT(G + 1, MMU_W, false) },
	},
	{
		.name = "walk.eagain = abort: so it does, since that is nothing then", .release = KVM_6_1,
		.steps = { FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), DO(LOG), TOUCH_AT(G + 1, MMU_W, false) },
	},
	{
		.name = "fault.retry_key = hull-gfn: other pages go on", .release = KVM_6_12,
		.policy = { "fault.retry_key=hull-gfn" },
		.steps = { RANGE(START, G + 4096, 1, 0), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED),
			   FAULT_ON(G + 4096, MMU_W, 1, RET_PF_RETRY), RANGE(FINISH, G + 4096, 1, 0) },
	},
	{
		.name = "destroy.resched = chunked: the same is freed", .release = KVM_6_12, .ipa_bits = 36,
		.policy = { "destroy.resched=chunked" },
		.steps = { FOUR, DO(TEARDOWN), ASK(TABLES, 0) },
	},
	{
		.name = "without DIC data pages are not executable, with it they are", .release = KVM_6_12, .host = DIC,
		.steps = { FAULT_ON(G, MMU_R, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_X, true) },
	},
	{
		.name = "a page the host lets nobody write", .release = KVM_6_12,
		.steps = { FAULT_READONLY(G, 1, RET_PF_FIXED), TOUCH_AT(G, MMU_W, false),
			   FAULT_ON(G, MMU_W, 1, RET_PF_RELAXED), TOUCH_AT(G, MMU_W, true) },
	},
};

int main(void)
{
	return table_run("knobs", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
