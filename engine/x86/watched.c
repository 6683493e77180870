/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads only; never hands over. */
#include "engine/x86/watched.h"

#include "engine/x86/dirty.h"

static struct check_pte decode(const struct x86_mmu *x, uint64_t spte, int level)
{
	struct check_pte pte = { .raw = spte, .frozen = spte_is_frozen(x->f, spte), .present = spte_is_present(spte) };

	if (!pte.present) {
		pte.empty = !(spte & ~BIT_ULL(63));
		return pte;
	}
	pte.leaf = spte_is_leaf(spte, level);
	if (!pte.leaf) {
		pte.child = (uint32_t)spte_pfn(spte);
		return pte;
	}
	pte.pfn = spte_pfn(spte);
	pte.tracked = spte_is_access_tracked(spte);
	pte.accessed = spte_is_accessed(x->f, spte);
	pte.dirty = spte_ad_enabled(spte) && spte & x->f->dirty;
	pte.writable = spte & SPTE_W;
	pte.unnoticed = x86_writes_unnoticed(&x->mmu, spte);
	pte.executable = spte_permits(x->f, spte, MMU_X);
	return pte;
}

static struct check_change at(const struct x86_mmu *x, const rt_u64 *sptep)
{
	const struct arena *a = &x->mmu.arena;
	size_t entry = (size_t)(sptep - a->entries);
	struct check_change ch = { .table = (uint32_t)(entry / TABLE_ENTRIES), .index = entry % TABLE_ENTRIES };
	const struct table *t = arena_table(a, ch.table);

	ch.level = (int)role_level(t->role);
	ch.gfn = x->mmu.ops->entry_gfn ? x->mmu.ops->entry_gfn(&x->mmu, ch.table, ch.index)
				       : t->gfn + ch.index * SPTE_LEVEL_PAGES(ch.level);
	ch.as_id = role_smm(t->role) ? 1 : 0;
	return ch;
}

/* A table is linked that is not empty. */
static void tell_children(struct x86_mmu *x, const struct check_change *ch)
{
	const rt_u64 *entries = arena_entries(&x->mmu.arena, ch->new.child);
	struct check_pte pte[TABLE_ENTRIES];
	bool any = false;

	for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
		pte[i] = decode(x, rt_peek(&entries[i]), ch->level - 1);
		any |= pte[i].present;
	}
	if (any)
		checker_linked(&x->mmu, ch, pte, TABLE_ENTRIES);
}

void watched_entry(struct x86_mmu *x, const rt_u64 *sptep, uint64_t old, uint64_t new, bool hardware)
{
	struct check_change ch = at(x, sptep);

	ch.hardware = hardware;
	ch.old = decode(x, old, ch.level);
	ch.new = decode(x, new, ch.level);
	checker_changed(&x->mmu, &ch);
	if (ch.new.child && ch.new.child != ch.old.child)
		tell_children(x, &ch);
}

void watched_install(struct x86_mmu *x, const rt_u64 *sptep, uint64_t spte, gfn_t gfn, bool write)
{
	struct check_change ch = at(x, sptep);

	ch.new = decode(x, spte, ch.level);
	checker_installed(&x->mmu, &ch, gfn, write);
}
