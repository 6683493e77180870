/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_REPAIR_H
#define ENGINE_X86_SHADOW_REPAIR_H

#include "engine/x86/shadow/rmap.h"

/* mmu_repair_rmap(): takes mmu_lock where the entry goes, and none where it stays a leaf. */
bool shadow_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new);
/* mmu_repair_young() */
void shadow_repair_young(struct mmu *mmu, gfn_t gfn);

#endif
