/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_PREFETCH_GPTE_H
#define ENGINE_X86_SHADOW_PREFETCH_GPTE_H

/* Entries made from guest tables without anybody's access.  mmu_lock held for write. */
#include "engine/x86/shadow/prefetch.h"

/*
 * FNAME(prefetch_gpte): @entry, which is not present, as its guest's entry says; empty where that is not fit for it.
 * @unlogged:	no writable mapping while the slot's dirty pages are logged.
 *
 * Return: whether it was made.
 */
bool prefetch_gpte(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry, bool unlogged);
/* FNAME(pte_prefetch): those around @entry, which a fault has just made, until one that cannot be. */
void prefetch_gptes(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry);

#endif
