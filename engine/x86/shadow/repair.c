/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/repair.h"

#include "engine/x86/shadow/leaf.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/vcpu.h"

/* --- looking ----------------------------------------------------------------------- */

/* The newest valid root of @as_id, 0: there is none. */
static uint32_t newest_root(const struct shadow_mmu *sm, unsigned int as_id)
{
	uint32_t n = sm->newest;

	while (n && (sp_is_obsolete(sm, n) || sp_as_id(sm, n) != as_id ||
		     sp_level(sm, n) != sm->x.mmu.config.root_level))
		n = sp_of(sm, n)->older;
	return n;
}

/* Of guests whose tables are followed: what maps the frame, if anything does. */
static uint64_t peek_rmaps(const struct shadow_mmu *sm, gfn_t gfn, unsigned int as_id, int *level)
{
	struct ptes_iter it;

	for (*level = 1; *level <= MAX_HUGE_LEVEL; ++*level) {
		const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, *level);

		if (head && ptes_any(*head))
			return rt_peek(entry_at(sm, ptes_first(&sm->ptes, *head, &it)));
	}
	*level = 1;
	return sm->x.f->nonpresent;
}

uint64_t shadow_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level)
{
	const struct shadow_mmu *sm = to_shadow_const(mmu);
	uint32_t table = newest_root(sm, as_id);
	uint64_t spte;

	*level = 0;
	if (!table)
		return sm->x.f->nonpresent;
	if (mmu->config.shadow)
		return peek_rmaps(sm, gfn, as_id, level);
	for (*level = mmu->config.root_level;; --*level) {
		spte = arena_peek(&mmu->arena, table, spte_index(gfn, *level));
		if (!spte_is_table(spte, *level))
			return spte;
		table = sp_child(spte);
	}
}

static void count_page(const struct shadow_mmu *sm, uint32_t number, struct mmu_stats *out)
{
	int level = sp_level(sm, number);
	bool any = false;

	out->tables++;
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t spte = arena_peek(&sm->x.mmu.arena, number, i);

		any |= spte_is_present(spte);
		if (spte_is_leaf(spte, level))
			out->pages[level]++;
	}
	out->tables_empty += !any && ptes_any(sp_of(sm, number)->parents);
}

void shadow_stats(const struct mmu *mmu, struct mmu_stats *out)
{
	const struct shadow_mmu *sm = to_shadow_const(mmu);

	*out = (struct mmu_stats){ 0 };
	for (uint32_t n = sm->newest; n; n = sp_of(sm, n)->older)
		count_page(sm, n, out);
	out->tables_max = mmu->arena.nr_max;
	out->nx_splits = sm->x.nx.nr;
	out->nx_logged = nx_nr_logged(&sm->x);
	out->bytes = arena_bytes(&mmu->arena) + mmu->arena.fresh * sizeof(struct sp) + ptes_bytes(&sm->ptes) +
		     sm->frames.bytes + sm->translations * SPTE_ENTRIES * sizeof(uint64_t);
	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++) {
		for (unsigned int ret = 0; ret < RET_PF_NR; ret++)
			out->ret_pf[ret] += vcpu_counted(&sm->x.vcpus[i], ret);
		out->fast_faults += sm->x.vcpus[i].fast_faults;
	}
}

/* --- direct pages made without a fault ------------------------------------------------ */

static uint32_t root_for(struct shadow_mmu *sm, unsigned int as_id)
{
	uint32_t root = newest_root(sm, as_id);

	return root ? root : sp_make_quiet(sm, 0, role_set_smm(sm->x.root_role, as_id));
}

/* The valid page of (@gfn, @role) if there is one already: what was cut off may be found again. */
static uint32_t child_for(struct shadow_mmu *sm, gfn_t gfn, uint32_t role)
{
	for (uint32_t n = sp_first(sm, gfn); n; n = sp_next(sm, n))
		if (!sp_is_obsolete(sm, n) && sp_role(sm, n) == role)
			return n;
	return sp_make_quiet(sm, gfn, role);
}

/* The entry of @gfn at @level, with tables down to it; what is in their way goes. */
static uint32_t entry_for(struct shadow_mmu *sm, gfn_t gfn, int level, unsigned int as_id)
{
	uint32_t table = root_for(sm, as_id), entry;

	for (int l = sm->x.mmu.config.root_level;; l--) {
		uint64_t spte;

		entry = table * SPTE_ENTRIES + spte_index(gfn, l);
		if (l == level)
			return entry;
		spte = rt_peek(entry_at(sm, entry));
		if (spte_is_leaf(spte, l))
			rmap_forget(sm, entry);
		if (!spte_is_table(spte, l))
			link_quiet(sm, child_for(sm, gfn_round(gfn, l), sp_child_role(sm, entry, true, ACC_ALL)),
				   entry);
		table = sp_child(rt_peek(entry_at(sm, entry)));
	}
}

static void set_leaf(struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, uint64_t spte)
{
	uint64_t old = rt_peek(entry_at(sm, entry));
	int level = sp_level(sm, entry_table(entry));

	if (spte_is_table(old, level))
		link_unlink_quiet(sm, sp_child(old), entry);
	if (spte_is_leaf(old, level) && !spte_is_leaf(spte, level))
		rmap_forget(sm, entry);
	rt_set(entry_at(sm, entry), spte);
	if (!spte_is_leaf(old, level) && spte_is_leaf(spte, level))
		rmap_add(sm, entry, gfn_round(gfn, level), ACC_ALL);
}

void shadow_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	if (mmu->config.shadow)
		return;	/* a frame has no place of its own: shadow_repair_rmap() */
	if (spte_is_table(spte, level))
		entry_for(sm, gfn, level - 1, as_id);
	else
		set_leaf(sm, entry_for(sm, gfn, level, as_id), gfn, spte);
}

void shadow_prefill(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	uint64_t step = SPTE_LEVEL_PAGES(p->level);

	for (gfn_t gfn = p->gfn; gfn < p->gfn + p->npages; gfn += step) {
		uint32_t entry = entry_for(sm, gfn, p->level, p->as_id);
		struct leaf l = {
			.entry = entry, .gfn = gfn, .pfn = p->pfn + (gfn - p->gfn), .access = ACC_ALL, .slot = slot,
			.host_writable = !(slot->cfg.flags & SLOT_READONLY),
		};
		bool protected;

		if (!spte_is_present(rt_peek(entry_at(sm, entry))))
			set_leaf(sm, entry, gfn, leaf_make(sm, 0, &l, sm->x.f->nonpresent, &protected));
	}
}

/* --- leafs by frame ---------------------------------------------------------------- */

/* An entry of the rmap that is @spte, else the first that is but for A and D, or 0. */
static uint32_t find(const struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn, int level, uint64_t spte)
{
	const uint64_t hardware = sm->x.f->accessed | sm->x.f->dirty;
	const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
	uint32_t entry, like = 0;
	struct ptes_iter it;

	if (!head)
		return 0;
	for_each_pte(&sm->ptes, *head, &it, entry) {
		uint64_t now = rt_peek(entry_at(sm, entry));

		if (now == spte)
			return entry;
		if (!like && !((now ^ spte) & ~hardware))
			like = entry;
	}
	return like;
}

static uint32_t find_anywhere(const struct shadow_mmu *sm, gfn_t gfn, int level, uint64_t spte)
{
	uint32_t entry = find(sm, 0, gfn, level, spte);

	return entry ? entry : find(sm, 1, gfn, level, spte);
}

bool shadow_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	uint32_t entry;

	if (spte_is_leaf(new, level)) {
		entry = find_anywhere(sm, gfn, level, old);
		if (entry)
			rt_set(entry_at(sm, entry), new);
		return entry;
	}
	rt_write_lock(&mmu->lock);
	entry = find_anywhere(sm, gfn, level, old);
	if (entry)
		rmap_drop(sm, entry);
	rt_write_unlock(&mmu->lock);
	return entry;
}

void shadow_repair_young(struct mmu *mmu, gfn_t gfn)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	for (unsigned int as_id = 0; as_id < MEMSLOT_AS_IDS; as_id++) {
		for (int level = 1; level <= MAX_HUGE_LEVEL; level++) {
			const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
			struct ptes_iter it;
			uint32_t entry = head ? ptes_first(&sm->ptes, *head, &it) : 0;

			if (!entry)
				continue;
			rt_set(entry_at(sm, entry), rt_peek(entry_at(sm, entry)) | sm->x.f->accessed);
			return;
		}
	}
}
