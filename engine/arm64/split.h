/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_SPLIT_H
#define ENGINE_ARM64_SPLIT_H

#include "engine/arm64/arm64.h"

/* Pages of a chunk: dirty.eager_split_chunk.  0: blocks are not split before somebody writes. */
uint64_t split_chunk(const struct arm64_mmu *x);
/*
 * kvm_mmu_split_huge_pages(): blocks of [@start, @end) become pages; mmu_lock held for write, dropped between
 * chunks when others wait or pages for tables are short.
 */
void split_blocks(struct arm64_mmu *x, gfn_t start, gfn_t end);

#endif
