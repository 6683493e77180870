/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/prefetch.h"

bool prefetch_allowed(const struct shadow_mmu *sm, uint32_t entry)
{
	uint32_t role = sp_role(sm, entry_table(entry));

	return sm->x.mmu.config.host && !role_ad_disabled(role) && role_level(role) == 1 &&
	       !rt_load(&sm->x.mmu.notifier.in_progress);
}

pfn_t prefetch_page(const struct shadow_mmu *sm, gfn_t gfn)
{
	const struct mmu_host *host = sm->x.mmu.config.host;

	return host->page(host->arg, rt_self(), gfn);
}

const struct memslot *prefetch_slot(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, bool write)
{
	unsigned int as_id = sp_as_id(sm, entry_table(entry));
	const struct memslot *slot = memslot_find(memslots_get(&sm->x.mmu.slots), as_id, gfn);

	if (!slot || slot->invalid || (write && (slot->cfg.flags & SLOT_LOG_DIRTY)))
		return NULL;
	return slot;
}

/* Entries [@entry, @end), none of which is present.  Return: false: nothing more is to be had. */
static bool map_span(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry, uint32_t end)
{
	unsigned int access = role_access(sp_role(sm, entry_table(entry)));
	gfn_t first = sp_entry_gfn(sm, entry_table(entry), entry_index(entry));
	const struct memslot *slot = prefetch_slot(sm, entry, first, access & ACC_W);
	uint32_t nr = 0;

	/* The host is asked for all of them at once, in one slot that can be written. */
	if (!slot || (slot->cfg.flags & SLOT_READONLY) ||
	    first + (end - entry) > slot->cfg.base_gfn + slot->cfg.npages)
		return false;
	rt_charge(COST_HOST_LOOKUP, 1);
	for (; entry + nr < end; nr++) {
		pfn_t pfn = prefetch_page(sm, first + nr);

		if (pfn == MMU_PFN_NONE)
			break;
		leaf_set(sm, vcpu, &(struct leaf){
			.entry = entry + nr, .gfn = first + nr, .pfn = pfn, .access = access, .slot = slot,
			.host_writable = true, .prefetch = true, .can_unsync = true,
		});
	}
	return nr;
}

void prefetch_direct(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry)
{
	uint32_t first = entry & ~(PREFETCH_NUM - 1), start = 0;

	if (!prefetch_allowed(sm, entry))
		return;
	for (uint32_t e = first; e < first + PREFETCH_NUM; e++) {
		bool skip = e == entry || spte_is_present(rt_peek(entry_at(sm, e)));

		if (!skip && !start)
			start = e;
		if (!skip || !start)
			continue;
		if (!map_span(sm, vcpu, start, e))
			return;
		start = 0;
	}
	if (start)
		map_span(sm, vcpu, start, first + PREFETCH_NUM);
}
