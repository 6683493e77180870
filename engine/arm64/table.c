/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Table pages, their counts, and the end of subtrees that nothing leads to. */
#include "engine/arm64/arm64.h"

#include "engine/core/mutant.h"

uint32_t table_new(struct arm64_mmu *x, int level, gfn_t gfn)
{
	uint32_t number = arena_alloc(&x->mmu.arena, 0);
	struct table *t = arena_table(&x->mmu.arena, number);

	t->role = (uint32_t)level;
	t->gfn = gfn;
	__atomic_store_n(&t->refs, 1, __ATOMIC_RELAXED);
	return number;
}

/* Nobody walks it: @alone because whoever frees it keeps them out. */
static void free_page(struct arm64_mmu *x, uint32_t table, bool alone)
{
	if (alone)
		arena_table(&x->mmu.arena, table)->flags |= TABLE_ALONE;
	arena_free(&x->mmu.arena, table);
}

void table_put(struct arm64_mmu *x, uint32_t table)
{
	if (__atomic_sub_fetch(&arena_table(&x->mmu.arena, table)->refs, 1, __ATOMIC_ACQ_REL))
		return;
	rt_count(&x->mmu.counters.tables_freed, 1);
	free_page(x, table, true);
}

/* Return: pages freed.  A page whose count says that somebody still holds it stays. */
static uint32_t free_below(struct arm64_mmu *x, uint32_t table, bool alone)
{
	struct table *t = arena_table(&x->mmu.arena, table);
	rt_u64 *entries = arena_entries(&x->mmu.arena, table);
	uint32_t nr = 0;

	for (unsigned int i = 0; i < nr_entries(x); i++) {
		uint64_t pte = rt_peek(&entries[i]);

		if (!pte)
			continue;
		__atomic_fetch_sub(&t->refs, 1, __ATOMIC_RELAXED);
		if (stage2_is_table(pte, (int)t->role))
			nr += free_below(x, pte_child(x, pte), alone);
	}
	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL))
		return nr;
	free_page(x, table, alone);
	return nr + 1;
}

static uint32_t count_below(const struct arm64_mmu *x, uint32_t table)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, table);
	int level = table_level(x, table);
	uint32_t nr = 1;

	/* Entries of the second last level and up may be tables. */
	for (unsigned int i = 0; level < STAGE2_LAST_LEVEL && i < nr_entries(x); i++) {
		uint64_t pte = rt_peek(&entries[i]);

		if (stage2_is_table(pte, level))
			nr += count_below(x, pte_child(x, pte));
	}
	return nr;
}

static struct arm64_mmu *mmu_of(struct arena *arena)
{
	return to_arm64((struct mmu *)((char *)arena - offsetof(struct mmu, arena)));
}

static void freed(struct arm64_mmu *x, uint32_t nr, bool late)
{
	__atomic_fetch_sub(&x->unlinked, nr, __ATOMIC_RELAXED);
	rt_count(&x->mmu.counters.tables_freed, nr);
	if (late)
		rt_count(&x->mmu.counters.tables_freed_late, nr);
}

static void free_after_grace(struct rt_rcu_head *head)
{
	struct table *t = (struct table *)((char *)head - offsetof(struct table, rcu));
	struct arm64_mmu *x = mmu_of(t->arena);

	freed(x, free_below(x, (uint32_t)(t - t->arena->tables), false), true);
}

void table_free_unlinked(struct arm64_mmu *x, uint32_t table, bool shared)
{
	bool late = (shared || frees_late(x)) && !MUTANT(free_at_once);
	uint32_t nr = count_below(x, table);

	rt_count_most(&x->mmu.counters.unlinked_max, __atomic_add_fetch(&x->unlinked, nr, __ATOMIC_RELAXED));
	if (late) {
		rt_call_rcu(&arena_table(&x->mmu.arena, table)->rcu, free_after_grace);
		return;
	}
	rt_charge(COST_TABLE_PUT, (uint64_t)nr << x->bits);
	freed(x, free_below(x, table, !shared), false);
}
