/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storm (test/unit/storm.h) over an arm64 VM. */
#include "test/unit/arm64/lab.h"

#include "test/unit/storm.h"

enum { NO_FWB = 1, NO_AF = 2, SPLITS = 4 };

static const struct storm_row rows[] = {
	{ "6.12", KVM_6_12, false, false, 0, { NULL } },
	{ "6.12, logged", KVM_6_12, false, true, 0, { NULL } },
	{ "6.12, logged, eager splits, no FWB", KVM_6_12, false, true, NO_FWB | SPLITS, { NULL } },
	{ "6.1", KVM_6_1, false, false, NO_FWB | NO_AF, { NULL } },
	{ "6.1, logged", KVM_6_1, false, true, NO_FWB, { NULL } },
	{ "block-first", KVM_6_12, false, true, NO_FWB, { "coalesce.order=block-first", "table.free=immediate",
							  "coalesce.tlbi=vmid" } },
	{ "unmap-first, RCU", KVM_6_12, false, true, 0, { "coalesce.order=unmap-first" } },
	{ "one spinlock", KVM_6_1, false, true, 0, { "fault.lock=spin", "age.lock=read" } },
	{ "aging under the read lock, skipping", KVM_6_12, false, true, NO_AF, { "age.lock=read", "age.race=skip" } },
	{ "aging under the read lock, stopping", KVM_6_12, false, true, 0, { "age.lock=read", "age.race=stop" } },
	{ "aging under the read lock, retrying", KVM_6_12, false, true, 0, { "age.lock=read", "age.race=retry" } },
	{ "aging without a lock", KVM_6_12, false, true, 0, { "age.lock=lockless", "age.race=skip" } },
	{ "walks end at what changed meanwhile", KVM_6_12, false, true, NO_AF, { "walk.eagain=abort", "age.lock=read",
										 "age.race=skip" } },
	{ "yields at every chance", KVM_6_12, false, true, SPLITS, { "lock.resched_us=1", "lock.needbreak=contended",
								     "range.chunk=pmd", "destroy.resched=chunked" } },
	{ "retries by exact ranges", KVM_6_12, false, false, 0, { "fault.retry_key=exact", "fault.precheck=both" } },
};

static void storm_host(struct lab *l, const struct storm_row *row)
{
	lab_preset(l, row->release);
	l->config.s2.fwb = !(row->host & NO_FWB);
	l->config.s2.hw_af = !(row->host & NO_AF);
	l->config.s2.split_chunk = row->host & SPLITS ? 2 << 20 : 0;
}

static bool storm_mapped(struct lab *l, gfn_t gfn, pfn_t *pfn)
{
	int level;
	uint64_t leaf = lab_leaf(l, gfn, &level);

	if (leaf)
		*pfn = stage2_pfn(12, leaf) + (gfn & (stage2_pages(12, level) - 1));
	return leaf;
}

int main(void)
{
	return table_run("storm", rows, ARRAY_SIZE(rows), sizeof(rows[0]), storm_check);
}
