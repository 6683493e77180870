/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/recycle.h"

uint64_t recycle_available(const struct shadow_mmu *sm)
{
	return sm->max_pages > sm->nr_pages ? sm->max_pages - sm->nr_pages : 0;
}

void recycle_oldest(struct shadow_mmu *sm, uint64_t nr)
{
	struct condemned list = { 0 };
	uint32_t number = sm->oldest;
	uint64_t zapped = 0;

	while (number && zapped < nr) {
		uint32_t next = sp_of(sm, number)->newer;
		unsigned int here;

		/* A root in use could not be freed, and its vCPUs would only make it anew. */
		if (!sp_of(sm, number)->root_count) {
			if (sp_zap_count(sm, number, &list, &here))
				next = sm->oldest;
			zapped += here;
		}
		number = next;
	}
	condemned_commit(sm, &list);
	rt_count(&sm->x.mmu.counters.shadow_recycled, zapped);
}

bool recycle_for_fault(struct shadow_mmu *sm)
{
	uint64_t available = recycle_available(sm);

	if (likely(available >= SHADOW_MIN_FREE))
		return true;
	recycle_oldest(sm, SHADOW_REFILL - available);
	return recycle_available(sm);
}

/* kvm_mmu_change_mmu_pages() */
static void set_limit(struct shadow_mmu *sm, uint64_t pages)
{
	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	if (sm->nr_pages > pages) {
		recycle_oldest(sm, sm->nr_pages - pages);
		pages = sm->nr_pages;
	}
	sm->max_pages = pages;
	mmu_unlock(&sm->x.mmu, false);
}

void shadow_page_limit(struct mmu *mmu, uint64_t pages)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	sm->page_limit = pages;
	set_limit(sm, pages);
}

void recycle_slots_changed(struct shadow_mmu *sm)
{
	const struct memslot_set *set = memslots_get(&sm->x.mmu.slots);
	uint64_t pages = 0;

	if (sm->page_limit)
		return;
	for (unsigned int i = 0; i < set->nr; i++)
		pages += set->by_gfn[i].cfg.npages;
	pages /= SHADOW_SLOT_PAGES;
	pages = pages > SHADOW_MIN_PAGES ? pages : SHADOW_MIN_PAGES;
	if (pages != sm->max_pages)
		set_limit(sm, pages);
}
