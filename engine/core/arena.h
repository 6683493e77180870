/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_ARENA_H
#define ENGINE_CORE_ARENA_H

/*
 * Page-table pages by number.  A table is a page of shared words (512 of them in 4 KiB,
 * 2048 in 16 KiB, 8192 in 64 KiB), and 64 bytes of its own beside them; a table entry holds
 * the child's number where the kernel's holds a page frame.
 *
 * - Both arrays are one reservation each; the host gives memory when a page is
 *   first touched, and a freed table is the next one handed out, so that the
 *   memory in use is that of the largest number of tables at one time.
 * - Number 0 is no table.  A number with ARENA_UNIFORM is a table of a uniform
 *   subtree (uniform.h), which has memory only while somebody is in it: whoever
 *   takes a number from an entry passes it through arena_enter().
 * - Memory of a freed table stays readable: a walker that is too late reads
 *   stale entries, it does not crash.  Whether it may is what table.free asks.
 * - Safe from several tasks and from RCU callbacks; never hands over.
 */
#include "base/types.h"
#include "engine/rt/rt.h"

#define ARENA_MAX_TABLES	(1u << 20)	/* 2 TiB of guest memory in 4 KiB pages */
#define TABLE_SHIFT		9		/* of 4 KiB pages: log2 of a table's entries */
#define TABLE_ENTRIES		(1u << TABLE_SHIFT)
#define ARENA_UNIFORM		(1u << 31)

#define TABLE_IN_USE		0x01
#define TABLE_COPY		0x04	/* of a table of a uniform subtree */
#define TABLE_ALONE		0x08	/* for checks: whoever frees it keeps walkers out (mmu_lock held for write) */

struct table {
	struct arena		*arena;
	gfn_t			 gfn;		/* first one it covers */
	uint32_t		 role;		/* kvm/role.h; the level is part of it */
	uint32_t		 parent;	/* table whose entry points here; 0: a root, or not linked */
	uint16_t		 slot;		/* that entry */
	uint16_t		 flags;		/* TABLE_* */
	union {
		uint32_t	 next;		/* free: the next free one; a copy: what it is a copy of */
		uint32_t	 refs;		/* arm64, in use: 1 and its entries that are not 0 */
	};
	struct rt_rcu_head	 rcu;
};

struct arena {
	rt_u64		*entries;
	struct table	*tables;
	uint64_t	 free;		/* tag above the number of the first free table */
	uint32_t	 fresh;		/* tables from here on were never used */
	uint32_t	 nr, nr_max;	/* allocated now (grace periods included), and at most */
	uint32_t	 max;		/* table numbers are below it */
	unsigned int	 shift;		/* log2 of a table's entries: TABLE_SHIFT, 11, 13 */
	uint64_t	 unlinks;	/* arena_unlinked(); never 0 */
	struct uniform	*uniform;	/* NULL: none so far */
	void		(*freeing)(void *arg, uint32_t number);	/* NULL, or hears of each table before it is free */
	void		*arg;
};

/* @shift: log2 of a table's entries.  Return: 0 or -ENOMEM. */
int arena_init(struct arena *a, unsigned int shift);
void arena_fini(struct arena *a);	/* fine for a zeroed one */

/* A table with all entries @fill; aborts with a line when the arena is used up. */
uint32_t arena_alloc(struct arena *a, uint64_t fill);
/* Aborts when it is free already. */
void arena_free(struct arena *a, uint32_t number);
/* The same after a grace period. */
void arena_free_rcu(struct arena *a, uint32_t number);
/* Bytes that were ever touched. */
uint64_t arena_bytes(const struct arena *a);

/* For uniform.c: a table that is not counted, its entries not written; and back. */
uint32_t arena_take(struct arena *a);
void arena_give(struct arena *a, uint32_t number);
void arena_count(struct arena *a, uint32_t nr);

uint32_t uniform_enter(struct arena *a, uint32_t number);	/* uniform.h */
void uniform_leave(struct arena *a, uint32_t copy);
uint64_t uniform_peek(const struct arena *a, uint32_t number, unsigned int i);

static inline bool arena_is_uniform(uint32_t number)
{
	return number & ARENA_UNIFORM;
}

/* The real table behind a number found in an entry; the caller is in an RCU section. */
static inline uint32_t arena_enter(struct arena *a, uint32_t number)
{
	return unlikely(arena_is_uniform(number)) ? uniform_enter(a, number) : number;
}

static inline rt_u64 *arena_entries(const struct arena *a, uint32_t number)
{
	return a->entries + ((size_t)number << a->shift);
}

static inline struct table *arena_table(const struct arena *a, uint32_t number)
{
	return a->tables + number;
}

/* The caller is done with real table @number and goes up. */
static inline void arena_leave(struct arena *a, uint32_t number)
{
	if (unlikely(arena_table(a, number)->flags & TABLE_COPY))
		uniform_leave(a, number);
}

/*
 * An entry that led to a table has changed, or a table is about to be free: before anybody waits for readers to be
 * gone from it.  So who remembers where a way through tables led, and had read the number of unlinks before going
 * it, may use that in an RCU section that finds the number the same: either nothing on the way has gone, or the
 * grace period of what has gone waits for this section, as it would for one that had walked there.
 */
static inline void arena_unlinked(struct arena *a)
{
	__atomic_fetch_add(&a->unlinks, 1, __ATOMIC_SEQ_CST);
}

static inline uint64_t arena_unlinks(const struct arena *a)
{
	return __atomic_load_n(&a->unlinks, __ATOMIC_ACQUIRE);
}

/* Entry @i of any table, for those who only look: nothing is copied. */
static inline uint64_t arena_peek(const struct arena *a, uint32_t number, unsigned int i)
{
	return unlikely(arena_is_uniform(number)) ? uniform_peek(a, number, i) : rt_peek(arena_entries(a, number) + i);
}

#endif
