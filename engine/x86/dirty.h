/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_DIRTY_H
#define ENGINE_X86_DIRTY_H

#include "engine/core/mmu_common.h"

/* kvm_mmu_slot_apply_flags(): logging of a slot starts, stops. */
void x86_log_start(struct mmu *mmu, const struct memslot *slot);
void x86_log_stop(struct mmu *mmu, const struct memslot *slot);
/* kvm_arch_mmu_enable_log_dirty_pt_masked(); mmu_lock held for write, and dropped where a split does so. */
void x86_log_dirty(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask);
/* Can a page with this entry be written, and nobody hears of it? */
bool x86_writes_unnoticed(const struct mmu *mmu, uint64_t spte);

#endif
