/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_DIRTY_H
#define ENGINE_X86_SHADOW_DIRTY_H

/*
 * Dirty logging by rmaps: engine/core/mmu_common.h, struct mmu_ops.  Huge pages are not split ahead of writes to
 * them.
 */
#include "engine/core/mmu_common.h"

void shadow_log_start(struct mmu *mmu, const struct memslot *slot);
void shadow_log_stop(struct mmu *mmu, const struct memslot *slot);
void shadow_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask);

#endif
