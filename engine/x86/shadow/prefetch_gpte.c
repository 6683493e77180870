/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/prefetch_gpte.h"

#include "engine/core/observe.h"
#include "engine/x86/shadow/sync.h"

/* The host is asked for a page to write, whatever the guest may. */
static pfn_t page_for(const struct shadow_mmu *sm, const struct memslot *slot, gfn_t gfn)
{
	if (!slot || (slot->cfg.flags & SLOT_READONLY) || !sm->x.mmu.config.host)
		return MMU_PFN_NONE;
	rt_charge(COST_HOST_LOOKUP, 1);
	return prefetch_page(sm, gfn);
}

bool prefetch_gpte(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry, bool unlogged)
{
	uint32_t number = entry_table(entry);
	struct guest_paging paging = guest_paging(sm->vcpus[vcpu].role);
	struct leaf l = { .entry = entry, .host_writable = true, .prefetch = true, .can_unsync = true };
	uint64_t gpte;

	gpte = sync_read_gpte(sm, entry);
	if (!gpte_is_prefetchable(&paging, gpte)) {
		sync_drop(sm, entry);
		return false;
	}
	l.gfn = gpte_gfn(gpte);
	l.access = role_access(sp_role(sm, number)) & gpte_access_clean(gpte);
	l.slot = prefetch_slot(sm, entry, l.gfn, unlogged && (l.access & ACC_W));
	l.pfn = page_for(sm, l.slot, l.gfn);
	if (l.pfn == MMU_PFN_NONE)
		return false;
	leaf_set(sm, vcpu, &l);
	return true;
}

void prefetch_gptes(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry)
{
	uint32_t first = entry & ~(PREFETCH_NUM - 1);

	/* What is being invalidated could be among them. */
	if (sp_level(sm, entry_table(entry)) > 1 || rt_load(&sm->x.mmu.notifier.in_progress))
		return;
	for (uint32_t e = first; e < first + PREFETCH_NUM; e++) {
		if (e == entry || spte_is_present(rt_peek(entry_at(sm, e))))
			continue;
		if (!prefetch_gpte(sm, vcpu, e, true))
			break;
	}
}
