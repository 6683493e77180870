/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPTE encodings as one table of masks, and what a change of an entry means.
 * Numbers: KVM spte.h and spte.c, kvm_mmu_set_ept_masks(),
 * kvm_mmu_reset_all_pte_masks(), v6.1 and v6.12.  Hosts outside the table: SME
 * (another reserved bit for MMIO, C bit), L1TF (a piece of an MMIO entry's gfn
 * moved up), maxphyaddr 52 on AMD (no MMIO entries), CPUs without EPT A/D bits.
 */
#include "kvm/spte.h"

#include <stddef.h>

#define SUPPRESS_VE	BIT_ULL(63)	/* EPT; since 6.12 in every entry but MMIO, on AMD when not present */
#define FROZEN_LOW	0x5a0ULL
#define MMIO_GEN_LOW_SHIFT	3	/* generation bits 7:0 at 10:3 */
#define MMIO_GEN_HIGH_SHIFT	52	/* generation bits 18:8 at 62:52 */

#define NPT_MASKS						\
	.present	= BIT_ULL(0) | SPTE_MMU_PRESENT,	\
	.user		= BIT_ULL(2),				\
	.nx		= BIT_ULL(63),				\
	.accessed	= BIT_ULL(5),				\
	.dirty		= BIT_ULL(6),				\
	.host_writable	= BIT_ULL(9),				\
	.mmu_writable	= BIT_ULL(10),				\
	.mmio_mask	= BIT_ULL(51) | BIT_ULL(0),		\
	.mmio_value	= BIT_ULL(51) | BIT_ULL(0),		\
	.mmio_access	= BIT_ULL(1) | BIT_ULL(2)

/* R is "present" or "user" (execute-only CPUs): every entry the lab builds has it. */
#define EPT_MASKS						\
	.exec		= BIT_ULL(2),				\
	.accessed	= BIT_ULL(8),				\
	.dirty		= BIT_ULL(9),				\
	.host_writable	= BIT_ULL(57),				\
	.mmu_writable	= BIT_ULL(58),				\
	.memtype	= (6ULL << 3) | BIT_ULL(6),		\
	.mmio_value	= 6

#define EPT_PRESENT	(BIT_ULL(0) | SPTE_MMU_PRESENT)

#define EMPTY_6_1	.nonpresent = 0, .frozen = FROZEN_LOW
#define EMPTY_6_12	.nonpresent = SUPPRESS_VE, .frozen = SUPPRESS_VE | FROZEN_LOW

static const struct spte_format formats[KVM_NR_RELEASES][2] = {
	[KVM_6_1] = {
		[SPTE_NPT] = { .name = "npt-6.1", NPT_MASKS, EMPTY_6_1 },
		[SPTE_EPT] = { .name = "ept-6.1", EPT_MASKS, EMPTY_6_1,
			       .present = EPT_PRESENT, .mmio_mask = 7 },
	},
	[KVM_6_12] = {
		[SPTE_NPT] = { .name = "npt-6.12", NPT_MASKS, EMPTY_6_12 },
		[SPTE_EPT] = { .name = "ept-6.12", EPT_MASKS, EMPTY_6_12,
			       .present = EPT_PRESENT | SUPPRESS_VE, .mmio_mask = 7 | SUPPRESS_VE },
	},
	[KVM_6_18] = {	/* as 6.12 */
		[SPTE_NPT] = { .name = "npt-6.18", NPT_MASKS, EMPTY_6_12 },
		[SPTE_EPT] = { .name = "ept-6.18", EPT_MASKS, EMPTY_6_12,
			       .present = EPT_PRESENT | SUPPRESS_VE, .mmio_mask = 7 | SUPPRESS_VE },
	},
};

const struct spte_format *spte_format(enum kvm_release release, enum spte_tdp tdp)
{
	return &formats[release][tdp];
}

uint64_t spte_make_leaf(const struct spte_format *f, const struct spte_want *want)
{
	uint64_t spte = spte_bare_leaf(f, want->pfn, want->level, want->exec);

	if (want->writable)
		spte |= SPTE_W;
	if (want->writable || want->mmu_writable)
		spte |= f->mmu_writable;
	if (want->writable || want->host_writable)
		spte |= f->host_writable;
	if (want->accessed)
		spte |= f->accessed;
	if (want->dirty)
		spte |= f->dirty;
	return spte;
}

uint64_t spte_make_table(const struct spte_format *f, pfn_t table_pfn)
{
	return f->present | SPTE_W | f->user | f->exec | f->accessed | ((table_pfn << 12) & SPTE_PFN_MASK);
}

uint64_t spte_make_mmio(const struct spte_format *f, gfn_t gfn, unsigned int access, uint64_t gen)
{
	return f->mmio_value | (access & f->mmio_access) | ((gfn << 12) & SPTE_PFN_MASK) |
	       (gen & 0xff) << MMIO_GEN_LOW_SHIFT |
	       ((gen >> 8) & 0x7ff) << MMIO_GEN_HIGH_SHIFT;
}

uint64_t spte_mmio_gen(uint64_t spte)
{
	return (spte >> MMIO_GEN_LOW_SHIFT & 0xff) | (spte >> MMIO_GEN_HIGH_SHIFT & 0x7ff) << 8;
}

/* What a leaf permits and remembers, in one set of bits for both hardwares; X as "may execute". */
static uint64_t leaf_rights(const struct spte_format *f, uint64_t spte)
{
	uint64_t kept = SPTE_W | f->accessed | f->dirty | f->mmu_writable;

	return (spte & (kept | f->exec)) | (~spte & f->nx);
}

/* Both present leafs of one level. */
static enum spte_change classify_leafs(const struct spte_format *f, uint64_t old, uint64_t new)
{
	uint64_t known = SPTE_W | f->accessed | f->dirty | f->mmu_writable | f->exec | f->nx;
	uint64_t had = leaf_rights(f, old), has = leaf_rights(f, new);
	uint64_t lost = had & ~has, gained = has & ~had;

	if (spte_pfn(old) != spte_pfn(new))
		return SPTE_CHANGE_REPOINT;
	if ((old ^ new) & ~known)
		return SPTE_CHANGE_OTHER;
	if (lost & f->mmu_writable)
		return SPTE_CHANGE_SHADOW_WRPROT;
	if (lost & SPTE_W)
		return SPTE_CHANGE_WRPROT;
	if (gained)
		return SPTE_CHANGE_PERMIT;
	if (lost & (f->exec | f->nx))
		return SPTE_CHANGE_OTHER;
	if (lost & f->accessed)
		return SPTE_CHANGE_AGE;
	return SPTE_CHANGE_CLEAR_DIRTY;
}

static enum spte_change classify_appearance(const struct spte_format *f, uint64_t new, int level)
{
	if (spte_is_table(new, level))
		return SPTE_CHANGE_LINK;
	if (spte_is_leaf(new, level))
		return SPTE_CHANGE_MAP;
	return spte_is_mmio(f, new) ? SPTE_CHANGE_MMIO : SPTE_CHANGE_OTHER;
}

enum spte_change spte_classify(const struct spte_format *f, uint64_t old, uint64_t new, int level)
{
	if (old == new)
		return SPTE_CHANGE_NONE;
	if (spte_is_frozen(f, old))
		return SPTE_CHANGE_THAW;
	if (!spte_is_present(old))
		return spte_is_frozen(f, new) ? SPTE_CHANGE_FREEZE_EMPTY : classify_appearance(f, new, level);
	if (spte_is_table(old, level)) {
		if (spte_is_frozen(f, new))
			return SPTE_CHANGE_FREEZE_TABLE;
		if (!spte_is_present(new))
			return SPTE_CHANGE_UNLINK;
		return spte_is_leaf(new, level) ? SPTE_CHANGE_COLLAPSE : SPTE_CHANGE_OTHER;
	}
	if (spte_is_frozen(f, new))
		return SPTE_CHANGE_FREEZE_LEAF;
	if (!spte_is_present(new))
		return SPTE_CHANGE_ZAP;
	return spte_is_table(new, level) ? SPTE_CHANGE_SPLIT : classify_leafs(f, old, new);
}

const char *spte_change_name(enum spte_change change)
{
	static const char *const names[SPTE_NR_CHANGES] = {
#define SPTE_CHANGE_NAME(id, name) [SPTE_CHANGE_##id] = name,
		SPTE_CHANGES(SPTE_CHANGE_NAME)
#undef SPTE_CHANGE_NAME
	};

	return (unsigned int)change < SPTE_NR_CHANGES ? names[change] : "?";
}
