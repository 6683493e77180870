/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two bitmaps: what is dirty, and what user space knows of it. */
#include "engine/core/dirty_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Bits of word @w that are pages of the slot. */
static uint64_t word_mask(const struct dirty_log *d, uint64_t w)
{
	uint64_t left = d->npages - w * DIRTY_WORD_PAGES;

	return left >= DIRTY_WORD_PAGES ? ~0ULL : BIT_ULL(left) - 1;
}

struct dirty_log *dirty_log_new(uint64_t npages, bool all_set)
{
	uint64_t nr = (npages + DIRTY_WORD_PAGES - 1) / DIRTY_WORD_PAGES;
	struct dirty_log *d = xcalloc(1, sizeof(*d) + nr * sizeof(d->word[0]));

	d->npages = npages;
	d->nr_words = nr;
	d->copy = xcalloc(nr, sizeof(*d->copy));
	for (uint64_t w = 0; w < nr; w++)
		rt_word_init(&d->word[w], all_set ? word_mask(d, w) : 0);
	return d;
}

void dirty_log_free(struct dirty_log *d)
{
	if (!d)
		return;
	free(d->copy);
	free(d);
}

uint64_t dirty_log_take(struct dirty_log *d, uint64_t w)
{
	d->copy[w] = rt_xchg(&d->word[w], 0);
	return d->copy[w];
}

uint64_t dirty_log_copy(struct dirty_log *d)
{
	uint64_t pages = 0;

	for (uint64_t w = 0; w < d->nr_words; w++) {
		d->copy[w] = rt_load(&d->word[w]);
		pages += __builtin_popcountll(d->copy[w]);
	}
	d->copied = true;
	return pages;
}

void dirty_log_drop(struct dirty_log *d, uint64_t page, uint64_t mask)
{
	uint64_t w = page / DIRTY_WORD_PAGES, shift = page % DIRTY_WORD_PAGES;

	rt_fetch_and(&d->word[w], ~(mask << shift));
	if (shift && w + 1 < d->nr_words)
		rt_fetch_and(&d->word[w + 1], ~(mask >> (DIRTY_WORD_PAGES - shift)));
}

uint64_t dirty_log_clear(struct dirty_log *d, uint64_t w)
{
	uint64_t asked = d->copied ? d->copy[w] : word_mask(d, w);

	return asked ? asked & rt_fetch_and(&d->word[w], ~asked) : 0;
}
