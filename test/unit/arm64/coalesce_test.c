/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks in the place of tables: in each order what the guest meets, what becomes of the pages, what the caches hear; and
 * the ways blocks become tables.
 */
#include "test/unit/arm64/script.h"

/* Three pages, then the block around them: by a fault beside. */
#define THREE_PAGES	FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), FAULT_ON(G + 1, MMU_W, 1, RET_PF_FIXED), \
			FAULT_ON(G + 511, MMU_W, 1, RET_PF_FIXED)
#define REBUILD		FAULT_ON(G + 9, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G + 1, 2)

static const struct script_row rows[] = {
	{
		.name = "unmap-first: every page is dropped before the block is there", .release = KVM_6_1,
		.steps = { THREE_PAGES, ASK(TABLES, 4), REBUILD, ASK(TABLES, 3) },
	},
	{
		.name = "block-first: the same in the end", .release = KVM_6_1, .policy = { "coalesce.order=block-first" },
		.steps = { THREE_PAGES, ASK(TABLES, 4), REBUILD, ASK(TABLES, 3) },
	},
	{
		.name = "lock-block-defer: the table waits for its grace period", .release = KVM_6_12,
		.steps = { THREE_PAGES, ASK(TABLES, 4), DO(RCU), REBUILD, ASK(TABLES, 4), DO(NO_RCU) },
	},
	{
		.name = "lock-block-defer without a grace period, the lock held for write", .release = KVM_6_12,
		.policy = { "table.free=immediate", "fault.lock=write" },
		.steps = { THREE_PAGES, REBUILD, ASK(TABLES, 3) },
	},
	{
		.name = "unmap-first with a grace period", .release = KVM_6_1, .policy = { "table.free=rcu" },
		.steps = { THREE_PAGES, DO(RCU), REBUILD, ASK(TABLES, 4), DO(NO_RCU) },
	},
	{
		.name = "block-first asks for the lock whatever fault.lock says", .release = KVM_6_12,
		.policy = { "coalesce.order=block-first", "fault.lock=read" },
		.steps = { THREE_PAGES, REBUILD },
	},
	{
		.name = "coalesce.tlbi = vmid on 6.12", .release = KVM_6_12, .policy = { "coalesce.tlbi=vmid" },
		.steps = { FAULT_ON(G, MMU_W, 1, RET_PF_FIXED), DO(FORGET), REBUILD },
		.want = "w_map 0x40000 L1 pre 0x3 ret 0\n"
			"tlb_vmid\n"
			"break 0x40000 L2 0x3 done\n"
			"make 0x40000 L2 0x400001400007d9\n"
			"free_unlinked 0 L2\n"
			"w_map 0x40000 L2 pre 0x3 ret 0\n"
			"s2_map 0x40000 +512 prot 6 ret 0 value 0x140000\n",
	},
	{
		.name = "block-first with TLBI by range", .release = KVM_6_1, .policy = { "coalesce.order=block-first", "coalesce.tlbi=range" },
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 1, RET_PF_FIXED), FAULT_ON(BIG + 512, MMU_W, 2, RET_PF_FIXED),
			   ASK(TABLES, 4), FAULT_ON(BIG + 3, MMU_W, 3, RET_PF_FIXED), ASK(TABLES, 2), ASK_AT(LEVEL, BIG, 1) },
	},
	{
		.name = "1 GiB over tables of two levels, unmap-first", .release = KVM_6_1,
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 1, RET_PF_FIXED), FAULT_ON(BIG + 512, MMU_W, 2, RET_PF_FIXED),
			   FAULT_ON(BIG + 1024, MMU_W, 1, RET_PF_FIXED), ASK(TABLES, 5),
			   FAULT_ON(BIG + 3, MMU_W, 3, RET_PF_FIXED), ASK(TABLES, 2), ASK_AT(LEVEL, BIG, 1) },
	},
	{
		.name = "1 GiB over tables of two levels, deferred", .release = KVM_6_12,
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 1, RET_PF_FIXED), FAULT_ON(BIG + 512, MMU_W, 2, RET_PF_FIXED),
			   FAULT_ON(BIG + 3, MMU_W, 3, RET_PF_FIXED), ASK_AT(LEVEL, BIG, 1) },
	},
	{
		.name = "a block rebuilt while not all its pages were mapped: cleaned", .release = KVM_6_1, .host = NO_FWB,
		.steps = { THREE_PAGES, REBUILD },
	},
	{
		.name = "skip leaves what the host wrote in its caches", .release = KVM_6_1, .host = NO_FWB,
		.policy = { "coalesce.cmo=skip" },
		.steps = { THREE_PAGES, REBUILD },
		.breaks = "I-R3",
	},
	{
		.name = "in every order: deferred", .release = KVM_6_12, .host = NO_FWB, .policy = { "coalesce.cmo=skip" },
		.steps = { THREE_PAGES, REBUILD },
		.breaks = "I-R3",
	},
	{
		.name = "in every order: block-first", .release = KVM_6_1, .host = NO_FWB,
		.policy = { "coalesce.cmo=skip", "coalesce.order=block-first" },
		.steps = { THREE_PAGES, REBUILD },
		.breaks = "I-R3",
	},
	{
		.name = "skip-if-mapped cleans it as well", .release = KVM_6_1, .host = NO_FWB,
		.policy = { "coalesce.cmo=skip-if-mapped" },
		.steps = { THREE_PAGES, REBUILD },
	},
	{
		.name = "with FWB nothing has to be", .release = KVM_6_1, .policy = { "coalesce.cmo=skip" },
		.steps = { THREE_PAGES, REBUILD },
	},
	{
		.name = "a block that logging broke up was cleaned once for all", .release = KVM_6_1, .host = NO_FWB,
		.policy = { "coalesce.cmo=skip" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), FAULT_ON(G + 1, MMU_W, 2, RET_PF_FIXED), DO(UNLOG),
			   REBUILD },
	},
	{
		.name = "eager split of 2 MiB chunks when logging starts", .release = KVM_6_12, .host = SPLIT_2M,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), FAULT_ON(G + 512, MMU_R, 2, RET_PF_FIXED), DO(LOG),
			   ASK_AT(LEVEL, G, 3), ASK_AT(LEVEL, G + 511, 3), ASK_AT(LEVEL, G + 600, 3), TOUCH_AT(G, MMU_W, false),
			   TOUCH_AT(G, MMU_R, true), ASK(TABLES, 5) },
	},
	{
		.name = "1 GiB to pages at once where there are tables enough", .release = KVM_6_12, .host = SPLIT_1G,
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(BIG_LOG), ASK_AT(LEVEL, BIG + 100000, 3),
			   ASK(TABLES, 2 + 1 + 512) },
	},
	{
		.name = "1 GiB by and by where there are few", .release = KVM_6_12, .host = SPLIT_2M,
		.steps = { DO(BIG_SLOT), FAULT_ON(BIG, MMU_W, 3, RET_PF_FIXED), DO(BIG_LOG), ASK_AT(LEVEL, BIG, 3),
			   ASK_AT(LEVEL, BIG + 100000, 3), ASK(TABLES, 2 + 1 + 512) },
	},
	{
		.name = "the policy's chunk, not the host's", .release = KVM_6_12, .policy = { "dirty.eager_split_chunk=2M" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), ASK_AT(LEVEL, G, 3) },
	},
	{
		.name = "a chunk that is no block size is none", .release = KVM_6_12, .policy = { "dirty.eager_split_chunk=32M" },
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), ASK_AT(LEVEL, G, 2) },
	},
	{
		.name = "a word's CLEAR splits its block, a write marks its page again", .release = KVM_6_12,
		.host = SPLIT_2M | INIT_SET,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), RANGE(CLEAR, G, 64, 64), ASK(TABLES, 4),
			   FAULT_ON(G + 5, MMU_W, 2, RET_PF_RELAXED), ASK(GET, 8192 - 63) },
	},
	{
		.name = "pages stay when logging ends, until somebody faults", .release = KVM_6_12, .host = SPLIT_2M,
		.steps = { FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), DO(LOG), DO(UNLOG), ASK_AT(LEVEL, G, 3),
			   FAULT_ON(G, MMU_W, 2, RET_PF_FIXED), ASK_AT(LEVEL, G + 400, 2) },
	},
};

int main(void)
{
	return table_run("coalesce", rows, ARRAY_SIZE(rows), sizeof(rows[0]), script_check);
}
