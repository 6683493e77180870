/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks every page; reads only. */
#include "engine/core/checker.h"
#include "engine/x86/shadow/repair.h"
#include "engine/x86/shadow/sp.h"

struct check {
	const struct shadow_mmu	 *sm;
	const struct memslot_set *set;
};

static unsigned int times_in(const struct shadow_mmu *sm, uint32_t head, uint32_t entry)
{
	struct ptes_iter it;
	unsigned int nr = 0;
	uint32_t e;

	for_each_pte(&sm->ptes, head, &it, e)
		nr += e == entry;
	return nr;
}

static void check_leaf(const struct check *c, uint32_t number, unsigned int i, uint64_t spte)
{
	const struct shadow_mmu *sm = c->sm;
	const struct mmu *mmu = &sm->x.mmu;
	int level = sp_level(sm, number);
	unsigned int as_id = sp_as_id(sm, number);
	gfn_t gfn = sp_entry_gfn(sm, number, i), nr = SPTE_LEVEL_PAGES(level);
	const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
	const struct memslot *slot;

	if (!head || times_in(sm, *head, number * SPTE_ENTRIES + i) != 1)
		mmu_broken(mmu, "rmap: a leaf is not once in the rmap of its frame", gfn, spte);
	if ((spte & SPTE_W) && (~spte & (sm->x.f->host_writable | sm->x.f->mmu_writable)))
		mmu_broken(mmu, "W: a writable leaf is not host- and MMU-writable", gfn, spte);
	if (spte_pfn(spte) & (nr - 1))
		mmu_broken(mmu, "alignment: a huge leaf's pfn is not", gfn, spte);
	if ((spte & SPTE_W) && frames_is_watched(&sm->frames, as_id, gfn))
		mmu_broken(mmu, "track: a page table whose writes must be noticed can be written", gfn, spte);
	if (level == 1 && mmu->checker && checker_in_window(mmu->checker, as_id, gfn, nr))
		mmu_broken(mmu, "I-N1: an open invalidation's page is mapped", gfn, spte);
	if (sp_is_obsolete(sm, number) || mmu->config.guided)
		return;
	slot = memslot_find(c->set, as_id, gfn);
	if (!slot || gfn + nr > slot->cfg.base_gfn + slot->cfg.npages)
		mmu_broken(mmu, "slot: a leaf has no slot", gfn, spte);
	else if (level > 1 && (spte & SPTE_W) && (slot->cfg.flags & SLOT_LOG_DIRTY) && !mmu->config.dirty_init_set)
		mmu_broken(mmu, "slot: a huge leaf can be written where dirty pages are logged", gfn, spte);
}

static void check_link(const struct check *c, uint32_t number, unsigned int i, uint64_t spte)
{
	const struct shadow_mmu *sm = c->sm;
	uint32_t child = sp_child(spte), entry = number * SPTE_ENTRIES + i;

	if (child >= ARENA_MAX_TABLES || !(arena_table(&sm->x.mmu.arena, child)->flags & TABLE_IN_USE)) {
		mmu_broken(&sm->x.mmu, "I-T1: a freed table is reachable", sp_gfn(sm, number), child);
		return;
	}
	if (sp_level(sm, child) != sp_level(sm, number) - 1)
		mmu_broken(&sm->x.mmu, "tree: a table is not where it belongs", sp_gfn(sm, number), child);
	if (times_in(sm, sp_of(sm, child)->parents, entry) != 1)
		mmu_broken(&sm->x.mmu, "tree: a table does not know an entry that leads to it", sp_gfn(sm, number),
			   child);
}

static void check_page(const struct check *c, uint32_t number)
{
	const struct shadow_mmu *sm = c->sm;
	const struct sp *sp = sp_of(sm, number);
	int level = sp_level(sm, number);
	unsigned int bits = 0;

	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = arena_peek(&sm->x.mmu.arena, number, i);

		if (spte_is_leaf(spte, level))
			check_leaf(c, number, i, spte);
		else if (spte_is_present(spte))
			check_link(c, number, i, spte);
	}
	for (unsigned int w = 0; w < SPTE_ENTRIES / 64; w++)
		bits += (unsigned int)__builtin_popcountll(sp->unsync_child[w]);
	if (bits != sp->unsync_children)
		mmu_broken(&sm->x.mmu, "unsync: a page has miscounted its unsync children", sp_gfn(sm, number), bits);
	if (sp->unsync && (level > 1 || !sp_has_gptes(sm, number)))
		mmu_broken(&sm->x.mmu, "unsync: a page is that must not be", sp_gfn(sm, number), number);
}

static void check_roots(const struct shadow_mmu *sm)
{
	for (unsigned int i = 0; i < sm->x.mmu.config.nr_vcpus; i++) {
		uint32_t root = sm->vcpus[i].root.table;

		if (root && !sp_of(sm, root)->root_count)
			mmu_broken(&sm->x.mmu, "I-T3: a root has too few references", sp_gfn(sm, root), root);
	}
}

void shadow_check(const struct mmu *mmu)
{
	const struct shadow_mmu *sm = to_shadow_const(mmu);
	struct check c = { .sm = sm, .set = &mmu->slots.set[rt_peek(&mmu->slots.active)] };
	uint64_t active = 0;

	for (uint32_t n = sm->newest; n; n = sp_of(sm, n)->older, active++)
		check_page(&c, n);
	if (active > sm->nr_pages)
		mmu_broken(mmu, "pages: more are active than counted", 0, active);
	check_roots(sm);
	if (sm->x.nx.link)
		nx_check(&sm->x);
}
