/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_RECYCLE_H
#define ENGINE_X86_SHADOW_RECYCLE_H

/* How many shadow pages there may be, and which go when there are too many: the oldest.  mmu_lock held for write. */
#include "engine/x86/shadow/zap.h"

/*
 * make_mmu_pages_available(): before a fault or a root makes pages.  Return: false: there is none to be had, so
 * that user space is told (-ENOSPC).
 */
bool recycle_for_fault(struct shadow_mmu *sm);
/* kvm_mmu_zap_oldest_mmu_pages(): @nr pages at least, roots in use excepted. */
void recycle_oldest(struct shadow_mmu *sm, uint64_t nr);
/* How many more pages may be made (kvm_mmu_available_pages()). */
uint64_t recycle_available(const struct shadow_mmu *sm);

/* KVM_SET_NR_MMU_PAGES; takes mmu_lock. */
void shadow_page_limit(struct mmu *mmu, uint64_t pages);
/* The slots are others now: so is the limit, unless it was set; kvm_arch_commit_memory_region(). */
void recycle_slots_changed(struct shadow_mmu *sm);

#endif
