/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every granule, address space and start level: blocks where they may be, pages elsewhere, chunks, tables. */
#include "test/unit/arm64/script.h"

#define P16	(1ULL << 11)		/* pages of a 32 MiB block */
#define P64	(1ULL << 13)		/* of a 512 MiB block */
#define G64	0x40000ULL

static const struct script_row rows[] = {
	{
		.name = "4 KiB, 40 bits: from level 1, two roots", .release = KVM_6_12,
		.steps = { ASK(TABLES, 2), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), ASK(TABLES, 4), ASK_AT(LEVEL, G, 3) },
	},
	{
		.name = "4 KiB, 48 bits: from level 0", .release = KVM_6_12, .ipa_bits = 48,
		.steps = { ASK(TABLES, 1), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), ASK(TABLES, 4) },
	},
	{
		.name = "4 KiB, 32 bits: two levels, four roots, a block in a root", .release = KVM_6_12, .ipa_bits = 34,
		.steps = { ASK(TABLES, 16), FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), ASK(TABLES, 16), ASK_AT(LEVEL, G, 2) },
	},
	{
		.name = "4 KiB: 1 GiB where the host has it", .release = KVM_6_12,
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG + 77, MMU_W, 3, RET_PF_FIXED), ASK_AT(LEVEL, BIG + 200000, 1),
			   ASK(TABLES, 2) },
	},
	{
		.name = "4 KiB: 1 GiB does not fit into a small slot, 2 MiB do", .release = KVM_6_12,
		.steps = { FAULT_ON(G + 77, MMU_W, 3, RET_PF_FIXED), ASK_AT(LEVEL, G, 2) },
	},
	{
		.name = "16 KiB, 40 bits: from level 2, 16 roots", .release = KVM_6_12, .page_shift = 14,
		.steps = { ASK(TABLES, 16), FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), ASK(TABLES, 17), ASK_AT(LEVEL, G, 3) },
	},
	{
		.name = "16 KiB: blocks of 32 MiB", .release = KVM_6_12, .page_shift = 14,
		.steps = { FAULT_ON(G + P16 + 5, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G + P16, 2),
			   ASK_AT(LEVEL, G + 2 * P16 - 1, 2), ASK_AT(LEVEL, G, -1), TOUCH_AT(G + P16 + 100, MMU_R, true) },
	},
	{
		.name = "16 KiB: what one call says", .release = KVM_6_12, .page_shift = 14,
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), FAULT_ON(G + 5, MMU_W, 2, RET_PF_FIXED),
			   RANGE(START, G, 1, 0), RANGE(FINISH, G, 1, 0) },
		.want = "tlb_range 0x40000 +2048 0\n"
			"tlb_range_hw 0x40000 +2048 0\n"
			"break 0x40000 L2 0x3 done\n"
			"make 0x40000 L2 0x400005000007d9\n"
			"free_unlinked 0 L2\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"s2_map 0x40000 +2048 prot 6 ret 0 value 0x140000\n"
			"unmap_gfn_range 0x40000 +1 0\n"
			"w_unmap 0x40000 L2 leaf 0x400005000007d9\n"
			"tlb_range 0x40000 +1 0\n"
			"tlb_range_hw 0x40000 +1 0\n"
			"s2_unmap 0x40000 +1 prot 0 ret 0 value 0\n",
	},
	{
		.name = "16 KiB: no block above 32 MiB", .release = KVM_6_12, .page_shift = 14,
		.steps = { FAULT_ON(G, MMU_W, 3, RET_PF_FIXED), ASK_AT(LEVEL, G, 2) },
	},
	{
		.name = "16 KiB: a block broken up by logging, and rebuilt", .release = KVM_6_12, .page_shift = 14,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), FAULT_ON(G + 1, MMU_W, 2, RET_PF_FIXED),
			   ASK_AT(LEVEL, G + 1, 3), ASK_AT(LEVEL, G + 2, -1), DO(UNLOG), FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED),
			   ASK_AT(LEVEL, G + 1, 2) },
	},
	{
		.name = "64 KiB, 42 bits: one root, blocks of 512 MiB", .release = KVM_6_12, .page_shift = 16, .ipa_bits = 42,
		.steps = { ASK(TABLES, 1), FAULT_ON(G64 + 5, MMU_W, 1, RET_PF_FIXED), ASK(TABLES, 2),
			   FAULT_ON(G64 + 6, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G64 + P64 - 1, 2) },
	},
	{
		.name = "64 KiB: 6.1 unmaps first", .release = KVM_6_1, .page_shift = 16, .ipa_bits = 42,
		.steps = { FAULT_ON(G64 + 5, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G64 + 6, MMU_W, 2, RET_PF_FIXED),
			   ASK_AT(LEVEL, G64 + P64 - 1, 2), ASK(TABLES, 1), RANGE(AGE, G64, P64, true),
			   RANGE(START, G64, 1, 0), RANGE(FINISH, G64, 1, 0), ASK_AT(LEVEL, G64, -1) },
	},
	{
		.name = "beyond the address space there is nothing", .release = KVM_6_12, .ipa_bits = 36,
		.steps = { FAULT_ON(1ULL << 24, MMU_R, 1, RET_PF_EXIT), TOUCH_AT(1ULL << 24, MMU_R, false) },
	},
};

int main(void)
{
	return table_run("shape", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
