/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunks of a range; KVM mmu.c, stage2_apply_range(). */
#include "engine/arm64/range.h"

#include "engine/core/checker.h"
#include "engine/core/mutant.h"

/* Pages of a chunk: range.chunk. */
static uint64_t chunk_pages(const struct arm64_mmu *x)
{
	switch (x->mmu.policy->range_chunk) {
	case RANGE_CHUNK_PGD:
		return level_pages(x, x->s2.start_level);
	case RANGE_CHUNK_PMD:
		return level_pages(x, STAGE2_LAST_LEVEL - 1);
	case RANGE_CHUNK_BLOCK:
		break;
	}
	return level_pages(x, stage2_min_block_level(x->s2.page_shift));
}

gfn_t chunk_end(gfn_t at, gfn_t end, uint64_t pages)
{
	gfn_t boundary = (at & ~(pages - 1)) + pages;

	return boundary < end ? boundary : end;
}

static void yield(struct arm64_mmu *x, const void *walk, gfn_t next)
{
	if (likely(!rt_need_resched() && !rt_needbreak(&x->mmu.lock)))
		return;
	check_yield(&x->mmu, walk, next);
	rt_cond_resched_write(&x->mmu.lock);
}

void range_apply(struct arm64_mmu *x, gfn_t start, gfn_t end, chunk_fn fn, bool resched)
{
	uint64_t pages = chunk_pages(x);
	gfn_t at = start;

	check_walk(&x->mmu, &pages, start);
	while (at < end && rt_peek(&x->alive)) {
		gfn_t next = chunk_end(at, end, pages);

		if (fn(x, at, next))
			return;
		at = next;
		if (resched && at < end)
			yield(x, &pages, MUTANT(yield_at_once) ? start : at);
	}
}
