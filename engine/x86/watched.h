/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_WATCHED_H
#define ENGINE_X86_WATCHED_H

/*
 * What the checker hears of entries: x86's bits told as engine/core/checker.h wants them.
 * Each call stands directly behind the change it tells of; off, it is one predicted branch.
 */
#include "engine/core/checker.h"
#include "engine/x86/x86.h"

void watched_entry(struct x86_mmu *x, const rt_u64 *sptep, uint64_t old, uint64_t new, bool hardware);
void watched_install(struct x86_mmu *x, const rt_u64 *sptep, uint64_t spte, gfn_t gfn, bool write);

/* The entry was @old and is @new. */
static inline void check_entry(struct x86_mmu *x, const rt_u64 *sptep, uint64_t old, uint64_t new)
{
	if (checking(&x->mmu))
		watched_entry(x, sptep, old, new, false);
}

/* The same, done by the guest's own access. */
static inline void check_hardware(struct x86_mmu *x, const rt_u64 *sptep, uint64_t old, uint64_t new)
{
	if (checking(&x->mmu))
		watched_entry(x, sptep, old, new, true);
}

/* A fault on @gfn ends with this leaf, new or found there. */
static inline void check_install(struct x86_mmu *x, const rt_u64 *sptep, uint64_t spte, gfn_t gfn, bool write)
{
	if (checking(&x->mmu))
		watched_install(x, sptep, spte, gfn, write);
}

#endif
