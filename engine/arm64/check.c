/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks every table; reads only. */
#include "engine/arm64/check.h"

#include "engine/arm64/arm64.h"
#include "engine/core/checker.h"

struct check {
	const struct arm64_mmu	 *x;
	const struct memslot_set *set;
	uint32_t		  nr;		/* tables found */
};

static void check_leaf(const struct check *c, uint64_t pte, int level, gfn_t gfn)
{
	const struct mmu *mmu = &c->x->mmu;
	uint64_t nr = level_pages(c->x, level);
	const struct memslot *slot;

	if (stage2_pfn(c->x->s2.page_shift, pte) & (nr - 1))
		mmu_broken(mmu, "alignment: a block's pfn is not", gfn, pte);
	if (level == STAGE2_LAST_LEVEL && mmu->checker && checker_in_window(mmu->checker, 0, gfn, nr))
		mmu_broken(mmu, "I-N1: an open invalidation's page is mapped", gfn, pte);
	if (mmu->config.guided)
		return;
	slot = memslot_find(c->set, 0, gfn);
	if (!slot || gfn + nr > slot->cfg.base_gfn + slot->cfg.npages)
		mmu_broken(mmu, "slot: a leaf has no slot", gfn, pte);
	else if (level < STAGE2_LAST_LEVEL && (pte & STAGE2_W) && (slot->cfg.flags & SLOT_LOG_DIRTY) &&
		 !mmu->config.dirty_init_set)
		mmu_broken(mmu, "slot: a block can be written where dirty pages are logged", gfn, pte);
}

static void check_table(struct check *c, uint32_t number, int level, gfn_t gfn)
{
	const struct mmu *mmu = &c->x->mmu;
	const struct table *t = arena_table(&mmu->arena, number);
	uint32_t entries = 0;

	c->nr++;
	if (!(t->flags & TABLE_IN_USE)) {
		mmu_broken(mmu, "I-T1: a freed table is reachable", gfn, number);
		return;
	}
	if ((int)t->role != level || t->gfn != gfn)
		mmu_broken(mmu, "tree: a table is not where it belongs", gfn, number);
	for (unsigned int i = 0; i < nr_entries(c->x); i++) {
		uint64_t pte = rt_peek(arena_entries(&mmu->arena, number) + i);
		gfn_t at = gfn + i * level_pages(c->x, level);

		entries += pte != 0;
		if (stage2_is_locked(pte))
			mmu_broken(mmu, "locked: an entry was left broken", at, number);
		else if (stage2_is_table(pte, level))
			check_table(c, pte_child(c->x, pte), level + 1, at);
		else if (pte & STAGE2_VALID)
			check_leaf(c, pte, level, at);
	}
	if (table_refs(c->x, number) != 1 + entries)
		mmu_broken(mmu, "I-R2: a table page's count is not 1 and its entries", gfn, table_refs(c->x, number));
}

void arm64_check(const struct mmu *mmu)
{
	const struct arm64_mmu *x = to_arm64_const(mmu);
	struct check c = { .x = x, .set = &mmu->slots.set[rt_peek(&mmu->slots.active)] };
	uint32_t waiting = __atomic_load_n(&x->unlinked, __ATOMIC_RELAXED);
	gfn_t span = level_pages(x, x->s2.start_level - 1);

	for (unsigned int i = 0; rt_peek(&x->alive) && i < x->nr_roots; i++)
		check_table(&c, x->root[i], x->s2.start_level, i * span);
	if (c.nr + waiting != mmu->arena.nr)
		mmu_broken(mmu, "I-R2: table pages are neither linked nor waiting to be freed", 0,
			   mmu->arena.nr - c.nr - waiting);
}

/* The first leaf below @number that maps a page of [start, end). */
static gfn_t first_leaf(const struct arm64_mmu *x, uint32_t number, int level, gfn_t gfn, gfn_t start, gfn_t end)
{
	gfn_t from = start > gfn ? start : gfn;

	for (unsigned int i = level_index(x, from, level); i < nr_entries(x); i++) {
		gfn_t at = gfn + i * level_pages(x, level), found = UINT64_MAX;
		uint64_t pte = rt_peek(arena_entries(&x->mmu.arena, number) + i);

		if (at >= end)
			break;
		if (stage2_is_leaf(pte, level))
			return at;
		if (stage2_is_table(pte, level))
			found = first_leaf(x, pte_child(x, pte), level + 1, at, start, end);
		if (found != UINT64_MAX)
			return found;
	}
	return UINT64_MAX;
}

gfn_t arm64_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid)
{
	const struct arm64_mmu *x = to_arm64_const(mmu);
	gfn_t span = level_pages(x, x->s2.start_level - 1), found = UINT64_MAX;

	(void)only_valid;
	if (as_id || !rt_peek(&x->alive))
		return UINT64_MAX;
	for (unsigned int i = 0; i < x->nr_roots && found == UINT64_MAX; i++)
		if (i * span < end && start < (i + 1) * span)
			found = first_leaf(x, x->root[i], x->s2.start_level, i * span, start, end);
	return found;
}
