/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks every table; reads only. */
#include "engine/x86/check.h"

#include "engine/core/checker.h"
#include "engine/core/uniform.h"
#include "engine/x86/root.h"

struct check {
	const struct x86_mmu	 *x;
	const struct memslot_set *set;
	unsigned int		  as_id;
	bool			  valid;	/* the root is */
};

static void check_leaf(const struct check *c, uint64_t spte, int level, gfn_t gfn)
{
	const struct mmu *mmu = &c->x->mmu;
	uint64_t nr = SPTE_LEVEL_PAGES(level);
	const struct memslot *slot;

	if ((spte & SPTE_W) && (~spte & (c->x->f->host_writable | c->x->f->mmu_writable)))
		mmu_broken(mmu, "W: a writable leaf is not host- and MMU-writable", gfn, spte);
	if (spte_pfn(spte) & (nr - 1))
		mmu_broken(mmu, "alignment: a huge leaf's pfn is not", gfn, spte);
	if (level == 1 && mmu->checker && checker_in_window(mmu->checker, c->as_id, gfn, nr))
		mmu_broken(mmu, "I-N1: an open invalidation's page is mapped", gfn, spte);
	if (!c->valid || mmu->config.guided)
		return;
	slot = memslot_find(c->set, c->as_id, gfn);
	if (!slot || gfn + nr > slot->cfg.base_gfn + slot->cfg.npages)
		mmu_broken(mmu, "slot: a leaf has no slot", gfn, spte);
	else if (level > 1 && (spte & SPTE_W) && (slot->cfg.flags & SLOT_LOG_DIRTY) && !mmu->config.dirty_init_set)
		mmu_broken(mmu, "slot: a huge leaf can be written where dirty pages are logged", gfn, spte);
}

/* Return: whether what hangs from the table can be looked at. */
static bool check_place(const struct mmu *mmu, uint32_t number, uint32_t parent, int level, gfn_t gfn)
{
	const struct table *t = arena_table(&mmu->arena, number);

	if (!(t->flags & TABLE_IN_USE)) {
		mmu_broken(mmu, "I-T1: a freed table is reachable", gfn, number);
		return false;
	}
	if ((int)role_level(t->role) != level || t->gfn != gfn || t->parent != parent)
		mmu_broken(mmu, "tree: a table is not where it belongs", gfn, number);
	if (parent && t->slot >= SPTE_ENTRIES)
		mmu_broken(mmu, "tree: a table's entry number is out of range", gfn, number);
	return true;
}

static void check_table(const struct check *c, uint32_t number, uint32_t parent, int level, gfn_t gfn)
{
	const struct mmu *mmu = &c->x->mmu;
	struct uniform_view v;

	if (arena_is_uniform(number) && uniform_view(&mmu->arena, number, &v, &number)) {
		if (v.level != level || v.gfn != gfn)
			mmu_broken(mmu, "tree: a uniform table is not where it belongs", gfn, number);
	} else if (!check_place(mmu, number, parent, level, gfn)) {
		return;
	}
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = arena_peek(&mmu->arena, number, i);
		gfn_t at = gfn + i * SPTE_LEVEL_PAGES(level);

		if (!spte_is_present(spte))
			continue;
		if (spte_is_leaf(spte, level))
			check_leaf(c, spte, level, at);
		else
			check_table(c, (uint32_t)spte_pfn(spte), number, level - 1, at);
	}
}

static void check_root(const struct x86_mmu *x, const struct root *r, struct check *c)
{
	uint64_t vcpus = 0, refs = rt_peek(&r->refs);

	for (unsigned int i = 0; i < x->mmu.config.nr_vcpus; i++)
		vcpus += x->vcpus[i].root == r;
	c->valid = !role_invalid((uint32_t)rt_peek(&r->role));
	if (refs < vcpus + (c->valid || r->scheduled))
		mmu_broken(&x->mmu, "I-T3: a root has too few references", 0, refs);
	c->as_id = root_as_id(r);
	check_table(c, r->table, 0, x->mmu.config.root_level, 0);
}

void x86_check(const struct mmu *mmu)
{
	const struct x86_mmu *x = to_x86_const(mmu);
	struct check c = { .x = x, .set = &mmu->slots.set[rt_peek(&mmu->slots.active)] };

	for (uintptr_t p = rt_peek(&x->roots); p; p = rt_peek(&((struct root *)p)->next))
		check_root(x, (struct root *)p, &c);
	if (x->nx.link)
		nx_check(x);
}

/* The first leaf below @number that maps a page of [start, end). */
static gfn_t first_leaf(const struct x86_mmu *x, uint32_t number, int level, gfn_t gfn, gfn_t start, gfn_t end)
{
	gfn_t from = start > gfn ? start : gfn;

	for (unsigned int i = spte_index(from, level); i < SPTE_ENTRIES; i++) {
		gfn_t at = gfn + i * SPTE_LEVEL_PAGES(level), found = UINT64_MAX;
		uint64_t spte = arena_peek(&x->mmu.arena, number, i);

		if (at >= end)
			break;
		if (spte_is_leaf(spte, level))
			return at;
		if (spte_is_table(spte, level))
			found = first_leaf(x, (uint32_t)spte_pfn(spte), level - 1, at, start, end);
		if (found != UINT64_MAX)
			return found;
	}
	return UINT64_MAX;
}

gfn_t x86_find_mapped(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid)
{
	const struct x86_mmu *x = to_x86_const(mmu);
	gfn_t found = UINT64_MAX;

	for (uintptr_t p = rt_peek(&x->roots); p && found == UINT64_MAX; p = rt_peek(&((struct root *)p)->next)) {
		const struct root *r = (struct root *)p;

		if (root_as_id(r) == as_id && !(only_valid && role_invalid((uint32_t)rt_peek(&r->role))))
			found = first_leaf(x, r->table, mmu->config.root_level, 0, start, end);
	}
	return found;
}
