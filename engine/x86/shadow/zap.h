/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_ZAP_H
#define ENGINE_X86_SHADOW_ZAP_H

/*
 * Zapping shadow pages: kvm_mmu_prepare_zap_page() unlinks and condemns, kvm_mmu_commit_zap_page() flushes once and
 * frees.  A list of condemned pages is committed before mmu_lock drops; only those of an obsolete generation may
 * wait for longer, as no vCPU runs on them.  mmu_lock held for write.
 */
#include "engine/x86/shadow/sp.h"

struct condemned {
	uint32_t first;		/* 0: none */
};

/*
 * The page, what is unsync below it, and every entry that leads to it.  A root in use stays until its last vCPU
 * lets go of it.  *@nr, unless NULL: how many pages were condemned.  Return: others went as well, so that a walk
 * through the active pages must start again.
 */
bool sp_zap_count(struct shadow_mmu *sm, uint32_t number, struct condemned *list, unsigned int *nr);
static inline bool sp_zap(struct shadow_mmu *sm, uint32_t number, struct condemned *list)
{
	return sp_zap_count(sm, number, list, NULL);
}

/* mmu_page_zap_pte(): entry @entry becomes empty, whatever it was.  Return: how many pages were condemned. */
unsigned int sp_zap_entry(struct shadow_mmu *sm, uint32_t entry, struct condemned *list);

/* Nothing when the list is empty. */
void condemned_commit(struct shadow_mmu *sm, struct condemned *list);
/* kvm_mmu_remote_flush_or_zap(): a flush if anything is condemned, or @flush.  Return: whether it flushed. */
bool condemned_commit_or_flush(struct shadow_mmu *sm, struct condemned *list, bool flush);

#endif
