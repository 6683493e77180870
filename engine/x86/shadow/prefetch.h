/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_PREFETCH_H
#define ENGINE_X86_SHADOW_PREFETCH_H

#include "engine/x86/shadow/leaf.h"

#define PREFETCH_NUM	8u	/* PTE_PREFETCH_NUM: entries, and aligned to as many */

/*
 * May anything be mapped ahead around @entry: it is of the lowest level, there are A bits to tell that nobody
 * accessed it, no invalidation is in progress?
 */
bool prefetch_allowed(const struct shadow_mmu *sm, uint32_t entry);
/* The page the host has behind @gfn at hand and writable, or MMU_PFN_NONE. */
pfn_t prefetch_page(const struct shadow_mmu *sm, gfn_t gfn);
/* The slot of @gfn for mapping ahead, NULL: it has none, or (for @write) it is logged. */
const struct memslot *prefetch_slot(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, bool write);

/* direct_pte_prefetch(): @entry of a direct page was just set; its neighbours follow as far as the host has pages. */
void prefetch_direct(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry);

#endif
