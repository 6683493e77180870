/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_REPAIR_H
#define ENGINE_X86_REPAIR_H

#include "engine/core/mmu_common.h"

/* Looking and mending from outside any operation: nothing is observed, charged or handed over. */
uint64_t x86_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level);
void x86_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte);
void x86_stats(const struct mmu *mmu, struct mmu_stats *out);

#endif
