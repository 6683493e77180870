/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_STAGE2_H
#define KVM_STAGE2_H

#include "kvm/release.h"

/*
 * arm64 stage-2 tables: shape and entries.  Importer and engine read the same
 * functions.  Levels are the architecture's: 3 is the last, smaller ones are
 * higher.  Source: Arm ARM D8, KVM hyp/pgtable.c of v6.1 and v6.12.
 */
#define STAGE2_LAST_LEVEL	3

/* What the recorded host's stage 2 was like; decides which records an operation leaves. */
struct stage2_host {
	uint8_t	 page_shift;	/* 12, 14, 16 */
	uint8_t	 ipa_bits;	/* 32 .. 52; 40 unless the VM asked for another size */
	int8_t	 start_level;	/* -1: by stage2_start_level() */
	bool	 fwb;		/* stage 2 decides cacheability: no D-cache maintenance */
	bool	 dic;		/* no I-cache maintenance, and pages are executable from the start */
	bool	 tlb_range;	/* TLBI by range */
	bool	 lpa2;
	bool	 hw_af;		/* hardware sets the access flag: no access faults */
	bool	 nvhe;		/* the TLB functions run where no probe reaches */
	uint64_t split_chunk;	/* KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, bytes; 0: off */
};

#define STAGE2_VALID		BIT_ULL(0)
#define STAGE2_TYPE		BIT_ULL(1)	/* table, or page at the last level */
#define STAGE2_R		BIT_ULL(6)
#define STAGE2_W		BIT_ULL(7)
#define STAGE2_AF		BIT_ULL(10)
#define STAGE2_XN		BIT_ULL(54)
#define STAGE2_SW		(15ULL << 55)
#define STAGE2_LOCKED		BIT_ULL(10)	/* of an invalid entry, and nothing else: between break and make */

/* enum kvm_pgtable_prot, as s2_map and s2_relax record it. */
#define STAGE2_PROT_X		1u
#define STAGE2_PROT_W		2u
#define STAGE2_PROT_R		4u

/* Address bits one level resolves: 9, 11, 13. */
static inline unsigned int stage2_level_bits(unsigned int page_shift)
{
	return page_shift - 3;
}

/* log2 of the bytes an entry of @level covers. */
static inline unsigned int stage2_shift(unsigned int page_shift, int level)
{
	return page_shift + stage2_level_bits(page_shift) * (STAGE2_LAST_LEVEL - level);
}

static inline gfn_t stage2_pages(unsigned int page_shift, int level)
{
	return 1ULL << (stage2_level_bits(page_shift) * (STAGE2_LAST_LEVEL - level));
}

/* The level of the leaf that maps @pages: 1 .. 3. */
static inline int stage2_level_of(unsigned int page_shift, uint64_t pages)
{
	int level = STAGE2_LAST_LEVEL;

	while (level > 1 && stage2_pages(page_shift, level) < pages)
		level--;
	return level;
}

/* What is called a level where architectures meet, a size class: 1 pages, 2 PMD blocks, 3 PUD blocks; and back. */
static inline int stage2_size_class(int level)
{
	return STAGE2_LAST_LEVEL + 1 - level;
}

/* The smallest level at which a block may be: 1 with 4 KiB pages, else 2. */
static inline int stage2_min_block_level(unsigned int page_shift)
{
	return page_shift == 12 ? 1 : 2;
}

/* First level of a walk: as many levels as @ipa_bits - 4 need, two at least; the rest are concatenated tables. */
int stage2_start_level(unsigned int page_shift, unsigned int ipa_bits);
/* Tables side by side at @start_level: 1 .. 16. */
unsigned int stage2_start_tables(unsigned int page_shift, unsigned int ipa_bits, int start_level);

static inline bool stage2_is_table(uint64_t pte, int level)
{
	return level < STAGE2_LAST_LEVEL && (pte & (STAGE2_VALID | STAGE2_TYPE)) == (STAGE2_VALID | STAGE2_TYPE);
}

static inline bool stage2_is_leaf(uint64_t pte, int level)
{
	return (pte & STAGE2_VALID) && !stage2_is_table(pte, level);
}

static inline bool stage2_is_locked(uint64_t pte)
{
	return pte == STAGE2_LOCKED;
}

/* What may be changed in a valid entry without breaking it first. */
#define STAGE2_PERMISSIONS	(STAGE2_R | STAGE2_W | STAGE2_XN)
#define STAGE2_ADDRESS		(BIT_ULL(48) - BIT_ULL(12))	/* 16 and 64 KiB pages leave the low bits 0 */

static inline uint64_t stage2_pfn(unsigned int page_shift, uint64_t pte)
{
	return (pte & STAGE2_ADDRESS) >> page_shift;
}

static inline uint64_t stage2_table(unsigned int page_shift, uint64_t pfn)
{
	return pfn << page_shift | STAGE2_VALID | STAGE2_TYPE;
}

/* A young leaf of normal memory, of STAGE2_PROT_* rights. */
uint64_t stage2_leaf(const struct stage2_host *host, int level, uint64_t pfn, unsigned int prot);
/* The rights of a leaf. */
unsigned int stage2_prot(uint64_t pte);

/* Does a valid leaf let the guest do that?  The access flag aside. */
static inline bool stage2_permits(uint64_t pte, bool read, bool write, bool exec)
{
	if ((exec && (pte & STAGE2_XN)) || (write && !(pte & STAGE2_W)))
		return false;
	return (!read && !exec) || (pte & STAGE2_R);
}

#endif
