/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Eager splitting: a block makes way for tables that map all of it, built where nobody can see them.
 * KVM mmu.c, kvm_mmu_split_huge_pages(), and hyp/pgtable.c, stage2_split_walker().
 */
#include "engine/arm64/split.h"

#include <errno.h>

#include "engine/arm64/map.h"
#include "engine/arm64/range.h"
#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

static uint64_t chunk_bytes(const struct arm64_mmu *x)
{
	switch (x->mmu.policy->dirty_eager_split_chunk) {
	case DIRTY_EAGER_SPLIT_CHUNK_0:
		return 0;
	case DIRTY_EAGER_SPLIT_CHUNK_2M:
		return 2ULL << 20;
	case DIRTY_EAGER_SPLIT_CHUNK_32M:
		return 32ULL << 20;
	case DIRTY_EAGER_SPLIT_CHUNK_512M:
		return 512ULL << 20;
	case DIRTY_EAGER_SPLIT_CHUNK_1G:
		return 1ULL << 30;
	case DIRTY_EAGER_SPLIT_CHUNK_HOST:
		break;
	}
	return x->s2.split_chunk;
}

uint64_t split_chunk(const struct arm64_mmu *x)
{
	uint64_t pages = chunk_bytes(x) >> x->s2.page_shift;
	int min = stage2_min_block_level(x->s2.page_shift);

	/* KVM takes block sizes only. */
	for (int level = min; level < STAGE2_LAST_LEVEL; level++)
		if (pages == level_pages(x, level))
			return pages;
	return 0;
}

/* Tables that a block of @level needs to become pages. */
static uint32_t nr_tables(const struct arm64_mmu *x, int level)
{
	uint32_t nr = 0;

	for (; level < STAGE2_LAST_LEVEL; level++)
		nr = nr ? nr << x->bits | 1 : 1;
	return nr;
}

/* The same for a chunk, as KVM counts them. */
static uint32_t tables_for(const struct arm64_mmu *x, uint64_t pages)
{
	uint64_t pmd = level_pages(x, STAGE2_LAST_LEVEL - 1), pud = pmd << x->bits, nr = (pages + pmd - 1) / pmd;

	if (stage2_min_block_level(x->s2.page_shift) < STAGE2_LAST_LEVEL - 1)
		nr += (pages + pud - 1) / pud;
	return (uint32_t)nr;
}

/* A table that maps what the block maps; by pages where there are enough at hand, else by the next smaller blocks. */
static uint32_t build(struct arm64_mmu *x, const struct walk *w, const struct visit *v, bool by_pages)
{
	gfn_t start = visit_gfn(w, v);
	uint32_t child = table_new(x, v->level + 1, start);
	struct map m = {
		.w = { .x = x, .flags = WALK_SKIP_BBM_TLBI | WALK_SKIP_CMO, .start = start, .base = start,
		       .end = start + level_pages(x, v->level) - MUTANT(split_drops) },
		.pfn = stage2_pfn(x->s2.page_shift, v->old), .prot = stage2_prot(v->old), .force_pages = by_pages,
		.cached = &x->split_cached,
	};

	x->split_cached--;
	map_table(&m, child, v->level + 1);
	return child;
}

static int split_visit(struct walk *w, const struct visit *v)
{
	struct arm64_mmu *x = w->x;
	uint32_t needed = nr_tables(x, v->level), at_hand = x->split_cached, child;

	obs_pte(&x->mmu, OBS_W_SPLIT, v->gfn, v->level, 0, 0, v->old, 0);
	if (v->level == STAGE2_LAST_LEVEL || !(v->old & STAGE2_VALID))
		return 0;
	if (!x->split_cached)
		return -ENOMEM;
	child = build(x, w, v, x->split_cached >= needed);
	rt_charge(COST_SPLIT_ENTRY, (uint64_t)(at_hand - x->split_cached) << x->bits);
	if (!entry_break(w, v, &x->host_window)) {
		table_free_unlinked(x, child, false);
		return -EAGAIN;
	}
	arena_table(&x->mmu.arena, child)->parent = entry_table(x, v->ptep);
	arena_table(&x->mmu.arena, child)->slot = (uint16_t)level_index(x, v->gfn, v->level);
	rt_count(&x->mmu.counters.tables_made, 1);
	entry_make(w, v, pte_for_table(x, child), &x->host_window);
	return 0;
}

static int split_one(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	struct walk w = { .x = x, .fn = split_visit, .flags = VISIT_LEAF, .start = start, .end = end };
	int ret;

	obs_enters_s2(&x->mmu, OBS_S2_SPLIT, start, end - start, 0, 0);
	ret = walk_range(&w);
	obs_s2(&x->mmu, OBS_S2_SPLIT, start, end - start, 0, (unsigned int)-ret, 0);
	return ret;
}

/* Pages for tables are fetched where one may sleep; others get in meanwhile. */
static void top_up(struct arm64_mmu *x, const void *walk, gfn_t at, uint32_t capacity)
{
	check_yield(&x->mmu, walk, at);
	mmu_unlock(&x->mmu, false);
	rt_charge(COST_TABLE_ALLOC, capacity > x->split_cached ? capacity - x->split_cached : 0);
	x->split_cached = capacity > x->split_cached ? capacity : x->split_cached;
	mmu_lock_exclusive(&x->mmu);
}

void split_blocks(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	uint64_t pages = split_chunk(x);
	uint32_t capacity = tables_for(x, pages);
	gfn_t at = start;

	if (!pages)
		return;
	/* It may let others in before it has begun. */
	check_walk(&x->mmu, NULL, start);
	while (at < end) {
		gfn_t next = chunk_end(at, end, pages);

		if (rt_need_resched() || rt_needbreak(&x->mmu.lock) || x->split_cached < capacity)
			top_up(x, &pages, at, capacity);
		if (!rt_peek(&x->alive) || split_one(x, at, next))
			return;
		at = next;
	}
}
