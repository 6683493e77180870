/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_REPAIR_H
#define ENGINE_X86_SHADOW_REPAIR_H

/* What verify, the oracle and tests do to a quiet MMU: engine/mmu.h. */
#include "engine/core/mmu_common.h"

uint64_t shadow_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level);
void shadow_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte);
/* Takes mmu_lock where the entry goes, and none where it stays a leaf. */
bool shadow_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new);
void shadow_repair_young(struct mmu *mmu, gfn_t gfn);
void shadow_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p);
void shadow_stats(const struct mmu *mmu, struct mmu_stats *out);
/* check.c */
void shadow_check(const struct mmu *mmu);

#endif
