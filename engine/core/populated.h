/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_POPULATED_H
#define ENGINE_CORE_POPULATED_H

/*
 * Which pages of a slot the host has, one bit each, so that a fault is charged
 * for the host's allocation when it is the first to touch a page: since the
 * slot was made, or since an invalidation covered the page (which then is gone
 * or elsewhere).  A trace does not say whether the host had the page; this is
 * the assumption.  Costs only: nothing else depends on it.
 *
 * Beside it, by stretches of 2 MiB of host addresses, how large the host's own mapping is, as far as
 * faults have shown since an invalidation touched it.  When dirty logging stops, that says what
 * could be one page again.
 */
#include "base/types.h"
#include "engine/rt/rt.h"

struct populated {
	uint64_t npages, hfn;
	uint8_t	*level;		/* by 2 MiB stretch of the host; 0: not known */
	uint64_t filled, filled_end;	/* whole words: a bit that is 0 means there, and 1 not */
	uint64_t word[];
};

/* @hfn: host address of its first page, in pages. */
struct populated *populated_new(uint64_t npages, uint64_t hfn);
void populated_free(struct populated *p);	/* NULL is fine */
/* @nr pages from @first are there now.  Return: whether page @at was there before. */
bool populated_touch(struct populated *p, uint64_t at, uint64_t first, uint64_t nr);
/* The same of page @at alone. */
static inline bool populated_touch_page(struct populated *p, uint64_t at)
{
	uint64_t *word = &p->word[at / 64], bit = BIT_ULL(at % 64);
	bool inverse = at / 64 >= p->filled && at / 64 < p->filled_end;

	if (inverse != !!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
		return true;
	if (inverse)
		rt_bits_clear(word, bit);
	else
		rt_bits_set(word, bit);
	return false;
}

/* The host maps the 2 MiB stretch around page @at with pages of @level (2, 3) at least. */
void populated_set_level(struct populated *p, uint64_t at, int level);
/* Return: 1 .. 3, 1 when nothing is known. */
int populated_level(const struct populated *p, uint64_t at);
void populated_clear(struct populated *p, uint64_t first, uint64_t nr);
/*
 * @nr pages from @first were there before anybody looked.  The first such range costs no memory; those
 * that do not go on from it are touched.  Not beside other calls.
 */
void populated_fill(struct populated *p, uint64_t first, uint64_t nr);

#endif
