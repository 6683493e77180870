/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_PGD_H
#define ENGINE_X86_SHADOW_PGD_H

/* The roots of a guest whose tables are shadowed: loaded for its CR3, kept when it loads another. */
#include "engine/x86/shadow/vcpu.h"

/* Is the guest's table in a slot?  If not there is no root. */
bool pgd_is_visible(struct shadow_mmu *sm, unsigned int vcpu);

/*
 * mmu_alloc_shadow_roots() and the sync of kvm_mmu_load(): the root of the vCPU's CR3.  There is none while the
 * guest's table is in no slot.
 */
void pgd_load(struct shadow_mmu *sm, unsigned int vcpu);

/* engine/mmu.h, mmu_cr3() */
bool shadow_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root);

#endif
