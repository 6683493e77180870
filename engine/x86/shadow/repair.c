/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify does to entries of an MMU with rmaps. */
#include "engine/x86/shadow/repair.h"

/* The first entry of the rmap that is @spte but for A and D, or 0. */
static uint32_t find(const struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, int level, uint64_t spte)
{
	const uint64_t hardware = sm->x.f->accessed | sm->x.f->dirty;
	const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
	struct ptes_iter it;
	uint32_t entry;

	if (!head)
		return 0;
	for_each_pte(&sm->ptes, *head, &it, entry)
		if (!((rt_peek(entry_at(sm, entry)) ^ spte) & ~hardware))
			return entry;
	return 0;
}

static uint32_t find_anywhere(const struct shadow_mmu *sm, gfn_t gfn, int level, uint64_t spte)
{
	uint32_t entry = find(sm, 0, gfn, level, spte);

	return entry ? entry : find(sm, 1, gfn, level, spte);
}

bool shadow_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	uint32_t entry;

	if (spte_is_leaf(new, level)) {
		entry = find_anywhere(sm, gfn, level, old);
		if (entry)
			rt_set(entry_at(sm, entry), new);
		return entry;
	}
	rt_write_lock(&mmu->lock);
	entry = find_anywhere(sm, gfn, level, old);
	if (entry)
		rmap_drop(sm, entry);
	rt_write_unlock(&mmu->lock);
	return entry;
}

void shadow_repair_young(struct mmu *mmu, gfn_t gfn)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	for (unsigned int as_id = 0; as_id < MEMSLOT_AS_IDS; as_id++) {
		for (int level = 1; level <= MAX_HUGE_LEVEL; level++) {
			const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
			struct ptes_iter it;
			uint32_t entry = head ? ptes_first(&sm->ptes, *head, &it) : 0;

			if (!entry)
				continue;
			rt_set(entry_at(sm, entry), rt_peek(entry_at(sm, entry)) | sm->x.f->accessed);
			return;
		}
	}
}
