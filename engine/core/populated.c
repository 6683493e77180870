/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bitmap that several faults may set at once; nobody waits for it. */
#include "engine/core/populated.h"

#include <stdlib.h>

#include "base/alloc.h"

static size_t words(uint64_t npages)
{
	return (npages + 63) / 64;
}

static size_t stretch(const struct populated *p, uint64_t at)
{
	return ((p->hfn + at) >> 9) - (p->hfn >> 9);
}

struct populated *populated_new(uint64_t npages, uint64_t hfn)
{
	struct populated *p = xcalloc(1, sizeof(*p) + words(npages) * sizeof(p->word[0]));

	p->npages = npages;
	p->hfn = hfn;
	p->level = xcalloc(stretch(p, npages) + 1, sizeof(*p->level));
	return p;
}

void populated_free(struct populated *p)
{
	if (!p)
		return;
	free(p->level);
	free(p);
}

/* Bits [first, first + nr) that lie in word @w. */
static uint64_t mask_of(uint64_t w, uint64_t first, uint64_t nr)
{
	uint64_t low = first > w * 64 ? first - w * 64 : 0;
	uint64_t high = first + nr < (w + 1) * 64 ? first + nr - w * 64 : 64;

	return (high == 64 ? ~0ULL : BIT_ULL(high) - 1) & ~(BIT_ULL(low) - 1);
}

/* The bits of word @w that say "there". */
static uint64_t load(const struct populated *p, uint64_t w)
{
	uint64_t bits = __atomic_load_n(&p->word[w], __ATOMIC_RELAXED);

	return w >= p->filled && w < p->filled_end ? ~bits : bits;
}

static void set_word(struct populated *p, uint64_t w, uint64_t mask, bool there)
{
	bool inverse = w >= p->filled && w < p->filled_end;

	if (there != inverse)
		rt_bits_set(&p->word[w], mask);
	else
		rt_bits_clear(&p->word[w], mask);
}

static void set(struct populated *p, uint64_t first, uint64_t nr, bool there)
{
	for (uint64_t w = first / 64; w * 64 < first + nr; w++)
		set_word(p, w, mask_of(w, first, nr), there);
}

bool populated_touch(struct populated *p, uint64_t at, uint64_t first, uint64_t nr)
{
	if (load(p, at / 64) & BIT_ULL(at % 64))
		return true;
	if (first + nr > p->npages)
		nr = p->npages - first;
	set(p, first, nr, true);
	return false;
}

void populated_set_level(struct populated *p, uint64_t at, int level)
{
	uint8_t *known = &p->level[stretch(p, at)];

	if (__atomic_load_n(known, __ATOMIC_RELAXED) < level)
		__atomic_store_n(known, (uint8_t)level, __ATOMIC_RELAXED);
}

int populated_level(const struct populated *p, uint64_t at)
{
	uint8_t known = __atomic_load_n(&p->level[stretch(p, at)], __ATOMIC_RELAXED);

	return known ? known : 1;
}

void populated_clear(struct populated *p, uint64_t first, uint64_t nr)
{
	if (nr)
		for (size_t i = stretch(p, first); i <= stretch(p, first + nr - 1); i++)
			if (__atomic_load_n(&p->level[i], __ATOMIC_RELAXED))	/* reading alone takes no memory */
				__atomic_store_n(&p->level[i], 0, __ATOMIC_RELAXED);
	set(p, first, nr, false);
}

void populated_fill(struct populated *p, uint64_t first, uint64_t nr)
{
	uint64_t from = (first + 63) / 64, to = (first + nr) / 64;

	if (from >= to || (p->filled_end && p->filled_end != from)) {
		set(p, first, nr, true);
		return;
	}
	for (uint64_t w = from; w < to; w++)	/* reading alone takes no memory */
		if (p->word[w])
			p->word[w] = 0;
	if (!p->filled_end)
		p->filled = from;
	p->filled_end = to;
	set(p, first, from * 64 - first, true);
	set(p, to * 64, first + nr - to * 64, true);
}
