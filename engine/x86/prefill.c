/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that was mapped before the run: the entries that faults would have
 * left.  Where an entry above the leafs lies in the range as a whole and is
 * empty, it gets a uniform subtree.
 */
#include "engine/x86/prefill.h"

#include "engine/core/uniform.h"
#include "engine/x86/fault.h"
#include "engine/x86/root.h"
#include "engine/x86/watched.h"

struct prefill {
	struct x86_mmu	*x;
	gfn_t		 start, end;
	int		 level;		/* of the leafs */
	struct fault	 like;		/* the fault that would have mapped the first page */
};

static uint64_t leaf_at(const struct prefill *p, gfn_t gfn)
{
	struct fault f = p->like;

	f.pfn += gfn - p->start;
	return fault_leaf(&f, 0);
}

/* The topmost table, of @level, of a uniform subtree under entry @slot of @parent. */
static uint32_t new_subtree(const struct prefill *p, uint32_t parent, unsigned int slot, gfn_t gfn, int level)
{
	struct arena *arena = &p->x->mmu.arena;
	struct uniform_tree tree = {
		.start = gfn, .top = level, .bottom = p->level, .parent = parent, .slot = (uint16_t)slot,
		.table = spte_for_table(p->x, 0), .leaf = leaf_at(p, gfn),
	};

	tree.unit = spte_for_table(p->x, 1) - tree.table;
	tree.leaf_step = leaf_at(p, gfn + SPTE_LEVEL_PAGES(p->level)) - tree.leaf;
	for (int l = p->level; l <= level; l++)
		tree.role[l] = role_set_invalid(role_set_level(arena_table(arena, parent)->role, l), 0);
	return uniform_add(arena, &tree);
}

static uint32_t new_table(const struct prefill *p, uint32_t parent, unsigned int slot, gfn_t gfn, int level)
{
	struct arena *arena = &p->x->mmu.arena;
	uint32_t number = arena_alloc(arena, p->x->f->nonpresent);
	struct table *t = arena_table(arena, number);

	t->gfn = gfn;
	t->role = role_set_invalid(role_set_level(arena_table(arena, parent)->role, level), 0);
	t->parent = parent;
	t->slot = (uint16_t)slot;
	return number;
}

static void set_entry(const struct prefill *p, rt_u64 *sptep, uint64_t spte)
{
	uint64_t old = rt_peek(sptep);

	rt_set(sptep, spte);
	check_entry(p->x, sptep, old, spte);
}

static void fill_table(const struct prefill *p, uint32_t number, int level, gfn_t table_gfn)
{
	rt_u64 *entries = arena_entries(&p->x->mmu.arena, number);
	gfn_t from = p->start > table_gfn ? p->start : table_gfn;

	for (unsigned int i = spte_index(from, level); i < SPTE_ENTRIES; i++) {
		gfn_t gfn = table_gfn + i * SPTE_LEVEL_PAGES(level);
		/* A checker knows each table by its place in the arena. */
		bool whole = !p->x->mmu.config.check && gfn >= p->start && gfn + SPTE_LEVEL_PAGES(level) <= p->end;
		uint64_t spte = rt_peek(&entries[i]);

		if (gfn >= p->end)
			return;
		if (spte_is_leaf(spte, level))
			continue;
		if (level == p->level) {
			if (!spte_is_present(spte))
				set_entry(p, &entries[i], leaf_at(p, gfn));
		} else if (spte_is_present(spte)) {
			fill_table(p, arena_enter(&p->x->mmu.arena, (uint32_t)spte_pfn(spte)), level - 1, gfn);
		} else if (whole) {
			set_entry(p, &entries[i], spte_for_table(p->x, new_subtree(p, number, i, gfn, level - 1)));
		} else {
			uint32_t child = new_table(p, number, i, gfn, level - 1);

			set_entry(p, &entries[i], spte_for_table(p->x, child));
			fill_table(p, child, level - 1, gfn);
		}
	}
}

void x86_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *what)
{
	struct x86_mmu *x = to_x86(mmu);
	struct root *root = root_newest(x, what->as_id);
	struct prefill p = {
		.x = x, .start = what->gfn, .end = what->gfn + what->npages, .level = what->level,
		.like = { .x = x, .pfn = what->pfn, .goal_level = what->level,
			  .map_writable = !(slot->cfg.flags & SLOT_READONLY) },
	};

	if (!root)
		root = root_unused(x, what->as_id);
	rt_rcu_read_lock();
	fill_table(&p, root->table, mmu->config.root_level, 0);
	rt_rcu_read_unlock();
}
