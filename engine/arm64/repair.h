/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_REPAIR_H
#define ENGINE_ARM64_REPAIR_H

#include "engine/arm64/arm64.h"

/* mmu_ops: what verify and the oracle do to a quiet MMU */
uint64_t arm64_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level);
void arm64_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t pte);
void arm64_stats(const struct mmu *mmu, struct mmu_stats *out);
void arm64_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p);

#endif
