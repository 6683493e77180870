/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking mappings away: KVM hyp/pgtable.c, kvm_pgtable_stage2_unmap().  mmu_lock is held for write.
 * A block of which only a part is meant goes as a whole; what remains of it will fault.
 */
#include "engine/arm64/unmap.h"

#include "engine/arm64/cmo.h"
#include "engine/arm64/map.h"
#include "engine/arm64/range.h"
#include "engine/arm64/tlbi.h"
#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

/* unmap.tlbi: one invalidation by range at the end is worth it where nothing else is done for each entry. */
static bool defers(const struct arm64_mmu *x)
{
	return x->mmu.policy->unmap_tlbi == UNMAP_TLBI_DEFERRED_RANGE && x->s2.tlb_range && x->s2.fwb;
}

static void drop_leaf(struct walk *w, const struct visit *v)
{
	entry_clear(w, v, defers(w->x) || MUTANT(unmap_no_flush));
	if (v->old & STAGE2_VALID)
		cmo_unmap(w->x, v->level);
}

/* On the way up: a table that nothing is left in. */
static void drop_table(struct walk *w, const struct visit *v)
{
	uint32_t child = pte_child(w->x, v->old);

	if (table_refs(w->x, child) != 1)
		return;
	entry_clear(w, v, false);
	if (walked_unlocked(w->x))
		table_free_unlinked(w->x, child, true);
	else
		table_put(w->x, child);
}

static int unmap_visit(struct walk *w, const struct visit *v)
{
	rt_count(&w->x->mmu.counters.zap_visited, 1);
	if (!v->old)
		return 0;
	obs_pte(&w->x->mmu, OBS_W_UNMAP, v->gfn, v->level, v->kind, 0, v->old, 0);
	if (v->kind == VISIT_POST)
		drop_table(w, v);
	else
		drop_leaf(w, v);
	return 0;
}

static int unmap_chunk(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	struct walk w = { .x = x, .fn = unmap_visit, .flags = VISIT_LEAF | VISIT_POST, .start = start, .end = end };
	int ret;

	obs_enters_s2(&x->mmu, OBS_S2_UNMAP, start, end - start, 0, 0);
	ret = walk_range(&w);
	if (defers(x) && !MUTANT(unmap_no_flush))
		tlbi_range(x, start, end - start);
	obs_s2(&x->mmu, OBS_S2_UNMAP, start, end - start, 0, (unsigned int)-ret, 0);
	return ret;
}

static void unmap_range(struct arm64_mmu *x, gfn_t start, gfn_t end, bool may_block)
{
	uint64_t began = rt_now_ns();

	check_host_writes(&x->mmu, start, end - start);
	rt_stretch_begin();
	range_apply(x, start, end, unmap_chunk, may_block);
	rt_count_most(&x->mmu.counters.zap_stretch_ns, rt_stretch_end());
	rt_count(&x->mmu.counters.zap_ns, rt_now_ns() - began);
}

bool arm64_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block)
{
	gfn_t end = span->end + MUTANT(unmap_wide) - MUTANT(unmap_short);

	unmap_range(to_arm64(mmu), span->start, end, may_block);
	return false;
}

bool arm64_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end)
{
	struct arm64_mmu *x = to_arm64(mmu);
	gfn_t limit = gfn_limit(x);

	if (start < limit)
		unmap_range(x, start, end < limit ? end : limit, true);
	return false;
}

void arm64_flush_slot(struct mmu *mmu, const struct memslot *slot)
{
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	unmap_range(to_arm64(mmu), slot->cfg.base_gfn, slot->cfg.base_gfn + slot->cfg.npages, true);
	mmu_unlock(mmu, false);
}

/* Up to 6.9: the page is mapped again at once, for reading, whatever the host's new entry allows. */
bool arm64_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn)
{
	struct arm64_mmu *x = to_arm64(mmu);
	struct map m = {
		.w = { .x = x, .start = span->start, .end = span->start + 1 },
		.pfn = pfn, .prot = STAGE2_PROT_R, .window = &x->host_window,
	};

	if (rt_peek(&x->alive) && pfn != MMU_PFN_WRITABLE)
		map_range(&m);
	return false;
}
