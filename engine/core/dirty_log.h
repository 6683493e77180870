/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_DIRTY_LOG_H
#define ENGINE_CORE_DIRTY_LOG_H

/*
 * The dirty bitmap of one slot, in words of 64 pages.
 *
 * - Bits are set by faults, from several vCPUs and without a lock; they are taken by one
 *   reader at a time, who holds slots_lock (and mmu_lock for write, where protection goes with them).
 * - The copy is what user space was given last: what it asks to have cleared is not recorded,
 *   and is taken to be that.  Before the first copy it asks for everything.
 * - Both generations of a slot share it.
 */
#include "engine/rt/rt.h"

#define DIRTY_WORD_PAGES	64u

struct dirty_log {
	uint64_t  npages, nr_words;
	bool	  copied;
	uint64_t *copy;
	rt_u64	  word[];
};

/* @all_set: every page counts as dirty from the start. */
struct dirty_log *dirty_log_new(uint64_t npages, bool all_set);
void dirty_log_free(struct dirty_log *d);	/* NULL is fine */

static inline void dirty_log_set(struct dirty_log *d, uint64_t page)
{
	rt_fetch_or(&d->word[page / DIRTY_WORD_PAGES], BIT_ULL(page % DIRTY_WORD_PAGES));
}

static inline bool dirty_log_has(const struct dirty_log *d, uint64_t page)
{
	return rt_peek(&d->word[page / DIRTY_WORD_PAGES]) & BIT_ULL(page % DIRTY_WORD_PAGES);
}

/* Word @w goes to user space and is empty.  Return: what it held. */
uint64_t dirty_log_take(struct dirty_log *d, uint64_t w);
/* All words go to user space and stay.  Return: pages set. */
uint64_t dirty_log_copy(struct dirty_log *d);
/* Pages of @mask from @page on, which need not begin a word, are no longer dirty. */
void dirty_log_drop(struct dirty_log *d, uint64_t page, uint64_t mask);
/* User space has dealt with what it was given of word @w.  Return: which bits that cleared. */
uint64_t dirty_log_clear(struct dirty_log *d, uint64_t w);

#endif
