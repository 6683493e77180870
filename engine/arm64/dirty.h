/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_DIRTY_H
#define ENGINE_ARM64_DIRTY_H

/* Dirty logging is by write protection: mmu_ops. */
#include "engine/core/mmu_common.h"

void arm64_log_start(struct mmu *mmu, const struct memslot *slot);
void arm64_log_stop(struct mmu *mmu, const struct memslot *slot);
void arm64_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask);
bool arm64_writes_unnoticed(const struct mmu *mmu, uint64_t pte);

#endif
