/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_FLUSH_H
#define ENGINE_CORE_FLUSH_H

/*
 * Remote TLB flushes owed by one section under mmu_lock.  flush.batch says
 * whether each change pays at once or the section pays once; either way
 * nothing is owed any more when the lock drops (I-F1).
 */
#include "engine/core/mmu_common.h"

struct flush {
	bool owed;
};

/* Every vCPU of the VM that runs guest code flushes; the sender waits.  (arm64: a broadcast.) */
void flush_remote(struct mmu *mmu);
/* The same asked for as a range: 6.12 says so, x86 hardware then flushes all. */
void flush_remote_range(struct mmu *mmu, gfn_t gfn, uint64_t nr);

/* For what maps @slot; arm64 asks for its range (since 6.2). */
void flush_remote_slot(struct mmu *mmu, const struct memslot *slot);

/* Something the TLBs may hold just went stale. */
static inline void flush_stale(struct mmu *mmu, struct flush *f)
{
	if (mmu->policy->flush_batch == FLUSH_BATCH_PER_OP)
		flush_remote(mmu);
	else
		f->owed = true;
}

/* Before the lock drops, for good or in a yield. */
static inline void flush_settle(struct mmu *mmu, struct flush *f)
{
	if (f->owed)
		flush_remote(mmu);
	f->owed = false;
}

#endif
