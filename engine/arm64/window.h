/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_WINDOW_H
#define ENGINE_ARM64_WINDOW_H

/*
 * How long what was mapped is not, while an entry is broken and made again: what other vCPUs feel of a
 * block that takes the place of a table, or the other way round.  Statistics only: nothing is decided by it.
 */
#include "engine/arm64/arm64.h"

/* A valid entry for [@start, @start + @nr) was broken. */
void window_open(struct arm64_mmu *x, struct window *w, gfn_t start, uint64_t nr);
/* It is valid again; nothing when no window is open. */
void window_close(struct arm64_mmu *x, struct window *w);
bool window_meets_slow(const struct arm64_mmu *x, gfn_t gfn);

/* A fault on @gfn begins: is its entry broken right now? */
static inline bool window_meets(const struct arm64_mmu *x, gfn_t gfn)
{
	return unlikely(__atomic_load_n(&x->nr_windows, __ATOMIC_RELAXED)) && window_meets_slow(x, gfn);
}

#endif
