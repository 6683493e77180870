/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unmapping and repointing: kvm_unmap_gfn_range(), kvm_rmap_zap_gfn_range(), kvm_set_pte_rmap(). */
#include "engine/x86/shadow/range.h"

#include "engine/core/mutant.h"
#include "engine/x86/shadow/walk.h"
#include "engine/x86/watched.h"
#include "engine/x86/zap.h"

/* Return: a flush is owed. */
static bool zap_rmaps(struct shadow_mmu *sm, unsigned int as_id, gfn_t start, gfn_t end, bool yields, bool owed)
{
	struct flush flush = { .owed = owed };
	uint64_t begin_ns = zap_begin();
	struct rmap_walk w;

	for_each_rmap(&w, sm, as_id, 1, MAX_HUGE_LEVEL, start, end) {
		if (rmap_zap(sm, w.head))
			flush_stale(&sm->x.mmu, &flush);
		if (yields)
			rmap_walk_yield(&w, &flush);
	}
	zap_end(&sm->x, begin_ns);
	return flush.owed;
}

/* Up to 6.1 a notifier's unmap of rmaps never yields. */
bool shadow_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block)
{
	bool yields = may_block && mmu->config.release >= KVM_6_12;
	unsigned int as_id = span->slot->cfg.as_id;
	gfn_t end = span->end - MUTANT(unmap_short) + MUTANT(unmap_wide);

	if (MUTANT(unmap_skips_smm) && as_id)
		return false;
	return zap_rmaps(to_shadow(mmu), as_id, span->start, end, yields, false) && !MUTANT(unmap_no_flush);
}

bool shadow_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end)
{
	bool owed = false;

	for (unsigned int as_id = 0; as_id < MEMSLOT_AS_IDS; as_id++)
		owed = zap_rmaps(to_shadow(mmu), as_id, start, end, true, owed);
	return owed;
}

/* The leaf maps @pfn from now on, read-only; by way of empty. */
static void repoint(struct shadow_mmu *sm, uint32_t entry, pfn_t pfn)
{
	uint64_t old = rt_peek(entry_at(sm, entry)), new = spte_repointed(&sm->x, old, pfn);

	rmap_clear_leaf(sm, entry);
	rt_store(entry_at(sm, entry), new);
	check_entry(&sm->x, entry_at(sm, entry), sm->x.f->nonpresent, new);
}

bool shadow_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct ptes_iter it;
	struct rmap_walk w;
	bool owed = false;
	uint32_t entry;

	for_each_rmap(&w, sm, span->slot->cfg.as_id, 1, MAX_HUGE_LEVEL, span->start, span->end) {
		owed |= ptes_any(ptes_head(w.head));
		if (pfn == MMU_PFN_WRITABLE) {
			rmap_zap(sm, w.head);
			continue;
		}
		for_each_pte(&sm->ptes, ptes_head(w.head), &it, entry)
			repoint(sm, entry, pfn);
	}
	return owed;
}

/* The first gfn of [start, end) below @limit that a leaf of the page maps, or @limit. */
static gfn_t first_in_page(const struct shadow_mmu *sm, uint32_t number, gfn_t start, gfn_t end, gfn_t limit)
{
	int level = sp_level(sm, number);
	gfn_t span = SPTE_LEVEL_PAGES(level), gfn = sp_gfn(sm, number);

	if (role_direct(sp_role(sm, number)) && (gfn >= end || gfn + span * SPTE_ENTRIES <= start))
		return limit;
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		if (!spte_is_leaf(arena_peek(&sm->x.mmu.arena, number, i), level))
			continue;
		gfn = sp_entry_gfn(sm, number, i);
		if (gfn < end && gfn + span > start && gfn < limit)
			limit = gfn;
	}
	return limit;
}

/* By the pages themselves, since whoever asks may be checking what was found by rmaps. */
gfn_t shadow_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid)
{
	const struct shadow_mmu *sm = to_shadow_const(mmu);
	gfn_t found = UINT64_MAX;

	for (uint32_t n = sm->newest; n; n = sp_of(sm, n)->older)
		if (sp_as_id(sm, n) == as_id && !(only_valid && sp_is_obsolete(sm, n)))
			found = first_in_page(sm, n, start, end, found);
	return found;
}
