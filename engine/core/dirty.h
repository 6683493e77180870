/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_DIRTY_H
#define ENGINE_CORE_DIRTY_H

/*
 * Dirty logging, what virt/kvm does of it for all architectures: marking pages, and giving
 * the log to user space (KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG, KVM_RESET_DIRTY_RINGS; the
 * operations are in engine/mmu.h).  What makes the next write fault again is the
 * engine's, mmu_ops.log_dirty().
 *
 * Order, for whoever takes a bit: take it, protect the page, flush, and only then return.  A
 * write through a stale translation before the flush is in what was taken (I-D1).
 */
#include "engine/core/mmu_common.h"

/* @gfn, of a slot that is logged, goes into the log. */
void dirty_note(struct mmu *mmu, unsigned int vcpu, const struct memslot *slot, gfn_t gfn);

/* The guest of @vcpu may write @gfn from now on; nothing when @slot (NULL: none) is not logged. */
static inline void dirty_mark(struct mmu *mmu, unsigned int vcpu, const struct memslot *slot, gfn_t gfn)
{
	if (slot && unlikely(slot->cfg.flags & SLOT_LOG_DIRTY))
		dirty_note(mmu, vcpu, slot, gfn);
}

/* Is a page of a logged slot in its log, whichever sort that is? */
bool dirty_is_marked(const struct mmu *mmu, const struct memslot *slot, gfn_t gfn);

/* The log a slot that is logged needs; NULL for rings. */
struct dirty_log *dirty_log_for(const struct mmu *mmu, uint64_t npages);

#endif
