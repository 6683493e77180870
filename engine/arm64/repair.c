/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peek, repair, prefill, count: entries are stored as they are, nothing is charged or observed. */
#include "engine/arm64/repair.h"

#include "engine/arm64/walk.h"
#include "engine/arm64/watched.h"

uint64_t arm64_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level)
{
	const struct arm64_mmu *x = to_arm64_const(mmu);
	struct visit v;

	(void)as_id;
	*level = 0;
	if (!rt_peek(&x->alive) || gfn >= gfn_limit(x))
		return 0;
	v = peek_walk(x, gfn);
	*level = stage2_size_class(v.level);
	return v.old;
}

/* The entry becomes @pte, and its table's count follows. */
static void put_entry(struct arm64_mmu *x, rt_u64 *ptep, uint64_t pte)
{
	uint32_t table = entry_table(x, ptep);
	uint64_t old = rt_peek(ptep);

	rt_set(ptep, pte);
	check_entry(x, ptep, old, pte);
	if (!old && pte)
		table_get(x, table);
	if (old && !pte)
		table_put(x, table);
}

/* A new empty table for the entry. */
static uint64_t link_empty(struct arm64_mmu *x, rt_u64 *ptep, gfn_t gfn, int level)
{
	uint32_t child = table_new(x, level + 1, level_round(x, gfn, level));

	arena_table(&x->mmu.arena, child)->parent = entry_table(x, ptep);
	arena_table(&x->mmu.arena, child)->slot = (uint16_t)level_index(x, gfn, level);
	put_entry(x, ptep, pte_for_table(x, child));
	return pte_for_table(x, child);
}

/* The entry for @gfn at @level; tables on the way that are missing are made. */
static rt_u64 *reach(struct arm64_mmu *x, gfn_t gfn, int level)
{
	uint32_t table = root_of(x, gfn);

	for (int l = (int)x->s2.start_level;; l++) {
		rt_u64 *ptep = table_entry(x, table, gfn, l);
		uint64_t pte = rt_peek(ptep);

		if (l == level)
			return ptep;
		if (!stage2_is_table(pte, l))
			pte = link_empty(x, ptep, gfn, l);
		table = pte_child(x, pte);
	}
}

void arm64_repair(struct mmu *mmu, gfn_t gfn, int class, unsigned int as_id, uint64_t pte)
{
	struct arm64_mmu *x = to_arm64(mmu);
	int level = STAGE2_LAST_LEVEL + 1 - class;
	rt_u64 *ptep;
	uint64_t old;

	(void)as_id;
	if (!rt_peek(&x->alive) || gfn >= gfn_limit(x) || level < x->s2.start_level)
		return;
	ptep = reach(x, gfn, level);
	old = rt_peek(ptep);
	if (stage2_is_table(pte, level)) {
		if (!stage2_is_table(old, level))
			link_empty(x, ptep, gfn, level);
		return;
	}
	put_entry(x, ptep, pte);
	if (stage2_is_table(old, level))
		table_free_unlinked(x, pte_child(x, old), false);
}

void arm64_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p)
{
	struct arm64_mmu *x = to_arm64(mmu);
	int level = STAGE2_LAST_LEVEL + 1 - p->level;
	unsigned int prot = STAGE2_PROT_R | (slot->cfg.flags & SLOT_READONLY ? 0 : STAGE2_PROT_W) |
			    (x->s2.dic ? STAGE2_PROT_X : 0);
	uint64_t step = level_pages(x, level);

	for (uint64_t at = 0; at < p->npages; at += step) {
		struct visit v = peek_walk(x, p->gfn + at);
		rt_u64 *ptep;

		if (v.old & STAGE2_VALID)
			continue;
		ptep = reach(x, p->gfn + at, level);
		if (rt_peek(ptep))
			continue;	/* a table of smaller pages */
		check_cleaned(mmu, p->gfn + at, step);
		put_entry(x, ptep, stage2_leaf(&x->s2, level, p->pfn + at, prot));
	}
}

/* Return: whether the table has an entry. */
static bool count_table(const struct arm64_mmu *x, uint32_t table, int level, struct mmu_stats *out)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, table);
	bool any = false;

	out->tables++;
	for (unsigned int i = 0; i < nr_entries(x); i++) {
		uint64_t pte = rt_peek(&entries[i]);

		if (!(pte & STAGE2_VALID))
			continue;
		any = true;
		if (stage2_is_leaf(pte, level))
			out->pages[stage2_size_class(level) <= 3 ? stage2_size_class(level) : 0]++;
		else if (!count_table(x, pte_child(x, pte), level + 1, out))
			out->tables_empty++;
	}
	return any;
}

void arm64_stats(const struct mmu *mmu, struct mmu_stats *out)
{
	const struct arm64_mmu *x = to_arm64_const(mmu);

	*out = (struct mmu_stats){ 0 };
	for (unsigned int i = 0; rt_peek(&x->alive) && i < x->nr_roots; i++)
		count_table(x, x->root[i], x->s2.start_level, out);
	out->tables_max = mmu->arena.nr_max;
	out->bytes = arena_bytes(&mmu->arena);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++)
		for (unsigned int ret = 0; ret < RET_PF_NR; ret++)
			out->ret_pf[ret] += x->vcpus[i].ret_pf[ret];
}
