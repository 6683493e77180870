/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_UNIFORM_H
#define ENGINE_CORE_UNIFORM_H

/*
 * Subtrees that are mapped alike from end to end take no memory: a guest of
 * 16 TiB in 4 KiB pages has eight million tables, and all of them can be said in
 * a line.  Their tables have numbers (ARENA_UNIFORM set) that stand in entries
 * as other tables' do.  Whoever enters one (arena_enter()) gets a copy, a real
 * table, and whoever leaves it (arena_leave()) gives the copy back when it is
 * uniform again; so a walk through all of them needs one copy per level.
 *
 * - The content of a table without a copy is an arithmetic progression: entry i is
 *   first + i * step.  Leafs of consecutive frames are one, and tables of
 *   consecutive numbers, and 512 times the same word.  Neighbours mostly go on
 *   from each other, so what is kept is runs of tables.
 * - An entry that points to a table of a uniform tree never changes by copying
 *   or giving back: comparing and swapping it means what it always means.
 * - A table without a copy has no copies below it.
 * - A copy is given back only while nobody else reads tables (rt_rcu_alone());
 *   so under threads it stays until the table is freed.
 * - arena.nr counts every table of the tree, copied or not.
 *
 * Nothing here hands over.  Safe from several tasks.
 */
#include "engine/core/arena.h"

#define UNIFORM_MAX_LEVEL 5

/* What a tree is made of; levels are those of the tables' entries, 1 the lowest. */
struct uniform_tree {
	gfn_t		 start;		/* first one it covers */
	int		 top, bottom;	/* levels of the topmost table and of those that hold leafs */
	uint32_t	 parent;	/* the real table whose entry points to the topmost one ... */
	uint16_t	 slot;		/* ... and which entry that is */
	uint64_t	 table;		/* an entry that points to table 0; one to table n: plus n * unit */
	uint64_t	 unit;
	uint64_t	 leaf, leaf_step;	/* the first leaf; from each to the next */
	uint32_t	 role[UNIFORM_MAX_LEVEL + 1];	/* of the tables, by level */
};

/* A table without a copy. */
struct uniform_view {
	uint64_t first, step;	/* entry i: first + i * step */
	gfn_t	 gfn;
	uint32_t role;
	int	 level;
};

/* Return: the number of its topmost table, to be stored in the parent's entry. */
uint32_t uniform_add(struct arena *a, const struct uniform_tree *tree);
/* False when @number has a copy, which then is *@copy. */
bool uniform_view(const struct arena *a, uint32_t number, struct uniform_view *out, uint32_t *copy);
/* All entries of @number, which has no copy, become @value. */
void uniform_fill(struct arena *a, uint32_t number, uint64_t value);
/* @number, which has no copy and no tables below it, is freed; @grace: after a grace period. */
void uniform_free(struct arena *a, uint32_t number, bool grace);

/* --- arena.h's own --- */

/*
 * uniform_enter(), uniform_leave() and uniform_peek() are declared there.  The copy's table is being
 * freed, or given back.
 */
void uniform_forget(struct arena *a, uint32_t copy);
void uniform_fini(struct arena *a);

#endif
