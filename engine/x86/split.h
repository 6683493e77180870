/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SPLIT_H
#define ENGINE_X86_SPLIT_H

#include "engine/x86/changed.h"

/*
 * Eager splitting: every huge leaf of [@start, @end) becomes 4 KiB leafs that map and permit the same.
 * mmu_lock is held as @shared says, and dropped for each new table under dirty.split_alloc = drop-lock,
 * which is as good as a yield; also yields.  No flush: the translation does not change.
 */
void split_range(struct x86_mmu *x, const struct memslot *slot, gfn_t start, gfn_t end, bool shared);

#endif
