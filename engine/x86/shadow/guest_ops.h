/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_GUEST_OPS_H
#define ENGINE_X86_SHADOW_GUEST_OPS_H

/* What a guest whose page tables are shadowed does with them: engine/mmu.h has the meaning. */
#include "engine/x86/shadow/shadow.h"

extern const struct mmu_guest_ops shadow_guest_ops;

/* guest_ops.c */
void shadow_gpte(struct mmu *mmu, gfn_t table, unsigned int offset, uint64_t value);
bool shadow_guest_writes(struct mmu *mmu, unsigned int vcpu, gfn_t table, unsigned int offset, uint64_t value);
void shadow_vcpu_role(struct mmu *mmu, unsigned int vcpu, uint32_t role);

/* pt_write.c */
void shadow_pt_write(struct mmu *mmu, unsigned int vcpu, gfn_t gfn, unsigned int offset, uint64_t value,
		     unsigned int bytes);
/* invlpg.c */
void shadow_invlpg(struct mmu *mmu, unsigned int vcpu, uint64_t gva);
/* The same below the present root alone; in an SRCU section. */
void shadow_invalidate_gva(struct shadow_mmu *sm, unsigned int vcpu, uint64_t gva);
/* pgd.c */
bool shadow_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root);

#endif
