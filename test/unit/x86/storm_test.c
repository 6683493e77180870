/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storm (test/unit/storm.h) over an x86 VM. */
#include "test/unit/x86/lab.h"

#include "test/unit/storm.h"

static const struct storm_row rows[] = {
	{ "6.12", KVM_6_12, false, false, 0, { NULL } },
	{ "6.1", KVM_6_1, false, false, 0, { "fault.retry_key=hull-hva", "fault.precheck=none", "fault.huge_split=zap",
				   "zap.root_passes=1g+root" } },
	{ "6.18: lockless aging", KVM_6_18, false, false, 0, { "age.lock=lockless", "age.race=skip", "age.flush=elide" } },
	{ "aging under the read lock, retrying", KVM_6_12, false, false, 0, { "age.lock=read", "age.race=retry" } },
	{ "without A/D bits, aging stops at a lost race", KVM_6_12, true, false, 0, { "age.lock=lockless", "age.race=stop" } },
	{ "without A/D bits", KVM_6_1, true, false, 0, { "fault.retry_key=any" } },
	{ "exact ranges, range zaps take tables", KVM_6_12, false, false, 0, { "fault.retry_key=exact", "zap.range=tables" } },
	{ "write-locked faults, capped range zaps", KVM_6_12, false, false, 0, { "fault.lock=write", "zap.range=cap-1g" } },
	{ "mixed locks, single-pass zaps", KVM_6_12, false, false, 0, { "fault.lock=mixed", "zap.root_passes=single" } },
	{ "one spinlock", KVM_6_12, false, false, 0, { "fault.lock=spin", "age.lock=read" } },
	{ "yields at every chance", KVM_6_12, false, false, 0, { "lock.resched_us=1", "lock.needbreak=contended",
						       "flush.batch=per-op" } },
	{ "leafs first, then the root", KVM_6_12, false, false, 0, { "zap.root_passes=leafs+root", "lock.needbreak=contended" } },
};

static void storm_host(struct lab *l, const struct storm_row *row)
{
	l->config.release = row->release;
	if (row->no_ad) {
		l->config.tdp = SPTE_EPT;
		l->config.ad = false;
	}
}

static bool storm_mapped(struct lab *l, gfn_t gfn, pfn_t *pfn)
{
	int level;
	uint64_t leaf = lab_leaf(l, gfn, &level);

	if (leaf)
		*pfn = spte_pfn(leaf) + (gfn & (SPTE_LEVEL_PAGES(level) - 1));
	return leaf;
}

int main(void)
{
	return table_run("storm", rows, ARRAY_SIZE(rows), sizeof(rows[0]), storm_check);
}
