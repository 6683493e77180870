/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_COLLAPSE_H
#define ENGINE_X86_COLLAPSE_H

#include "engine/x86/changed.h"

/*
 * Dirty logging has stopped: tables of the slot that could be one page again, as far as the slot and the
 * host's own mapping go, are zapped, each with its flush, or become that page in place
 * (dirty.collapse).  mmu_lock held as @shared says; yields.
 */
void collapse_slot(struct x86_mmu *x, const struct memslot *slot, bool shared);

/* Largest mapping of @gfn that slot and host allow: kvm_mmu_max_mapping_level(). */
int collapse_max_level(const struct x86_mmu *x, const struct memslot *slot, gfn_t gfn);

#endif
