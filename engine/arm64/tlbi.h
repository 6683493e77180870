/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_TLBI_H
#define ENGINE_ARM64_TLBI_H

/*
 * TLB maintenance: a broadcast that the hardware answers.  It interrupts nobody; whoever sends it waits.
 * What the probes would see is observed: under nVHE only what is asked of the hypervisor by range.
 */
#include "engine/arm64/arm64.h"

#define TLBI_NO_LEVEL	0xff

/* By address: what an entry at @gfn, of @level (TLBI_NO_LEVEL: a table's), translated. */
void tlbi_ipa(struct arm64_mmu *x, gfn_t gfn, int level);
/* The same on this CPU only. */
void tlbi_local(struct arm64_mmu *x, gfn_t gfn, int level);
/* kvm_tlb_flush_vmid_range(): by range where the processor has that, else everything. */
void tlbi_range(struct arm64_mmu *x, gfn_t gfn, uint64_t nr);
void tlbi_vmid(struct arm64_mmu *x);
/* mmu_ops.flush: @nr 0: everything. */
void arm64_flush(struct mmu *mmu, gfn_t gfn, uint64_t nr);

#endif
