/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_ARM64_MAP_H
#define ENGINE_ARM64_MAP_H

/* kvm_pgtable_stage2_map(): leafs for a range, tables on the way, and blocks in the place of tables (coalesce.c). */
#include "engine/arm64/breakmake.h"

struct map {
	struct walk	 w;		/* first: a visitor's */
	pfn_t		 pfn;		/* of the first page of the range; the others follow */
	unsigned int	 prot;		/* STAGE2_PROT_* */
	bool		 force_pages;	/* no blocks, even where they fit */
	uint32_t	*cached;	/* pages for tables at hand; NULL: none */
	struct window	*window;	/* of who maps; NULL: nobody walks these tables yet */
	bool		 fault;		/* a guest's access to @gfn asked for it */
	bool		 write;
	gfn_t		 gfn;
};

/*
 * Maps [m->w.start, m->w.end), which is one page or block or less than what one entry covers; x, start, end and the
 * WALK_* flags of m->w are set.  Return: 0, -EAGAIN: another was faster, or an entry that permits
 * less is there already; -ENOMEM.
 */
int map_range(struct map *m);
/* The same below a table that nothing leads to yet, whose entries are of @level and which w.at counts from. */
int map_table(struct map *m, uint32_t table, int level);

/* The leaf that would stand at the entry. */
uint64_t map_leaf(const struct map *m, const struct visit *v);
/* The entry has been broken: it becomes the leaf @new. */
void map_make_leaf(struct map *m, const struct visit *v, uint64_t new, bool clean);

/* coalesce.c: a table is in the place of what could be a block, as coalesce.order says.  Return: a visitor's. */
int coalesce(struct map *m, const struct visit *v);

#endif
