/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_WATCHED_H
#define ENGINE_ARM64_WATCHED_H

/*
 * What the checker hears of entries: stage 2's bits told as engine/core/checker.h wants them.
 * Each call stands directly behind the change it tells of; off, it is one predicted branch.
 */
#include "engine/arm64/arm64.h"
#include "engine/core/checker.h"

/* @was: what @old was before it was broken. */
void watched_pte(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t was, uint64_t old, uint64_t new, bool hardware);
void watched_leaf(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t pte, gfn_t gfn, bool write);

/* The entry was @old and is @new. */
static inline void check_entry(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t old, uint64_t new)
{
	if (checking(&x->mmu))
		watched_pte(x, ptep, old, old, new, false);
}

/* The entry, broken when it was @was, is made: @new. */
static inline void check_made_entry(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t was, uint64_t broken,
				    uint64_t new)
{
	if (checking(&x->mmu))
		watched_pte(x, ptep, was, broken, new, false);
}

/* The same, done by the guest's own access. */
static inline void check_hardware(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t old, uint64_t new)
{
	if (checking(&x->mmu))
		watched_pte(x, ptep, old, old, new, true);
}

/* A fault on @gfn ends with this leaf, new or found there. */
static inline void check_install(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t pte, gfn_t gfn, bool write)
{
	if (checking(&x->mmu))
		watched_leaf(x, ptep, pte, gfn, write);
}

#endif
