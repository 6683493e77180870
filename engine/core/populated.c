/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bitmap that several faults may set at once; nobody waits for it. */
#include "engine/core/populated.h"

#include <stdlib.h>

#include "base/alloc.h"

struct populated {
	uint64_t npages;
	uint64_t word[];
};

static size_t words(uint64_t npages)
{
	return (npages + 63) / 64;
}

struct populated *populated_new(uint64_t npages)
{
	struct populated *p = xcalloc(1, sizeof(*p) + words(npages) * sizeof(p->word[0]));

	p->npages = npages;
	return p;
}

void populated_free(struct populated *p)
{
	free(p);
}

/* Bits [first, first + nr) that lie in word @w. */
static uint64_t mask_of(uint64_t w, uint64_t first, uint64_t nr)
{
	uint64_t low = first > w * 64 ? first - w * 64 : 0;
	uint64_t high = first + nr < (w + 1) * 64 ? first + nr - w * 64 : 64;

	return (high == 64 ? ~0ULL : BIT_ULL(high) - 1) & ~(BIT_ULL(low) - 1);
}

bool populated_touch(struct populated *p, uint64_t at, uint64_t first, uint64_t nr)
{
	uint64_t was = __atomic_load_n(&p->word[at / 64], __ATOMIC_RELAXED);

	if (was & BIT_ULL(at % 64))
		return true;
	if (first + nr > p->npages)
		nr = p->npages - first;
	for (uint64_t w = first / 64; w * 64 < first + nr; w++)
		__atomic_fetch_or(&p->word[w], mask_of(w, first, nr), __ATOMIC_RELAXED);
	return false;
}

void populated_clear(struct populated *p, uint64_t first, uint64_t nr)
{
	for (uint64_t w = first / 64; w * 64 < first + nr; w++)
		__atomic_fetch_and(&p->word[w], ~mask_of(w, first, nr), __ATOMIC_RELAXED);
}
