/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arm64 without FWB: no page is mapped whose last contents may still be in the host's caches only (I-R3).  The
 * host may write to a page whenever the guest has lost it: to the next one behind its gfn.
 */
#include "engine/core/checker_state.h"

#include <stdlib.h>

#include "base/alloc.h"

#define NOBODY	UINT32_MAX

static struct check_clean_word *find(const struct checker *c, gfn_t gfn)
{
	uint64_t key = gfn / 64 + 1;
	size_t i = (key * 0x9e3779b97f4a7c15ULL >> 32) & (c->cap_cleaned - 1);

	while (c->cleaned[i].key && c->cleaned[i].key != key)
		i = (i + 1) & (c->cap_cleaned - 1);
	return &c->cleaned[i];
}

static void grow(struct checker *c)
{
	struct check_clean_word *old = c->cleaned;
	size_t nr = c->cap_cleaned;

	if (2 * (c->nr_cleaned + 1) <= nr)
		return;
	c->cap_cleaned = nr ? 2 * nr : 1024;
	c->cleaned = xcalloc(c->cap_cleaned, sizeof(*c->cleaned));
	for (size_t i = 0; i < nr; i++)
		if (old[i].key)
			*find(c, (old[i].key - 1) * 64) = old[i];
	free(old);
}

static struct check_clean_word *get(struct checker *c, gfn_t gfn)
{
	struct check_clean_word *w;

	grow(c);
	w = find(c, gfn);
	if (!w->key) {
		w->key = gfn / 64 + 1;
		c->nr_cleaned++;
	}
	return w;
}

/* The part of the word around @gfn that lies in [@gfn, @end). */
static uint64_t mask_of(gfn_t gfn, gfn_t end)
{
	uint64_t mask = ~0ULL << gfn % 64, next = gfn / 64 * 64 + 64;

	return end < next ? mask & ~(~0ULL << end % 64) : mask;
}

static bool tracked(const struct checker *c)
{
	return check_by_tlbi(c) && check_exact(c) && !c->mmu->config.s2.fwb;
}

static void set(struct mmu *mmu, gfn_t gfn, gfn_t end, bool clean)
{
	struct checker *c = mmu->checker;

	if (!tracked(c))
		return;
	check_lock(c);
	for (; gfn < end; gfn = gfn / 64 * 64 + 64) {
		struct check_clean_word *w = get(c, gfn);

		w->bits = clean ? w->bits | mask_of(gfn, end) : w->bits & ~mask_of(gfn, end);
	}
	check_release(mmu, c);
}

void checker_cleaned(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	set(mmu, gfn, gfn + nr, true);
}

void checker_host_writes(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	set(mmu, gfn, gfn + nr, false);
}

void check_caches(struct checker *c, const struct check_change *ch)
{
	gfn_t end = ch->gfn + mmu_level_pages(c->mmu, ch->level);

	if (!tracked(c) || !ch->new.leaf || ch->old.leaf)
		return;
	for (gfn_t gfn = ch->gfn; gfn < end; gfn = gfn / 64 * 64 + 64)
		if (~get(c, gfn)->bits & mask_of(gfn, end)) {
			check_wrong(c, "I-R3: a page was mapped whose contents may be in the host's caches only", gfn,
				    ch->new.raw, NOBODY);
			return;
		}
}
