/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_CHECKER_H
#define ENGINE_CORE_CHECKER_H

/*
 * The invariants, checked while the engine runs (config.check).  docs/safety.md says what
 * each one means and how it is found.
 *
 * The checker believes nothing the engine believes: it keeps windows, slots, flushes,
 * links, references and young bits of its own, from what the engine tells it to have done
 * to memory, and holds one against the other.  What is broken goes to mmu_broken().
 *
 * Off, each call below is one predicted branch.  On, each is atomic: it never hands over.
 * Under threads memory and the checker's picture of it cannot change as one; what depends
 * on that (I-A, I-T, I-F1, I-M1) is checked in virtual time only.
 */
#include "engine/core/mmu_common.h"

enum check_op {
	CHECK_OP_NONE, CHECK_LOAD, CHECK_UNLOAD, CHECK_FAULT, CHECK_INVALIDATE_START, CHECK_INVALIDATE_END,
	CHECK_AGE, CHECK_TEST_AGE, CHECK_SET_SPTE, CHECK_MEMSLOT, CHECK_ZAP_ALL, CHECK_TEARDOWN,
	CHECK_DIRTY, CHECK_TOUCH, CHECK_NX_RECOVER, CHECK_NX_TOGGLE, CHECK_ZAP_RANGE,
	CHECK_SYNC, CHECK_INVLPG, CHECK_PT_WRITE, CHECK_CR3, CHECK_PAGE_LIMIT,
};

/* What one entry says, in no architecture's bits. */
struct check_pte {
	uint64_t raw;
	uint32_t child;		/* present and no leaf: the table below */
	pfn_t	 pfn;		/* present leaf */
	bool	 present, leaf, frozen, empty;	/* empty: neither present, frozen nor MMIO */
	bool	 accessed, dirty;	/* as the hardware has marked it */
	bool	 tracked;	/* permissions put aside to notice the next access */
	bool	 writable, executable;
	bool	 unnoticed;	/* a write to it is heard of by nobody */
};

struct check_change {
	uint32_t	 table;
	uint16_t	 index;
	int		 level;
	gfn_t		 gfn;
	unsigned int	 as_id;
	bool		 hardware;	/* the guest's own access */
	struct check_pte old, new;
	struct check_pte was;		/* arm64: what it was before it was broken, when it is made again */
};

/* From here on @mmu is checked; before its arena is used. */
void checker_attach(struct mmu *mmu);
void checker_free(struct checker *c);	/* NULL is fine */
/* An invalidation is open that has a page of these. */
bool checker_in_window(struct checker *c, unsigned int as_id, gfn_t gfn, uint64_t nr);
/* mmu_broken(), with what the checker knows about the tasks it concerns. */
void checker_broken(struct mmu *mmu, const char *what, gfn_t gfn, uint64_t value);

/* --- the slow halves of what follows --- */
void checker_begin(struct mmu *mmu, enum check_op op, uint64_t start, uint64_t end);
void checker_end(struct mmu *mmu, uint64_t result);
void checker_window_begin(struct mmu *mmu);
void checker_window_open(struct mmu *mmu);
void checker_window_end(struct mmu *mmu);
void checker_looked_up(struct mmu *mmu, gfn_t gfn, pfn_t pfn);
void checker_installed(struct mmu *mmu, const struct check_change *ch, gfn_t gfn, bool write);
void checker_changed(struct mmu *mmu, const struct check_change *ch);
/* @pte: a table's entries by index, as it is linked by the change. */
void checker_linked(struct mmu *mmu, const struct check_change *ch, const struct check_pte *pte, unsigned int nr);
void checker_root_new(struct mmu *mmu, uint32_t table);
void checker_root_invalid(struct mmu *mmu, uint32_t table);
void checker_root_fixed(struct mmu *mmu, uint32_t table);
void checker_invalidated(struct mmu *mmu, uint64_t mark, gfn_t gfn, uint64_t nr);
void checker_cleaned(struct mmu *mmu, gfn_t gfn, uint64_t nr);
void checker_host_writes(struct mmu *mmu, gfn_t gfn, uint64_t nr);
void checker_root_refs(struct mmu *mmu, uint32_t table, uint64_t refs, bool mmu_owns);
void checker_root_gone(struct mmu *mmu, uint32_t table);
void checker_vcpu_root(struct mmu *mmu, unsigned int vcpu, uint32_t table);
void checker_table_goes(struct mmu *mmu, uint32_t table, bool unused);
uint64_t checker_mark(struct mmu *mmu);
void checker_flushed(struct mmu *mmu, uint64_t mark);
void checker_taken(struct mmu *mmu, unsigned int as_id, gfn_t gfn, uint64_t mask);
void checker_log_started(struct mmu *mmu, const struct memslot *slot);
void checker_walk(struct mmu *mmu, const void *walk, gfn_t start);
void checker_yield(struct mmu *mmu, const void *walk, gfn_t next);

static inline bool checking(const struct mmu *mmu)
{
	return unlikely(mmu->checker != NULL);
}

/* What others may change meanwhile may be looked at for the checker: not under threads. */
static inline bool checking_alone(const struct mmu *mmu)
{
	return checking(mmu) && RT_IS_VIRTUAL;
}

/* --- operations: between these two calls a task is in @op --- */

/* @start, @end: host addresses, for CHECK_ZAP_RANGE gfns, or for CHECK_FAULT the gfn and MMU_*. */
static inline void check_begin(struct mmu *mmu, enum check_op op, uint64_t start, uint64_t end)
{
	if (checking(mmu))
		checker_begin(mmu, op, start, end);
}

/* @result: of a fault its enum ret_pf, of aging whether it says young, of CHECK_DIRTY whether its call is over. */
static inline void check_end(struct mmu *mmu, uint64_t result)
{
	if (checking(mmu))
		checker_end(mmu, result);
}

/* --- windows of the running CHECK_INVALIDATE_* or CHECK_ZAP_RANGE, mmu_lock held for write --- */

/* Some slot matched: right before in_progress++. */
static inline void check_window_begin(struct mmu *mmu)
{
	if (checking(mmu))
		checker_window_begin(mmu);
}

/* Everything is unmapped and flushed: the start is about to return, or the zap about to end. */
static inline void check_window_open(struct mmu *mmu)
{
	if (checking(mmu))
		checker_window_open(mmu);
}

/* Right before seq++ and in_progress--. */
static inline void check_window_end(struct mmu *mmu)
{
	if (checking(mmu))
		checker_window_end(mmu);
}

/* --- faults --- */

/* The host says that @gfn is @pfn. */
static inline void check_looked_up(struct mmu *mmu, gfn_t gfn, pfn_t pfn)
{
	if (checking(mmu))
		checker_looked_up(mmu, gfn, pfn);
}

/* --- roots; a root is named by its table --- */

static inline void check_root_new(struct mmu *mmu, uint32_t table)
{
	if (checking(mmu))
		checker_root_new(mmu, table);
}

static inline void check_root_invalid(struct mmu *mmu, uint32_t table)
{
	if (checking(mmu))
		checker_root_invalid(mmu, table);
}

/* Before the run: a root that is there until the VM ends, without references (arm64). */
static inline void check_root_fixed(struct mmu *mmu, uint32_t table)
{
	if (checking(mmu))
		checker_root_fixed(mmu, table);
}

/* The root has @refs references now; @mmu_owns: one of them must be the MMU's own. */
static inline void check_root_refs(struct mmu *mmu, uint32_t table, uint64_t refs, bool mmu_owns)
{
	if (checking(mmu))
		checker_root_refs(mmu, table, refs, mmu_owns);
}

/* It is no longer in the list; its table is freed after a grace period. */
static inline void check_root_gone(struct mmu *mmu, uint32_t table)
{
	if (checking(mmu))
		checker_root_gone(mmu, table);
}

/* @vcpu runs on this root from now on; 0: on none. */
static inline void check_vcpu_root(struct mmu *mmu, unsigned int vcpu, uint32_t table)
{
	if (checking(mmu))
		checker_vcpu_root(mmu, vcpu, table);
}

/*
 * Shadow pages: the table is zapped from here on, with all it maps, whatever asks for it (room for others, say).
 * @unused: no vCPU has run on it since all were told to leave.
 */
static inline void check_table_goes(struct mmu *mmu, uint32_t table, bool unused)
{
	if (checking(mmu))
		checker_table_goes(mmu, table, unused);
}

/* --- flushes: every vCPU has left the guest, or flushed, since the mark --- */

static inline uint64_t check_mark(struct mmu *mmu)
{
	return checking(mmu) ? checker_mark(mmu) : 0;
}

static inline void check_flushed(struct mmu *mmu, uint64_t mark)
{
	if (checking(mmu))
		checker_flushed(mmu, mark);
}

/*
 * arm64: since the mark every TLB has forgotten what translated [@gfn, @gfn + @nr), @nr UINT64_MAX: everything; a
 * table's entry or a block of which a part is meant is forgotten whole.
 */
static inline void check_invalidated(struct mmu *mmu, uint64_t mark, gfn_t gfn, uint64_t nr)
{
	if (checking(mmu))
		checker_invalidated(mmu, mark, gfn, nr);
}

/* --- caches (arm64 without FWB): a guest that has its caches off reads memory --- */

/* What the host had written to these pages has reached memory. */
static inline void check_cleaned(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	if (checking(mmu))
		checker_cleaned(mmu, gfn, nr);
}

/* From here on the host may write to what is behind these gfns. */
static inline void check_host_writes(struct mmu *mmu, gfn_t gfn, uint64_t nr)
{
	if (checking(mmu))
		checker_host_writes(mmu, gfn, nr);
}

/* --- dirty logging --- */

/* Pages of @mask from @gfn on are no longer in the log. */
static inline void check_taken(struct mmu *mmu, unsigned int as_id, gfn_t gfn, uint64_t mask)
{
	if (checking(mmu))
		checker_taken(mmu, as_id, gfn, mask);
}

/* All of @slot is logged from now on. */
static inline void check_log_started(struct mmu *mmu, const struct memslot *slot)
{
	if (checking(mmu))
		checker_log_started(mmu, slot);
}

/* --- walks that may yield; @walk is the iterator --- */

static inline void check_walk(struct mmu *mmu, const void *walk, gfn_t start)
{
	if (checking(mmu))
		checker_walk(mmu, walk, start);
}

/* It yields, and will go on toward @next. */
static inline void check_yield(struct mmu *mmu, const void *walk, gfn_t next)
{
	if (checking(mmu))
		checker_yield(mmu, walk, next);
}

#endif
