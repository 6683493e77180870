/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zap_collapsible_spte_range() up to 6.12; since 6.13 the huge page is put back in place. */
#include "engine/x86/collapse.h"

#include "engine/x86/fault.h"

int collapse_max_level(const struct x86_mmu *x, const struct memslot *slot, gfn_t gfn)
{
	int level = populated_level(slot->host, gfn - slot->cfg.base_gfn);

	rt_charge(COST_HOST_LOOKUP, 1);
	if (level > x->mmu.config.max_level)
		level = x->mmu.config.max_level;
	while (level > 1 && !slot_allows_level(&slot->cfg, gfn, level))
		level--;
	return level;
}

/* Is there a table under the cursor that could be one page? */
static bool is_collapsible(const struct tdp_iter *it, const struct memslot *slot)
{
	if (it->level > MAX_HUGE_LEVEL || !spte_is_table(it->old, it->level))
		return false;
	if (it->gfn < slot->cfg.base_gfn || it->gfn >= slot->cfg.base_gfn + slot->cfg.npages)
		return false;
	return collapse_max_level(it->x, slot, it->gfn) >= it->level;
}

static void zap_root_tables(struct x86_mmu *x, const struct root *root, const struct memslot *slot, bool shared)
{
	gfn_t start = slot->cfg.base_gfn, end = start + slot->cfg.npages;
	struct tdp_iter it;

	rt_rcu_read_lock();
	for_each_spte(&it, x, root, 2, start, end) {
		if (iter_yield(&it, NULL, shared))
			continue;
		iter_before(&it);
		while (is_collapsible(&it, slot))
			if (spte_zap_flush(&it, shared))
				break;
	}
	rt_rcu_read_unlock();
}

/* The page of @level that @leaf, of any level below, is a part of. */
static uint64_t huge_from(const struct x86_mmu *x, uint64_t leaf, int level)
{
	uint64_t inside = (SPTE_LEVEL_PAGES(level) - 1) << 12;

	leaf = (leaf | SPTE_LARGE) & ~inside;
	if (nx_is_on(x))
		leaf = (leaf | x->f->nx) & ~x->f->exec;
	return leaf;
}

/* First leaf below the table under the cursor, made as large as that; 0: it maps nothing. */
static uint64_t huge_below(const struct tdp_iter *it, const struct root *root)
{
	struct tdp_iter below;

	for_each_spte(&below, it->x, root, 1, it->gfn, it->gfn + SPTE_LEVEL_PAGES(it->level))
		if (below.level < it->level && spte_is_leaf(below.old, below.level))
			return huge_from(it->x, below.old, it->level);
	return 0;
}

static void recover_root(struct x86_mmu *x, const struct root *root, const struct memslot *slot, bool shared)
{
	gfn_t start = slot->cfg.base_gfn, end = start + slot->cfg.npages;
	struct flush flush = { 0 };
	struct tdp_iter it;

	rt_rcu_read_lock();
	for_each_spte(&it, x, root, 2, start, end) {
		if (iter_yield(&it, &flush, shared))
			continue;
		iter_before(&it);
		while (is_collapsible(&it, slot)) {
			uint64_t huge = huge_below(&it, root);

			if (!huge)
				break;
			if (spte_set(&it, huge, shared)) {
				flush_stale(&x->mmu, &flush);
				break;
			}
		}
	}
	/* The small pages' tables must not be freed before the TLBs forgot the way there. */
	flush_settle(&x->mmu, &flush);
	rt_rcu_read_unlock();
}

void collapse_slot(struct x86_mmu *x, const struct memslot *slot, bool shared)
{
	for (struct root *r = root_iter(x, NULL, true); r; r = root_iter(x, r, true)) {
		if (root_as_id(r) != slot->cfg.as_id)
			continue;
		if (x->mmu.policy->dirty_collapse == DIRTY_COLLAPSE_RECOVER)
			recover_root(x, r, slot, shared);
		else
			zap_root_tables(x, r, slot, shared);
	}
}
