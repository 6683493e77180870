/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_CMO_H
#define ENGINE_ARM64_CMO_H

/*
 * Cache maintenance: what the host wrote must have reached memory before a guest that has its caches off
 * reads it, and what the guest executes must not come from stale instruction caches.  With FWB and DIC
 * the processor needs neither.  The time it takes goes with the size.
 */
#include "engine/arm64/arm64.h"

/* @pte, of @level, is about to map @gfn on. */
void cmo_map(struct arm64_mmu *x, gfn_t gfn, uint64_t pte, int level);
/* A leaf of @level is gone. */
void cmo_unmap(struct arm64_mmu *x, int level);
/* The leaf becomes executable. */
void cmo_exec(struct arm64_mmu *x, int level);

#endif
