/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_VCPU_H
#define ENGINE_X86_SHADOW_VCPU_H

/* A vCPU's root and those it keeps for later: kvm_mmu_load(), kvm_mmu_free_roots(). */
#include "engine/x86/shadow/zap.h"

/*
 * All vCPUs are told to let go of roots that are obsolete, and none runs on one afterwards
 * (KVM_REQ_MMU_FREE_OBSOLETE_ROOTS). mmu_lock held for write.
 */
void vcpus_reload(struct shadow_mmu *sm);

/* Every vCPU is to sync its root before it enters the guest again (KVM_REQ_MMU_SYNC). */
void vcpus_want_sync(struct shadow_mmu *sm);

/* For checks: page @number, which is or was a root, has other references than before, or is no longer valid. */
void root_tell_refs(struct shadow_mmu *sm, uint32_t number);

/* The vCPU's current root is @root, to which it has a reference; table 0: it has none. */
void vcpu_set_root(struct shadow_mmu *sm, unsigned int vcpu, struct shadow_root root);
/* mmu_free_root_page(): one reference less; @r->table becomes 0.  mmu_lock held for write. */
void root_release(struct shadow_mmu *sm, struct shadow_root *r, struct condemned *list);
/* mmu_alloc_root(): the page of (@gfn, @role), with a reference.  mmu_lock held for write. */
uint32_t root_take(struct shadow_mmu *sm, unsigned int vcpu, gfn_t gfn, uint32_t role);

void shadow_vcpu_load(struct mmu *mmu, unsigned int vcpu);
void shadow_vcpu_unload(struct mmu *mmu, unsigned int vcpu);
void shadow_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm);

#endif
