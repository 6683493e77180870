/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_FAST_ZAP_H
#define ENGINE_X86_SHADOW_FAST_ZAP_H

/* All shadow pages at once, by generation, or the pages of one slot; and the end of the VM. */
#include "engine/x86/shadow/zap.h"

/*
 * kvm_mmu_zap_all_fast(): every page is of an older generation from now on, no vCPU runs on one, and they are
 * zapped from the oldest on, with a place to yield after each zap.obsolete_batch of them.  Takes mmu_lock.
 */
void shadow_zap_all_fast(struct shadow_mmu *sm);

void shadow_flush_slot(struct mmu *mmu, const struct memslot *slot);
void shadow_slots_updated(struct mmu *mmu, bool wrapped);
void shadow_zap_all(struct mmu *mmu);
void shadow_teardown(struct mmu *mmu);

/* NX recovery: engine/mmu.h. */
uint64_t shadow_nx_recover(struct mmu *mmu, unsigned int ratio);
void shadow_nx_toggle(struct mmu *mmu);

#endif
