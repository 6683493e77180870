/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_PROTECT_H
#define ENGINE_X86_PROTECT_H

/*
 * Making the next write to a page noticed: by a fault, when W is cleared, or by the hardware's own
 * log, when D is.  MMU_WRITABLE stays, so that a fast fault can give W back, but
 * where a huge page has to be split first.
 */
#include "engine/x86/changed.h"

/* Does clearing D suffice?  dirty.method, and what the hardware can do. */
bool protects_by_d(const struct x86_mmu *x);

/* All leafs of a slot, of @min_level and above, lose W; mmu_lock held as @shared says, yields. */
void protect_slot(struct x86_mmu *x, const struct memslot *slot, int min_level, bool shared);
/* All leafs of a slot lose D (W without hardware A/D bits); mmu_lock held as @shared says, yields. */
void protect_slot_d(struct x86_mmu *x, const struct memslot *slot, bool shared);

/* --- mmu_lock held for write --- */

/* The huge leaf that maps @gfn, if one does, loses W and MMU_WRITABLE: writes have to take the slow path. */
void protect_huge(struct x86_mmu *x, const struct memslot *slot, gfn_t gfn);
/* The 4 KiB leafs of pages of @mask from @gfn on lose W or D. */
void protect_mask(struct x86_mmu *x, const struct memslot *slot, gfn_t gfn, uint64_t mask);

#endif
