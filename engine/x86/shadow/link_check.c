/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest need not flush its TLB for an entry that was not present before, so what becomes reachable by a link must
 * be as its tables are.  Marks and counts are not believed: pages are looked at.
 */
#include "engine/x86/shadow/link_check.h"

/* An unsync page below page @number, or 0; deeper than the lowest level there is nothing to look at. */
static uint32_t find_unsync(const struct shadow_mmu *sm, uint32_t number)
{
	int level = sp_level(sm, number);

	for (uint32_t i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = rt_peek(entry_at(sm, number * SPTE_ENTRIES + i));
		uint32_t below;

		if (!spte_is_table(spte, level))
			continue;
		below = sp_child(spte);
		if (sp_of(sm, below)->unsync)
			return below;
		if (level > 2)
			below = find_unsync(sm, below);
		else
			below = 0;
		if (below)
			return below;
	}
	return 0;
}

void link_check(const struct shadow_mmu *sm, unsigned int vcpu, uint32_t number)
{
	uint32_t below;

	if (sp_level(sm, number) == 1) {
		if (sp_of(sm, number)->unsync && sm->vcpus[vcpu].synced != number)
			mmu_broken(&sm->x.mmu, "I-S1: an unsync page was linked that the fault had not synced",
				   sp_gfn(sm, number), number);
		return;
	}
	below = find_unsync(sm, number);
	if (below)
		mmu_broken(&sm->x.mmu, "I-S1: a page was linked above one that is unsync", sp_gfn(sm, number),
			   sp_gfn(sm, below));
}
