/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_RMAP_H
#define ENGINE_X86_SHADOW_RMAP_H

/*
 * Which leafs map a frame, level by level; and what is done to all of them.  Every present leaf is in exactly one
 * rmap, that of sp_entry_gfn() at its page's level.  mmu_lock held for write.
 */
#include "engine/x86/shadow/sp.h"

#define RMAP_RECYCLE	1000	/* RMAP_RECYCLE_THRESHOLD */

/*
 * rmap_add(): @entry, which has just become a leaf, maps @gfn with the guest's @access; zaps all when they are too
 * many.
 */
void rmap_add(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, unsigned int access);

/*
 * mmu_spte_update(): @entry, which maps @gfn or is about to, becomes @spte; a leaf keeps its pfn.
 * Return: the TLBs may hold what it no longer permits.
 */
bool rmap_update(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, uint64_t spte);
/* The same for a leaf that stays one. */
bool rmap_change(struct shadow_mmu *sm, uint32_t entry, uint64_t spte);
/* mmu_spte_clear_track_bits(), and out of the rmap (drop_spte()). */
void rmap_drop(struct shadow_mmu *sm, uint32_t entry);
/* All leafs of one rmap.  Return: whether there were any. */
bool rmap_zap(struct shadow_mmu *sm, uint32_t *head);
/* All leafs of one rmap lose W, and MMU_WRITABLE if @for_table.  Return: a flush is owed. */
bool rmap_protect(struct shadow_mmu *sm, uint32_t head, bool for_table);
/* kvm_mmu_slot_gfn_write_protect(): the same for every rmap of @min_level and above around @gfn, for a page table. */
bool rmap_protect_gfn(struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, int min_level);
/* mmu_spte_clear_track_bits() alone: @entry stays in its rmap.  Return: the leaf it was. */
uint64_t rmap_clear_leaf(struct shadow_mmu *sm, uint32_t entry);

/* Leaf @entry is empty and in no rmap, at a time when nothing runs. */
void rmap_forget(struct shadow_mmu *sm, uint32_t entry);

/*
 * Since 6.15 aging walks without mmu_lock, and each rmap has a lock of its own: a bit of its head.  Under other
 * policies these do nothing.  Nothing is waited for while it is held.
 */
void rmap_lock(const struct shadow_mmu *sm, uint32_t *head);
void rmap_unlock(const struct shadow_mmu *sm, uint32_t *head);

#endif
