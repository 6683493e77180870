/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_DIRECT_H
#define ENGINE_X86_SHADOW_DIRECT_H

/* Faults by gfn, served by direct pages: kvm_tdp_page_fault() without the TDP MMU, and guests that do not page. */
#include "engine/x86/fault.h"
#include "engine/x86/shadow/leaf.h"

enum ret_pf shadow_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);

/* fault_choose_level(), and what shadow pages of the frames around have against it. */
void shadow_choose_level(struct shadow_mmu *sm, struct fault *f);
/*
 * disallowed_hugepage_adjust(): small pages stay where the NX mitigation wanted them, when the fault comes by an entry
 * @spte of @level.
 */
void shadow_descend_for_nx(const struct shadow_mmu *sm, struct fault *f, uint64_t spte, int level);
/* Page @child was made on the way of the fault at an entry of @level: account_nx_huge_page(). */
void shadow_account_nx(struct shadow_mmu *sm, const struct fault *f, uint32_t child, int level);
/* The leaf the fault asks for at @entry, of guest access @access. */
enum ret_pf shadow_install(struct shadow_mmu *sm, struct fault *f, uint32_t entry, unsigned int access);

#endif
