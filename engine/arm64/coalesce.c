/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A block in the place of a table: coalesce.order.
 *
 * - unmap-first (5.10 to 6.1): break the table's entry, drop every page below it one by one, and only
 *   then install the block.  For so long nothing of the range is mapped.
 * - block-first (seed 003): install the block at once, then drop.
 * - lock-block-defer (since 6.2): the same with the entry locked, so that faults need not wait for
 *   mmu_lock; what hangs from the old table is freed after a grace period.
 *
 * The first two need mmu_lock for write.  The count of the page that holds the entry is the same before and after.
 */
#include "engine/arm64/map.h"

#include <errno.h>

#include "engine/core/mutant.h"
#include "engine/core/observe.h"

/* Every page of the range was mapped, so that its caches have been cleaned. */
static bool is_full(const struct arm64_mmu *x, uint32_t table)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, table);
	int level = table_level(x, table);

	rt_charge(COST_WALK_STEP, nr_entries(x));
	for (unsigned int i = 0; i < nr_entries(x); i++) {
		uint64_t pte = rt_peek(&entries[i]);

		if (!(pte & STAGE2_VALID))
			return false;
		if (stage2_is_table(pte, level) && !is_full(x, pte_child(x, pte)))
			return false;
	}
	return true;
}

/* coalesce.cmo */
static bool cleans(const struct arm64_mmu *x, uint32_t child)
{
	if (MUTANT(coalesce_no_cmo))
		return false;
	switch (x->mmu.policy->coalesce_cmo) {
	case COALESCE_CMO_SKIP:
		return false;
	case COALESCE_CMO_SKIP_IF_MAPPED:
		return !is_full(x, child);
	case COALESCE_CMO_DO:
		break;
	}
	return true;
}

static void observe(const struct map *m, const struct visit *v, unsigned int kind, uint64_t old, int ret)
{
	const struct arm64_mmu *x = m->w.x;

	if (!x->locks && kind != VISIT_PRE && !(kind == VISIT_POST && old))
		obs_pte(&x->mmu, OBS_WALK_LEAF, v->gfn, v->level, 0, (unsigned int)-ret, old, 0);
	obs_pte(&x->mmu, OBS_W_MAP, v->gfn, v->level, kind, (unsigned int)-ret, old, 0);
}

/* What hung from the table: each entry's reference to its page is given back, each page below goes with its last. */
static int drop_visit(struct walk *w, const struct visit *v)
{
	struct arm64_mmu *x = w->x;

	if (v->kind != VISIT_PRE && v->old) {
		if (v->kind == VISIT_POST)
			table_put(x, pte_child(x, v->old));
		if (!(MUTANT(drop_no_put) && v->kind == VISIT_LEAF))
			table_put(x, entry_table(x, v->ptep));
		rt_charge(COST_TABLE_PUT, 1);
	}
	observe((struct map *)w, v, v->kind, v->old, 0);
	return 0;
}

/* The table that @v's entry led to is dropped, with all below it. */
static void drop(const struct map *m, const struct visit *v, uint32_t child)
{
	struct map below = *m;

	if (frees_late(m->w.x)) {
		table_free_unlinked(m->w.x, child, false);
		return;
	}
	below.w.fn = drop_visit;
	below.w.flags = VISIT_LEAF | VISIT_PRE | VISIT_POST;
	below.w.start = below.w.at = visit_gfn(&m->w, v);
	below.w.end = below.w.start + level_pages(m->w.x, v->level);
	walk_table(&below.w, child, v->level + 1);
	table_put(m->w.x, child);
}

static int unmap_first(struct map *m, const struct visit *v, uint64_t new)
{
	uint32_t child = pte_child(m->w.x, v->old);
	bool clean = cleans(m->w.x, child);

	if (!entry_break(&m->w, v, m->window))
		return -EAGAIN;
	observe(m, v, VISIT_PRE, v->old, 0);
	drop(m, v, child);
	map_make_leaf(m, v, new, clean);
	observe(m, v, VISIT_POST, broken_value(m->w.x), 0);
	return VISIT_DONE;
}

static int block_first(struct map *m, const struct visit *v, uint64_t new)
{
	uint32_t child = pte_child(m->w.x, v->old);
	bool clean = cleans(m->w.x, child);

	if (!entry_break(&m->w, v, m->window))
		return -EAGAIN;
	map_make_leaf(m, v, new, clean);
	observe(m, v, VISIT_PRE, v->old, 0);
	drop(m, v, child);
	return VISIT_DONE;
}

static int lock_block_defer(struct map *m, const struct visit *v, uint64_t new)
{
	struct arm64_mmu *x = m->w.x;
	uint32_t child = pte_child(x, v->old);
	bool clean = cleans(x, child);
	int ret;

	obs_enters_pte(&x->mmu, OBS_W_MAP, v->gfn, v->level, VISIT_PRE, v->old);
	ret = entry_break(&m->w, v, m->window) ? 0 : -EAGAIN;
	if (!ret) {
		map_make_leaf(m, v, new, clean);
		obs_pte(&x->mmu, OBS_FREE_UNLINKED, 0, v->level, 0, 0, 0, 0);
		table_free_unlinked(x, child, walk_shared(&m->w));
	}
	observe(m, v, VISIT_PRE, v->old, ret);
	return ret;
}

int coalesce(struct map *m, const struct visit *v)
{
	struct mmu_counters *c = &m->w.x->mmu.counters;
	uint64_t new = map_leaf(m, v), began_ns = rt_now_ns();
	int ret = -EAGAIN;

	switch (m->w.x->mmu.policy->coalesce_order) {
	case COALESCE_ORDER_UNMAP_FIRST:
		ret = unmap_first(m, v, new);
		break;
	case COALESCE_ORDER_BLOCK_FIRST:
		ret = block_first(m, v, new);
		break;
	case COALESCE_ORDER_LOCK_BLOCK_DEFER:
		ret = lock_block_defer(m, v, new);
		break;
	}
	if (ret == -EAGAIN)
		return ret;
	rt_count(&c->coalesced, 1);
	rt_count(&c->coalesce_ns, rt_now_ns() - began_ns);
	rt_count_most(&c->coalesce_max_ns, rt_now_ns() - began_ns);
	return ret;
}
