/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KVM_SPTE_H
#define KVM_SPTE_H

#include "kvm/release.h"

/*
 * x86 SPTE encodings by release and hardware.  One row of masks per (release,
 * tdp): importer and engine read the same table.  The level is never in the
 * SPTE.  Source of every number: KVM spte.h, spte.c of v6.1 and v6.12.
 */
enum spte_tdp { SPTE_NPT, SPTE_EPT };

#define SPTE_MMU_PRESENT	BIT_ULL(11)
#define SPTE_LARGE		BIT_ULL(7)
#define SPTE_W			BIT_ULL(1)
#define SPTE_PFN_MASK		0x000ffffffffff000ULL
#define SPTE_LEVEL_SHIFT(l)	(((l) - 1) * 9)	/* in pages */
#define SPTE_LEVEL_PAGES(l)	(1ULL << SPTE_LEVEL_SHIFT(l))
#define SPTE_ENTRIES		512

struct spte_format {
	const char	*name;		/* "npt-6.12" */
	uint64_t	 present;	/* bits of every present entry, MMU_PRESENT included */
	uint64_t	 user;		/* 0 where there is none */
	uint64_t	 exec;		/* X bit, 0 where execution is the absence of nx */
	uint64_t	 nx;		/* NX bit, 0 for EPT */
	uint64_t	 accessed;
	uint64_t	 dirty;
	uint64_t	 host_writable;
	uint64_t	 mmu_writable;
	uint64_t	 memtype;	/* set in every leaf: WB | IPAT on EPT, 0 on NPT */
	uint64_t	 nonpresent;	/* value of an empty entry */
	uint64_t	 frozen;	/* "another CPU is in the middle of it" */
	uint64_t	 mmio_mask;
	uint64_t	 mmio_value;	/* 0: MMIO is not cached in SPTEs */
	uint64_t	 mmio_access;	/* ACC_* bits an MMIO entry keeps */
};

const struct spte_format *spte_format(enum kvm_release release, enum spte_tdp tdp);

static inline bool spte_is_present(uint64_t spte)
{
	return spte & SPTE_MMU_PRESENT;
}

static inline bool spte_is_leaf(uint64_t spte, int level)
{
	return spte_is_present(spte) && (level == 1 || (spte & SPTE_LARGE));
}

static inline bool spte_is_table(uint64_t spte, int level)
{
	return level > 1 && (spte & (SPTE_MMU_PRESENT | SPTE_LARGE)) == SPTE_MMU_PRESENT;
}

static inline pfn_t spte_pfn(uint64_t spte)
{
	return (spte & SPTE_PFN_MASK) >> 12;
}

static inline bool spte_is_frozen(const struct spte_format *f, uint64_t spte)
{
	return spte == f->frozen;
}

static inline bool spte_is_mmio(const struct spte_format *f, uint64_t spte)
{
	return f->mmio_value && !spte_is_present(spte) && spte != f->frozen &&
	       (spte & f->mmio_mask) == f->mmio_value;
}

/* What a leaf to be installed must say. */
struct spte_want {
	pfn_t	pfn;		/* any page of the mapping; masked down to @level */
	uint8_t	level;		/* 1 .. 3 */
	bool	exec;
	bool	writable;	/* W; implies @mmu_writable and @host_writable */
	bool	host_writable;
	bool	mmu_writable;
	bool	accessed;	/* false for a prefetch */
	bool	dirty;
};

/* A leaf that permits nobody to write and remembers nothing: bits of @f can be added. */
static inline uint64_t spte_bare_leaf(const struct spte_format *f, pfn_t pfn, int level, bool exec)
{
	uint64_t spte = f->present | f->user | f->memtype | (level > 1 ? SPTE_LARGE : 0);

	pfn &= ~(SPTE_LEVEL_PAGES(level) - 1);
	return spte | ((pfn << 12) & SPTE_PFN_MASK) | (exec ? f->exec : f->nx);
}

uint64_t spte_make_leaf(const struct spte_format *f, const struct spte_want *want);
/* @table_pfn is where the table lives: a host pfn in a trace, an arena index in the engine. */
uint64_t spte_make_table(const struct spte_format *f, pfn_t table_pfn);
/* MMIO entry: gfn and the low 19 bits of the memslot generation; @access is ACC_* (X 1, W 2, U 4). */
uint64_t spte_make_mmio(const struct spte_format *f, gfn_t gfn, unsigned int access, uint64_t gen);

/*
 * Transition classifier: what a change of one entry from @old to @new at
 * @level means.  The rows are those of the kernel's own transitions.
 */
#define SPTE_CHANGES(X)						\
	X(NONE,		"none")		/* equal */		\
	X(LINK,		"link")		/* !P -> table */	\
	X(MAP,		"map")		/* !P -> leaf */	\
	X(MMIO,		"mmio")		/* !P -> MMIO */	\
	X(ZAP,		"zap")		/* leaf -> !P */	\
	X(FREEZE_LEAF,	"freeze-leaf")	/* leaf -> frozen */	\
	X(FREEZE_EMPTY,	"freeze-empty")	/* !P -> frozen */	\
	X(FREEZE_TABLE,	"freeze-table")	/* table -> frozen */	\
	X(UNLINK,	"unlink")	/* table -> !P */	\
	X(COLLAPSE,	"collapse")	/* table -> leaf */	\
	X(SPLIT,	"split")	/* leaf -> table */	\
	X(AGE,		"age")		/* leaf: A cleared */	\
	X(WRPROT,	"wrprot")	/* leaf: W cleared, MMU_WRITABLE stays */ \
	X(SHADOW_WRPROT, "shadow-wrprot") /* leaf: W and MMU_WRITABLE cleared */ \
	X(CLEAR_DIRTY,	"clear-dirty")	/* leaf: only D cleared */ \
	X(PERMIT,	"permit")	/* leaf: W, X, A or D gained */ \
	X(REPOINT,	"repoint")	/* leaf -> leaf of another pfn: a kernel bug */ \
	X(THAW,		"thaw")		/* frozen -> anything */ \
	X(OTHER,	"other")

enum spte_change {
#define SPTE_CHANGE_ENUM(id, name) SPTE_CHANGE_##id,
	SPTE_CHANGES(SPTE_CHANGE_ENUM)
#undef SPTE_CHANGE_ENUM
	SPTE_NR_CHANGES
};

/* Generation of memory slots that an entry which marks MMIO was made in. */
uint64_t spte_mmio_gen(uint64_t spte);
enum spte_change spte_classify(const struct spte_format *f, uint64_t old, uint64_t new, int level);
const char *spte_change_name(enum spte_change change);

#endif
