/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_ARENA_H
#define ENGINE_CORE_ARENA_H

/*
 * Page-table pages by number.  A table is 512 shared words, 4 KiB, and 64
 * bytes of its own beside them; a table entry holds the child's number where
 * the kernel's holds a page frame.
 *
 * - Both arrays are one reservation each; the host gives memory when a page is
 *   first touched, and a freed table is the next one handed out, so that the
 *   memory in use is that of the largest number of tables at one time.
 * - Number 0 is no table.
 * - Memory of a freed table stays readable: a walker that is too late reads
 *   stale entries, it does not crash.  Whether it may is what table.free asks.
 * - Safe from several tasks and from RCU callbacks; never hands over.
 */
#include "base/types.h"
#include "engine/rt/rt.h"

#define ARENA_MAX_TABLES	(1u << 20)	/* 2 TiB of guest memory in 4 KiB pages */
#define TABLE_ENTRIES		512

#define TABLE_IN_USE		0x01
#define TABLE_NX_DISALLOWED	0x02	/* it stands where a huge page was refused for the NX mitigation */

struct table {
	struct arena		*arena;
	gfn_t			 gfn;		/* first one it covers */
	uint32_t		 role;		/* kvm/role.h; the level is part of it */
	uint32_t		 parent;	/* table whose entry points here; 0: a root, or not linked */
	uint16_t		 slot;		/* that entry, 0 .. 511 */
	uint16_t		 flags;		/* TABLE_* */
	uint32_t		 next_free;
	struct rt_rcu_head	 rcu;
};

struct arena {
	rt_u64		*entries;
	struct table	*tables;
	uint64_t	 free;		/* tag above the number of the first free table */
	uint32_t	 fresh;		/* tables from here on were never used */
	uint32_t	 nr, nr_max;	/* allocated now (grace periods included), and at most */
};

/* Return: 0 or -ENOMEM. */
int arena_init(struct arena *a);
void arena_fini(struct arena *a);	/* fine for a zeroed one */

/* A table with all entries @fill; aborts with a line when the arena is used up. */
uint32_t arena_alloc(struct arena *a, uint64_t fill);
/* Aborts when it is free already. */
void arena_free(struct arena *a, uint32_t number);
/* The same after a grace period. */
void arena_free_rcu(struct arena *a, uint32_t number);
/* Bytes that were ever touched. */
uint64_t arena_bytes(const struct arena *a);

static inline rt_u64 *arena_entries(const struct arena *a, uint32_t number)
{
	return a->entries + (size_t)number * TABLE_ENTRIES;
}

static inline struct table *arena_table(const struct arena *a, uint32_t number)
{
	return a->tables + number;
}

#endif
