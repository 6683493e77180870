/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verify and the oracle do to a quiet MMU: peek, repair, count. */
#include "engine/x86/repair.h"

#include "engine/x86/root.h"

static struct root *newest_valid(const struct x86_mmu *x, unsigned int as_id)
{
	for (uintptr_t p = rt_peek(&x->roots); p; p = rt_peek(&((struct root *)p)->next)) {
		struct root *r = (struct root *)p;

		if (!role_invalid((uint32_t)rt_peek(&r->role)) && root_as_id(r) == as_id)
			return r;
	}
	return NULL;
}

uint64_t x86_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level)
{
	const struct x86_mmu *x = to_x86_const(mmu);
	const struct root *r = newest_valid(x, as_id);
	uint32_t table;
	uint64_t spte;

	*level = 0;
	if (!r)
		return x->f->nonpresent;
	table = r->table;
	for (*level = mmu->config.root_level;; --*level) {
		spte = rt_peek(arena_entries(&mmu->arena, table) + spte_index(gfn, *level));
		if (!spte_is_table(spte, *level))
			return spte;
		table = (uint32_t)spte_pfn(spte);
	}
}

/* Frees what hangs from @spte at @level. */
static void drop_below(struct x86_mmu *x, uint64_t spte, int level)
{
	uint32_t number = (uint32_t)spte_pfn(spte);

	if (!spte_is_table(spte, level))
		return;
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		drop_below(x, rt_peek(arena_entries(&x->mmu.arena, number) + i), level - 1);
	arena_free(&x->mmu.arena, number);
}

/* A new empty table under entry @slot of table @parent, which is of @level. */
static uint64_t link_empty(struct x86_mmu *x, uint32_t parent, gfn_t gfn, int level)
{
	struct arena *arena = &x->mmu.arena;
	uint32_t child = arena_alloc(arena, x->f->nonpresent);
	struct table *t = arena_table(arena, child);
	uint64_t spte = spte_make_table(x->f, child);

	t->gfn = gfn_round(gfn, level);
	t->role = role_set_level(arena_table(arena, parent)->role, level - 1);
	t->parent = parent;
	t->slot = spte_index(gfn, level);
	if (!x->mmu.config.ad)
		spte = (spte & ~x->f->accessed) | SPTE_AD_DISABLED;
	return spte;
}

void x86_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte)
{
	struct x86_mmu *x = to_x86(mmu);
	struct root *r = newest_valid(x, as_id);
	uint32_t table;

	if (!r) {
		r = root_new(x, role_set_smm(x->root_role, as_id));
		rt_set(&r->refs, 1);	/* nobody runs on it yet */
	}
	table = r->table;
	for (int l = mmu->config.root_level;; l--) {
		rt_u64 *entry = arena_entries(&mmu->arena, table) + spte_index(gfn, l);
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
		table = (uint32_t)spte_pfn(old);
	}
}

/* Return: whether the table has a present child. */
static bool count_table(const struct x86_mmu *x, uint32_t number, int level, struct mmu_stats *out)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, number);
	bool any = false;

	out->tables++;
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = rt_peek(&entries[i]);

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
	out->bytes = arena_bytes(&mmu->arena);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++) {
		for (unsigned int ret = 0; ret < RET_PF_NR; ret++)
			out->ret_pf[ret] += x->vcpus[i].ret_pf[ret];
		out->fast_faults += x->vcpus[i].fast_faults;
	}
}
