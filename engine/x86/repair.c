/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify and the oracle do to a quiet MMU: peek, repair, count. */
#include "engine/x86/repair.h"

#include "engine/core/uniform.h"
#include "engine/x86/root.h"

uint64_t x86_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level)
{
	const struct x86_mmu *x = to_x86_const(mmu);
	const struct root *r = root_newest(x, as_id);
	uint32_t table;
	uint64_t spte;

	*level = 0;
	if (!r)
		return x->f->nonpresent;
	table = r->table;
	for (*level = mmu->config.root_level;; --*level) {
		spte = arena_peek(&mmu->arena, table, spte_index(gfn, *level));
		if (!spte_is_table(spte, *level))
			return spte;
		table = (uint32_t)spte_pfn(spte);
	}
}

/* Frees what hangs from @spte at @level. */
static void drop_below(struct x86_mmu *x, uint64_t spte, int level)
{
	uint32_t number;

	if (!spte_is_table(spte, level))
		return;
	number = arena_enter(&x->mmu.arena, (uint32_t)spte_pfn(spte));
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		drop_below(x, rt_peek(arena_entries(&x->mmu.arena, number) + i), level - 1);
	if (nx_is_disallowed(x, number))
		nx_forget_locked(x, number);
	arena_free(&x->mmu.arena, number);
}

/* A new empty table under entry @slot of table @parent, which is of @level. */
static uint64_t link_empty(struct x86_mmu *x, uint32_t parent, gfn_t gfn, int level)
{
	struct arena *arena = &x->mmu.arena;
	uint32_t child = arena_alloc(arena, x->f->nonpresent);
	struct table *t = arena_table(arena, child);

	t->gfn = gfn_round(gfn, level);
	t->role = role_set_level(arena_table(arena, parent)->role, level - 1);
	t->parent = parent;
	t->slot = spte_index(gfn, level);
	return spte_for_table(x, child);
}

void x86_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte)
{
	struct x86_mmu *x = to_x86(mmu);
	struct root *r = root_newest(x, as_id);
	uint32_t table;

	if (level < 1 || level > mmu->config.root_level)
		return;
	if (!r)
		r = root_unused(x, as_id);
	table = r->table;
	for (int l = mmu->config.root_level;; l--) {
		rt_u64 *entry = spte_at(x, table, gfn, l);
		uint64_t old = rt_peek(entry);

		if (l == level && !spte_is_table(spte, l)) {
			rt_set(entry, spte);
			drop_below(x, old, l);
			return;
		}
		if (!spte_is_table(old, l)) {
			old = link_empty(x, table, gfn, l);
			rt_set(entry, old);
		}
		if (l == level)
			return;
		table = arena_enter(&mmu->arena, (uint32_t)spte_pfn(old));
	}
}

/* A table of a uniform subtree, if all of its entries are leafs, or empty. */
static bool count_at_once(const struct x86_mmu *x, uint32_t number, struct mmu_stats *out, bool *any)
{
	struct uniform_view v;

	if (!arena_is_uniform(number) || !uniform_view(&x->mmu.arena, number, &v, &number) ||
	    spte_is_table(v.first, v.level))
		return false;
	*any = spte_is_present(v.first);
	if (*any)
		out->pages[v.level <= MAX_HUGE_LEVEL ? v.level : 0] += SPTE_ENTRIES;
	return true;
}

/* Return: whether the table has a present child. */
static bool count_table(const struct x86_mmu *x, uint32_t number, int level, struct mmu_stats *out)
{
	bool any = false;

	out->tables++;
	if (count_at_once(x, number, out, &any))
		return any;
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = arena_peek(&x->mmu.arena, number, i);

		if (!spte_is_present(spte))
			continue;
		any = true;
		if (spte_is_leaf(spte, level))
			out->pages[level <= MAX_HUGE_LEVEL ? level : 0]++;
		else if (!count_table(x, (uint32_t)spte_pfn(spte), level - 1, out))
			out->tables_empty++;
	}
	return any;
}

void x86_stats(const struct mmu *mmu, struct mmu_stats *out)
{
	const struct x86_mmu *x = to_x86_const(mmu);

	*out = (struct mmu_stats){ 0 };
	for (uintptr_t p = rt_peek(&x->roots); p; p = rt_peek(&((struct root *)p)->next))
		count_table(x, ((struct root *)p)->table, mmu->config.root_level, out);
	out->tables_max = mmu->arena.nr_max;
	out->nx_splits = x->nx.nr;
	out->nx_logged = nx_nr_logged(x);
	out->bytes = arena_bytes(&mmu->arena);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++) {
		for (unsigned int ret = 0; ret < RET_PF_NR; ret++)
			out->ret_pf[ret] += vcpu_counted(&x->vcpus[i], ret);
		out->fast_faults += x->vcpus[i].fast_faults;
	}
}
