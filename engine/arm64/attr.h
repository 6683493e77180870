/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_ATTR_H
#define ENGINE_ARM64_ATTR_H

/* Attributes of leafs that are there: permissions, access flag. */
#include "engine/arm64/walk.h"

/*
 * kvm_pgtable_stage2_relax_perms(): the leaf of @gfn permits @prot, too; the TLBs hear of it as relax.tlbi says.
 * @flags: WALK_*.  Return: 0, or -EAGAIN: there is no leaf, or another was faster (since 6.2).
 */
int relax(struct arm64_mmu *x, gfn_t gfn, unsigned int prot, unsigned int flags);
/* kvm_pgtable_stage2_mkyoung().  Return: the entry as it was, 0: there is none. */
uint64_t make_young(struct arm64_mmu *x, gfn_t gfn, unsigned int flags);
/* kvm_pgtable_stage2_wrprotect(): mmu_lock held for write; a flush is owed. */
int write_protect(struct arm64_mmu *x, gfn_t start, gfn_t end);

#endif
