/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_UNMAP_H
#define ENGINE_ARM64_UNMAP_H

#include "engine/arm64/arm64.h"

/* mmu_ops */
bool arm64_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block);
bool arm64_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end);
bool arm64_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn);
void arm64_flush_slot(struct mmu *mmu, const struct memslot *slot);

#endif
