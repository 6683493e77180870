/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_ENTRY_H
#define KVM_ENTRY_H

#include "kvm/spte.h"
#include "kvm/stage2.h"

/*
 * What is the same to ask of an x86 SPTE and of an arm64 stage-2 entry.  Sizes are classes: 1 a page, 2 what a
 * table of pages maps (2 MiB with 4 KiB pages), 3 the next.
 */
struct entry_kind {
	enum kvm_arch arch;
	uint8_t	      page_shift;	/* arm64; x86 has 12 */
};

static inline uint64_t entry_pages(struct entry_kind k, int size)
{
	return k.arch == KVM_ARM64 ? stage2_pages(k.page_shift, stage2_size_class(size)) : SPTE_LEVEL_PAGES(size);
}

static inline bool entry_is_leaf(struct entry_kind k, uint64_t entry, int size)
{
	return k.arch == KVM_ARM64 ? stage2_is_leaf(entry, stage2_size_class(size)) : spte_is_leaf(entry, size);
}

static inline pfn_t entry_pfn(struct entry_kind k, uint64_t entry)
{
	return k.arch == KVM_ARM64 ? stage2_pfn(k.page_shift, entry) : spte_pfn(entry);
}

/* What an entry can hold of a page frame's number. */
static inline pfn_t entry_pfn_mask(struct entry_kind k)
{
	return k.arch == KVM_ARM64 ? STAGE2_ADDRESS >> k.page_shift : SPTE_PFN_MASK >> 12;
}

static inline bool entry_is_writable(struct entry_kind k, uint64_t entry)
{
	return entry & (k.arch == KVM_ARM64 ? STAGE2_W : SPTE_W);
}

#endif
