/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tdp_mmu_init_child_sp(), tdp_mmu_split_huge_page(), tdp_mmu_link_sp(). */
#include "engine/x86/child.h"

#include <errno.h>

#include "engine/core/mutant.h"
#include "engine/core/observe.h"

void child_init(struct tdp_iter *it, uint32_t child)
{
	struct arena *arena = &it->x->mmu.arena;
	const struct table *parent = arena_table(arena, it->table[it->level]);
	struct table *t = arena_table(arena, child);

	t->gfn = it->gfn;
	t->role = role_set_invalid(role_set_level(parent->role, it->level - 1), 0);
	t->parent = it->table[it->level];
	t->slot = spte_index(it->gfn, it->level);
	obs_page(&it->x->mmu, OBS_GET_PAGE, t->gfn, t->role, 0, true);
}

uint32_t child_new(struct tdp_iter *it)
{
	uint32_t child = arena_alloc(&it->x->mmu.arena, it->x->f->nonpresent);

	rt_charge(COST_TABLE_ALLOC, 1);
	child_init(it, child);
	return child;
}

void child_discard(struct tdp_iter *it, uint32_t child)
{
	if (nx_is_disallowed(it->x, child))
		nx_forget_locked(it->x, child);	/* in no list */
	arena_free(&it->x->mmu.arena, child);
}

/* The same mapping, one level down, with what it permits and remembers. */
static void fill_from_huge(struct x86_mmu *x, uint32_t child, uint64_t huge, int level)
{
	rt_u64 *entries = arena_entries(&x->mmu.arena, child);
	uint64_t step = SPTE_LEVEL_PAGES(level) << 12;

	if (level == 1) {
		huge &= ~SPTE_LARGE;
		if (nx_is_on(x))
			huge = (huge | x->f->exec) & ~x->f->nx;
	}
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		rt_set(&entries[i], MUTANT(split_drops) && i == SPTE_ENTRIES - 1 ? x->f->nonpresent : huge + i * step);
	rt_charge(COST_SPLIT_ENTRY, SPTE_ENTRIES);
}

/* Up to 6.1 a new table goes into a list; one that keeps a huge page away, into another one, too. */
static void list_table(struct x86_mmu *x, uint32_t child)
{
	if (release_is(x, KVM_6_12))
		return;
	rt_spin_lock(&x->pages_lock);
	if (nx_is_disallowed(x, child))
		nx_track_locked(x, child);
	rt_spin_unlock(&x->pages_lock);
}

bool child_link(struct tdp_iter *it, uint32_t child, bool shared)
{
	struct x86_mmu *x = it->x;
	uint64_t huge = spte_is_present(it->old) ? it->old : 0;
	bool linked;

	if (huge)
		fill_from_huge(x, child, huge, it->level - 1);
	linked = spte_set(it, spte_for_table(x, child), shared);
	if (huge)
		obs_map(&x->mmu, OBS_SPLIT_HUGE_PAGE, it->gfn, it->level, linked ? 0 : EBUSY, huge);
	if (linked)
		list_table(x, child);
	return linked;
}
