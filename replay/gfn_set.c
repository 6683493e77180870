/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits by region; a range longer than the set is walked region by region that there is. */
#include "replay/gfn_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void gfn_set_fini(struct gfn_set *s)
{
	regions_fini(&s->regions);
	free(s->v);
	*s = (struct gfn_set){ 0 };
}

static struct gfn_set_region *make(struct gfn_set *s, gfn_t gfn)
{
	uint32_t number = regions_number(&s->regions, 0, gfn);

	if (number >= s->cap) {
		uint32_t cap = 2 * number + 64;

		s->v = xreallocarray(s->v, cap, sizeof(*s->v));
		memset(s->v + s->cap, 0, (cap - s->cap) * sizeof(*s->v));
		s->cap = cap;
	}
	s->v[number].first = gfn - gfn % REGION_PAGES;
	return &s->v[number];
}

void gfn_set_add(struct gfn_set *s, gfn_t gfn, int level)
{
	struct gfn_set_region *r = make(s, gfn);

	if (level > 1) {
		memset(r->pages, 0xff, sizeof(r->pages));
		r->whole = true;
	} else {
		r->pages[gfn % REGION_PAGES / 64] |= BIT_ULL(gfn % 64);
		r->whole = false;
	}
}

/* Bits of word @w that stand for frames of [gfn, end). */
static uint64_t mask_of(const struct gfn_set_region *r, unsigned int w, gfn_t gfn, gfn_t end)
{
	gfn_t first = r->first + w * 64;
	uint64_t low, high;

	if (gfn >= first + 64 || end <= first)
		return 0;
	low = gfn > first ? gfn - first : 0;
	high = end < first + 64 ? end - first : 64;
	return (high == 64 ? ~0ULL : BIT_ULL(high) - 1) & ~(BIT_ULL(low) - 1);
}

static bool has_in(const struct gfn_set_region *r, gfn_t gfn, gfn_t end)
{
	for (unsigned int w = 0; w < ARRAY_SIZE(r->pages); w++)
		if (r->pages[w] & mask_of(r, w, gfn, end))
			return true;
	return false;
}

static void remove_in(struct gfn_set_region *r, gfn_t gfn, gfn_t end)
{
	bool all = r->whole && gfn < r->first + REGION_PAGES && end > r->first;

	for (unsigned int w = 0; w < ARRAY_SIZE(r->pages); w++)
		r->pages[w] &= all ? 0 : ~mask_of(r, w, gfn, end);
	if (all)
		r->whole = false;
}

static bool is_long(const struct gfn_set *s, gfn_t gfn, gfn_t end)
{
	return (end - gfn) / REGION_PAGES > s->regions.nr;
}

/* The region of @gfn, or NULL. */
static struct gfn_set_region *find(const struct gfn_set *s, gfn_t gfn)
{
	uint32_t number = regions_find(&s->regions, 0, gfn);

	return number == REGION_NONE ? NULL : &s->v[number];
}

void gfn_set_remove(struct gfn_set *s, gfn_t gfn, gfn_t end)
{
	if (is_long(s, gfn, end)) {
		for (uint32_t i = 0; i < s->regions.nr; i++)
			remove_in(&s->v[i], gfn, end);
		return;
	}
	for (gfn_t at = gfn - gfn % REGION_PAGES; at < end; at += REGION_PAGES) {
		struct gfn_set_region *r = find(s, at);

		if (r)
			remove_in(r, gfn, end);
	}
}

void gfn_set_clear(struct gfn_set *s)
{
	gfn_set_remove(s, 0, UINT64_MAX);
}

bool gfn_set_has(const struct gfn_set *s, gfn_t gfn, gfn_t end)
{
	bool any = false;

	if (is_long(s, gfn, end)) {
		for (uint32_t i = 0; i < s->regions.nr && !any; i++)
			any = has_in(&s->v[i], gfn, end);
		return any;
	}
	for (gfn_t at = gfn - gfn % REGION_PAGES; at < end && !any; at += REGION_PAGES) {
		const struct gfn_set_region *r = find(s, at);

		any = r && has_in(r, gfn, end);
	}
	return any;
}

bool gfn_set_is_whole(const struct gfn_set *s, gfn_t gfn)
{
	const struct gfn_set_region *r = find(s, gfn);

	return r && r->whole;
}
