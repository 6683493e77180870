/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_ARM64_H
#define ENGINE_ARM64_ARM64_H

/*
 * One VM's arm64 stage 2, and what its files share.
 *
 * - Levels are the architecture's: 3 holds pages, smaller numbers are higher.
 * - A table is an arena page; an entry that points to it holds its number where the
 *   hardware's holds a page frame.  It is never shared between entries.
 * - A table page's count (struct table.refs) is 1 and the entries in it that are not 0.
 * - An entry changes under mmu_lock held for read by compare-and-swap, under write by a store, and
 *   without the lock by the hardware, which sets the access flag.
 * - A valid entry never becomes another valid one but for its permissions: it is
 *   broken first (invalid, and no TLB holds it), then made (brk.h).
 * - An entry that reads STAGE2_LOCKED belongs to whoever broke it.
 * - Walks that share mmu_lock are in an RCU section, and tables they may be in are
 *   freed after a grace period (table.free).
 */
#include "engine/core/mmu_common.h"
#include "kvm/stage2.h"

#define MAX_ROOT_TABLES	16
#define CACHE_CAPACITY	40	/* pages a vCPU keeps for tables: KVM_ARCH_NR_OBJS_PER_MEMORY_CACHE */

/* An entry that is broken right now, as others may meet it: window.h. */
struct window {
	rt_u64	 start, end;	/* gfns; both 0: none */
	uint64_t since_ns;
};

struct arm64_vcpu {		/* written by its own task */
	uint64_t ret_pf[RET_PF_NR];
	uint32_t cached;	/* pages for tables at hand */
	struct window window;
} __attribute__((aligned(64)));

struct arm64_mmu {
	struct mmu	    mmu;		/* first member */
	struct stage2_host  s2;			/* config.s2, start_level known */
	unsigned int	    bits;		/* address bits a level resolves */
	unsigned int	    nr_roots;
	uint32_t	    root[MAX_ROOT_TABLES];	/* tables side by side at s2.start_level */
	rt_u64		    alive;		/* 0: the tables are unlinked, and being freed */
	bool		    locks;		/* broken entries read STAGE2_LOCKED (since 6.2), not 0 */
	uint32_t	    split_cached;	/* pages for eager splits at hand; slots_lock */
	uint32_t	    unlinked;		/* tables that wait for a grace period; atomic */
	uint32_t	    nr_windows;		/* entries that are broken now; atomic */
	struct window	    host_window;	/* of who is no vCPU: mmu_lock held for write */
	struct arm64_vcpu  *vcpus;
};

static inline struct arm64_mmu *to_arm64(struct mmu *mmu)
{
	return (struct arm64_mmu *)mmu;
}

static inline const struct arm64_mmu *to_arm64_const(const struct mmu *mmu)
{
	return (const struct arm64_mmu *)mmu;
}

static inline bool release_is(const struct arm64_mmu *x, enum kvm_release at_least)
{
	return x->mmu.config.release >= at_least;
}

/* --- geometry ---------------------------------------------------------------- */

/* Log2 of the pages an entry covers. */
static inline unsigned int level_shift(const struct arm64_mmu *x, int level)
{
	return x->bits * (unsigned int)(STAGE2_LAST_LEVEL - level);
}

static inline gfn_t level_pages(const struct arm64_mmu *x, int level)
{
	return 1ULL << level_shift(x, level);
}

static inline gfn_t level_round(const struct arm64_mmu *x, gfn_t gfn, int level)
{
	return gfn & ~(level_pages(x, level) - 1);
}

static inline unsigned int level_index(const struct arm64_mmu *x, gfn_t gfn, int level)
{
	return (gfn >> level_shift(x, level)) & ((1u << x->bits) - 1);
}

static inline unsigned int nr_entries(const struct arm64_mmu *x)
{
	return 1u << x->bits;
}

/* First gfn beyond the guest's address space. */
static inline gfn_t gfn_limit(const struct arm64_mmu *x)
{
	return 1ULL << (x->s2.ipa_bits - x->s2.page_shift);
}

/* Root table in which @gfn is looked up; @gfn is below gfn_limit(). */
static inline uint32_t root_of(const struct arm64_mmu *x, gfn_t gfn)
{
	return x->root[gfn >> (x->bits * (unsigned int)(STAGE2_LAST_LEVEL + 1 - x->s2.start_level))];
}

/* --- tables ---------------------------------------------------------------------- */

static inline uint32_t pte_child(const struct arm64_mmu *x, uint64_t pte)
{
	return (uint32_t)stage2_pfn(x->s2.page_shift, pte);
}

static inline uint64_t pte_for_table(const struct arm64_mmu *x, uint32_t number)
{
	return stage2_table(x->s2.page_shift, number);
}

static inline rt_u64 *table_entry(const struct arm64_mmu *x, uint32_t table, gfn_t gfn, int level)
{
	return arena_entries(&x->mmu.arena, table) + level_index(x, gfn, level);
}

/* Which table an entry is in. */
static inline uint32_t entry_table(const struct arm64_mmu *x, const rt_u64 *ptep)
{
	return (uint32_t)((size_t)(ptep - x->mmu.arena.entries) >> x->bits);
}

/* table.c: an empty table for entries of @level from @gfn on; its count is 1. */
uint32_t table_new(struct arm64_mmu *x, int level, gfn_t gfn);
/* The count goes down by one; at 0 the page is free.  Nobody else walks the table then. */
void table_put(struct arm64_mmu *x, uint32_t table);
/*
 * A table that no entry leads to any more, with all below it, is freed: at once, or where walkers may be in
 * it (@shared) or table.free says so, after a grace period.
 */
void table_free_unlinked(struct arm64_mmu *x, uint32_t table, bool shared);

/* Aging without mmu_lock may be in any table. */
static inline bool walked_unlocked(const struct arm64_mmu *x)
{
	return x->mmu.policy->age_lock == AGE_LOCK_LOCKLESS;
}

static inline bool frees_late(const struct arm64_mmu *x)
{
	return x->mmu.policy->table_free == TABLE_FREE_RCU || walked_unlocked(x);
}

static inline int table_level(const struct arm64_mmu *x, uint32_t table)
{
	return (int)arena_table(&x->mmu.arena, table)->role;
}

static inline uint32_t table_refs(const struct arm64_mmu *x, uint32_t table)
{
	return __atomic_load_n(&arena_table(&x->mmu.arena, table)->refs, __ATOMIC_RELAXED);
}

static inline void table_get(struct arm64_mmu *x, uint32_t table)
{
	__atomic_fetch_add(&arena_table(&x->mmu.arena, table)->refs, 1, __ATOMIC_RELAXED);
}

#endif
