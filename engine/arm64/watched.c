/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads only; never hands over. */
#include "engine/arm64/watched.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "engine/arm64/dirty.h"

static struct check_pte decode(const struct arm64_mmu *x, uint64_t raw, int level)
{
	struct check_pte pte = { .raw = raw, .present = raw & STAGE2_VALID, .empty = !raw,
				 .frozen = stage2_is_locked(raw) };

	if (!pte.present)
		return pte;
	pte.leaf = stage2_is_leaf(raw, level);
	if (!pte.leaf) {
		pte.child = pte_child(x, raw);
		return pte;
	}
	pte.pfn = stage2_pfn(x->s2.page_shift, raw);
	pte.accessed = raw & STAGE2_AF;
	pte.writable = raw & STAGE2_W;
	pte.executable = !(raw & STAGE2_XN);
	pte.unnoticed = arm64_writes_unnoticed(&x->mmu, raw);
	return pte;
}

static struct check_change at(const struct arm64_mmu *x, const rt_u64 *ptep)
{
	const struct arena *a = &x->mmu.arena;
	struct check_change ch = { .table = entry_table(x, ptep) };
	const struct table *t = arena_table(a, ch.table);

	ch.index = (uint16_t)(ptep - arena_entries(a, ch.table));
	ch.level = stage2_size_class((int)t->role);
	ch.gfn = t->gfn + ch.index * level_pages(x, (int)t->role);
	return ch;
}

static void tell(struct arm64_mmu *x, const struct check_change *ch);

/* A table is linked that is not empty: so are those below it, each with its part of what was there. */
static void tell_children(struct arm64_mmu *x, const struct check_change *parent)
{
	uint32_t table = parent->new.child;
	const rt_u64 *entries = arena_entries(&x->mmu.arena, table);
	int level = table_level(x, table);

	for (unsigned int i = 0; i < nr_entries(x); i++) {
		struct check_change ch = at(x, &entries[i]);

		ch.new = decode(x, rt_peek(&entries[i]), level);
		ch.old.empty = true;
		ch.was = parent->was;
		ch.was.pfn += ch.gfn - parent->gfn;
		if (ch.new.child)
			tell(x, &ch);
	}
}

static void tell_leafs(struct arm64_mmu *x, const struct check_change *ch)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, ch->new.child);
	struct check_pte *pte = xcalloc(nr_entries(x), sizeof(*pte));
	int level = table_level(x, ch->new.child);
	bool any = false;

	for (unsigned int i = 0; i < nr_entries(x); i++) {
		pte[i] = decode(x, rt_peek(&entries[i]), level);
		any |= pte[i].present;
	}
	if (any)
		checker_linked(&x->mmu, ch, pte, nr_entries(x));
	free(pte);
}

static void tell(struct arm64_mmu *x, const struct check_change *ch)
{
	checker_changed(&x->mmu, ch);
	if (!ch->new.child || ch->new.child == ch->old.child)
		return;
	tell_leafs(x, ch);
	tell_children(x, ch);
}

void watched_pte(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t was, uint64_t old, uint64_t new, bool hardware)
{
	struct check_change ch = at(x, ptep);
	int level = table_level(x, ch.table);

	if (!RT_IS_VIRTUAL)
		return;
	ch.was = decode(x, was, level);
	ch.old = decode(x, old, level);
	ch.new = decode(x, new, level);
	ch.hardware = hardware;
	tell(x, &ch);
}

void watched_leaf(struct arm64_mmu *x, const rt_u64 *ptep, uint64_t pte, gfn_t gfn, bool write)
{
	struct check_change ch = at(x, ptep);

	ch.new = decode(x, pte, table_level(x, ch.table));
	checker_installed(&x->mmu, &ch, gfn, write);
}
