/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_RANGE_H
#define ENGINE_X86_SHADOW_RANGE_H

/* What the host's notifiers, and KVM itself, ask of ranges of frames: engine/core/mmu_common.h, struct mmu_ops. */
#include "engine/core/mmu_common.h"

bool shadow_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block);
bool shadow_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end);
bool shadow_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn);
bool shadow_age(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how);
gfn_t shadow_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid);

#endif
