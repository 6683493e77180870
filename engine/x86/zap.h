/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_ZAP_H
#define ENGINE_X86_ZAP_H

/* Taking mappings away: ranges (zap.range), whole roots (zap.root_passes), all roots at once. */
#include "engine/x86/changed.h"

/* mmu_lock held for write; yields when it @may_block. */
void zap_range(struct x86_mmu *x, const struct root *root, gfn_t start, gfn_t end, bool may_block,
	       struct flush *flush);
/* mmu_lock held as @shared says; yields.  No flush: the root is invalid or the VM is gone. */
void zap_root(struct x86_mmu *x, const struct root *root, bool shared);
/* kvm_mmu_zap_all_fast(): every root goes invalid at once, and is zapped with faults running. */
void zap_all_fast(struct x86_mmu *x);

/* What every zap is measured by.  Return: when it began, for zap_end(). */
static inline uint64_t zap_begin(void)
{
	rt_stretch_begin();
	return rt_now_ns();
}

static inline void zap_end(struct x86_mmu *x, uint64_t begin_ns)
{
	rt_count(&x->mmu.counters.zap_ns, rt_now_ns() - begin_ns);
	rt_count_most(&x->mmu.counters.zap_stretch_ns, rt_stretch_end());
}

/*
 * If the entry under the cursor leads to a uniform table of leafs that a zap which takes them one by
 * one could as well take all at once, does so: same virtual time, same content.  @yields: there is a
 * place to yield at each of them.
 */
bool zap_uniform(struct tdp_iter *it, bool shared, bool yields);

/* kvm_mmu_changed_pte_notifier_make_spte(): leaf @old less writing, of page @pfn, and not accessed. */
uint64_t spte_repointed(const struct x86_mmu *x, uint64_t old, pfn_t pfn);

bool x86_unmap(struct mmu *mmu, const struct memslot_span *span, bool may_block);
bool x86_zap_gfns(struct mmu *mmu, gfn_t start, gfn_t end);
bool x86_set_spte(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn);
void x86_flush_slot(struct mmu *mmu, const struct memslot *slot);
void x86_slots_updated(struct mmu *mmu, bool wrapped);
void x86_zap_all(struct mmu *mmu);
void x86_work(struct mmu *mmu);
void x86_teardown(struct mmu *mmu);

#endif
