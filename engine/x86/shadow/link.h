/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_LINK_H
#define ENGINE_X86_SHADOW_LINK_H

/* Entries that lead to shadow pages; none of this is observed.  mmu_lock held for write. */
#include "engine/x86/shadow/sp.h"

/*
 * kvm_mmu_get_child_sp(): the page for (@gfn, @role) below @entry.  Return: 0: the entry leads to it already, or as
 * link.child_match says to any page at all.
 */
uint32_t link_child(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry, gfn_t gfn, uint32_t role);
/* __link_shadow_page(): @entry leads to page @number; what it was before goes, with a flush. */
void link_set(struct shadow_mmu *sm, uint32_t number, uint32_t entry);
/* drop_parent_pte(): @entry no longer leads to page @number and is empty. */
void link_drop(struct shadow_mmu *sm, uint32_t number, uint32_t entry);
/* The same two at a time when nothing runs, for nothing. */
void link_quiet(struct shadow_mmu *sm, uint32_t number, uint32_t entry);
void link_unlink_quiet(struct shadow_mmu *sm, uint32_t number, uint32_t entry);
/* mmu_spte_clear_no_track(): an entry that is no leaf becomes empty. */
void link_clear(struct shadow_mmu *sm, uint32_t entry);

#endif
