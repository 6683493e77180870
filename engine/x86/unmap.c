/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Range zaps: what a notifier, or the delete of one slot, takes away. */
#include "engine/x86/zap.h"

#include "engine/core/mutant.h"

/* Does zap.range take this table entry away with all below it? */
static bool takes_table(const struct x86_mmu *x, const struct tdp_iter *it, gfn_t start, gfn_t end)
{
	if (it->gfn < start || it->gfn + SPTE_LEVEL_PAGES(it->level) > end)
		return false;
	switch (x->mmu.policy->zap_range) {
	case ZAP_RANGE_TABLES:
		return true;
	case ZAP_RANGE_CAP_1G:
		return it->level <= MAX_HUGE_LEVEL;
	case ZAP_RANGE_LEAF_ONLY:
		break;
	}
	return false;
}

/* Is the entry itself to be taken away? */
static bool takes(const struct x86_mmu *x, const struct tdp_iter *it, gfn_t start, gfn_t end, uint64_t *nonpresent)
{
	if (!spte_is_present(it->old)) {
		if (likely(x->mmu.policy->zap_nonpresent == ZAP_NONPRESENT_SKIP))
			return false;
		++*nonpresent;
		return true;
	}
	return !spte_is_table(it->old, it->level) || takes_table(x, it, start, end);
}

/* A whole table of leafs below the entry, where no leaf asks for a flush of its own. */
static bool zap_leafs(struct tdp_iter *it, gfn_t start, gfn_t end, bool may_block)
{
	if (it->x->mmu.policy->flush_batch == FLUSH_BATCH_PER_OP)
		return false;
	if (it->gfn < start || it->gfn + SPTE_LEVEL_PAGES(it->level) > end)
		return false;
	return zap_uniform(it, false, may_block);
}

void zap_range(struct x86_mmu *x, const struct root *root, gfn_t start, gfn_t end, bool may_block,
	       struct flush *flush)
{
	/* Nobody runs on an invalid root. */
	bool stale = !root_invalid(root) || x->mmu.policy->zap_invalid_root_flush == ZAP_INVALID_ROOT_FLUSH_YES;
	uint64_t visited = 0, nonpresent = 0, begin_ns = zap_begin();
	struct tdp_iter it;

	rt_rcu_read_lock();
	/* What is smaller than what a table maps takes no table. */
	if (end - start < SPTE_LEVEL_PAGES(2) && !MUTANT(yield_at_once))
		visited = iter_start_low(&it, x, root, start);
	else
		iter_start(&it, x, root, 1, start);
	for (; it.valid && it.gfn < end; iter_next(&it)) {
		it.min_level = 1;
		if (may_block && iter_yield(&it, flush, false))
			continue;
		visited++;
		if (takes(x, &it, start, end, &nonpresent))
			spte_set_exclusive(&it, x->f->nonpresent);
		else if (zap_leafs(&it, start, end, may_block))
			visited += SPTE_ENTRIES;
		else
			continue;
		if (stale)
			flush_stale(&x->mmu, flush);
	}
	/* What it took away may include tables: they must not be freed before the TLBs forgot the way there. */
	if (x->mmu.policy->zap_range != ZAP_RANGE_LEAF_ONLY)
		flush_settle(&x->mmu, flush);
	rt_rcu_read_unlock();
	rt_count(&x->mmu.counters.zap_visited, visited);
	if (unlikely(nonpresent))
		rt_count(&x->mmu.counters.zap_nonpresent, nonpresent);
	zap_end(x, begin_ns);
}

bool x86_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block)
{
	struct x86_mmu *x = to_x86(mmu);
	struct flush flush = { 0 };
	gfn_t end = span->end - MUTANT(unmap_short) + MUTANT(unmap_wide);

	for (struct root *r = root_iter(x, NULL, false); r; r = root_iter(x, r, false))
		if (root_as_id(r) == span->slot->cfg.as_id && !(MUTANT(unmap_skips_smm) && root_as_id(r)))
			zap_range(x, r, span->start, end, may_block, &flush);
	return flush.owed && !MUTANT(unmap_no_flush);
}

/* kvm_tdp_mmu_zap_leafs(): 6.12 leaves invalid roots to those who zap them. */
bool x86_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end)
{
	struct x86_mmu *x = to_x86(mmu);
	bool only_valid = mmu->config.release >= KVM_6_12;
	struct flush flush = { 0 };

	for (struct root *r = root_iter(x, NULL, only_valid); r; r = root_iter(x, r, only_valid))
		zap_range(x, r, start, end, true, &flush);
	return flush.owed;
}

uint64_t spte_repointed(const struct x86_mmu *x, uint64_t old, pfn_t pfn)
{
	uint64_t spte = (old & ~SPTE_PFN_MASK) | ((pfn << 12) & SPTE_PFN_MASK);

	return spte_make_old(x->f, spte & ~(SPTE_W | x->f->host_writable | x->f->mmu_writable));
}

bool x86_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn)
{
	struct x86_mmu *x = to_x86(mmu);
	struct flush flush = { 0 };
	struct tdp_iter it;

	rt_rcu_read_lock();
	for (struct root *r = root_first(x); r; r = root_after(r)) {
		if (root_as_id(r) != span->slot->cfg.as_id)
			continue;
		for_each_spte(&it, x, r, 1, span->start, span->end) {
			uint64_t old = it.old;

			if (it.level != 1 || !spte_is_present(old))
				continue;
			/* By way of empty: a present leaf never changes its pfn. */
			spte_set_exclusive(&it, x->f->nonpresent);
			old = it.old;
			flush_stale(mmu, &flush);
			if (pfn == MMU_PFN_WRITABLE)
				continue;
			it.old = x->f->nonpresent;
			spte_set_exclusive(&it, spte_repointed(x, old, pfn));
		}
	}
	rt_rcu_read_unlock();
	return flush.owed;
}
