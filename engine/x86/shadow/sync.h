/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_SYNC_H
#define ENGINE_X86_SHADOW_SYNC_H

/*
 * Shadow pages brought in line with the guest tables they were made from.  mmu_lock held for write.
 *
 * Order in a batch: first nobody may write the guest tables any more, then a flush, and only then are they read;
 * otherwise a write could slip in between.  A page that is synced by itself, when a lookup finds it, stays unsync:
 * whoever links it sees what is there now, and the guest's next TLB flush sees the rest.
 */
#include "engine/x86/shadow/unsync.h"

/*
 * __kvm_sync_page(): each entry of page @number that is not empty.  What is synced stands for a guest's TLB flush, so
 * nothing becomes accessed by it, and no page unsync.
 * Return: > 0: a flush is owed, 0, or < 0: the page is of another kind than the vCPU's roots and cannot be synced.
 */
int sync_page(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number);
/* The same for one entry. */
int sync_entry(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry);

/*
 * mmu_sync_children(): all that is unsync below page @number, in batches (policy sync.*).
 * @can_yield:	between two batches mmu_lock may drop.
 *
 * Return: 0, or -EINTR: it should have yielded and may not; the fault begins anew.
 */
int sync_children(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number, bool can_yield);

/*
 * A lookup by @vcpu found unsync page @number: synced, it stays unsync.  Return: as sync_page(); a page that cannot be
 * synced is condemned.
 */
int sync_found(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number, struct condemned *list);

/* kvm_mmu_sync_roots(): the vCPU's present root; takes mmu_lock if there is anything to do. */
void shadow_sync_roots(struct mmu *mmu, unsigned int vcpu);
bool shadow_wants_sync(const struct mmu *mmu, unsigned int vcpu);

/* The guest's entry that @entry, of a page of the lowest level, is made from; mmu_sink.reads hears of it before. */
uint64_t sync_read_gpte(struct shadow_mmu *sm, uint32_t entry);
/* An entry of a page of the lowest level becomes empty, a leaf or not (drop_spte()). */
void sync_drop(struct shadow_mmu *sm, uint32_t entry);

#endif
