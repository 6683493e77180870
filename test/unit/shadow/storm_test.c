/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The storm (test/unit/storm.h) over an x86 VM without the TDP MMU. */
#include "test/unit/x86/lab.h"

#include "test/unit/storm.h"

static const struct storm_row rows[] = {
	{ "6.12", KVM_6_12, false, false, 0, { NULL } },
	{ "6.12: with dirty logging", KVM_6_12, false, true, 0, { NULL } },
	{ "6.1", KVM_6_1, false, false, 0, { "fault.retry_key=hull-hva", "fault.precheck=none" } },
	{ "6.1: with dirty logging", KVM_6_1, false, true, 0, { "fault.retry_key=hull-hva", "fault.precheck=none" } },
	{ "6.18: lockless aging", KVM_6_18, false, false, 0, { "age.lock=lockless", "age.flush=elide" } },
	{ "without A/D bits, lockless aging", KVM_6_18, true, false, 0, { "age.lock=lockless" } },
	{ "without A/D bits", KVM_6_1, true, false, 0, { "fault.retry_key=any" } },
	{ "slots go page by page", KVM_6_12, false, false, 0, { "memslot.delete=slot-only" } },
	{ "with room for 12 pages", KVM_6_12, false, false, 12, { NULL } },
	{ "yields at every chance", KVM_6_12, false, false, 0, { "lock.resched_us=1", "lock.needbreak=contended",
						       "zap.obsolete_batch=1" } },
	{ "yields at every chance, with dirty logging", KVM_6_12, false, true, 0,
	  { "lock.resched_us=1", "lock.needbreak=contended", "flush.batch=per-op" } },
};

/* A page mapped ahead is the host's as it is at that moment. */
static pfn_t storm_page(void *arg, unsigned int task, gfn_t gfn)
{
	const struct storm *s = arg;

	(void)task;
	if (gfn >= LAB_GFN + NR_GFNS || gfn < LAB_GFN || gfn % 3 == 0)
		return MMU_PFN_NONE;
	return host_pfn(s, gfn - LAB_GFN);
}

static void storm_host(struct lab *l, const struct storm_row *row)
{
	static struct mmu_host host;

	host = (struct mmu_host){ .page = storm_page, .arg = (struct storm *)((char *)l - offsetof(struct storm, l)) };
	l->config.release = row->release;
	l->config.rmaps = true;
	l->config.host = &host;
	l->config.page_limit = row->host;
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
