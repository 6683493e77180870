/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_RANGE_H
#define ENGINE_ARM64_RANGE_H

/* stage2_apply_range(): long walks in chunks, between which others may be let in. */
#include "engine/arm64/arm64.h"

/* What is done to one chunk: of the range [@start, @end).  Return: 0 to go on. */
typedef int (*chunk_fn)(struct arm64_mmu *x, gfn_t start, gfn_t end);

/* End of the chunk of @pages that @at is in, @end at most. */
gfn_t chunk_end(gfn_t at, gfn_t end, uint64_t pages);
/* mmu_lock held for write, and dropped between chunks where @resched.  Never after the last. */
void range_apply(struct arm64_mmu *x, gfn_t start, gfn_t end, chunk_fn fn, bool resched);

#endif
