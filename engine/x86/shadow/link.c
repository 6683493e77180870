/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/link.h"

#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/x86/changed.h"
#include "engine/x86/shadow/unsync.h"
#include "engine/x86/watched.h"

void link_clear(struct shadow_mmu *sm, uint32_t entry)
{
	rt_u64 *sptep = entry_at(sm, entry);
	uint64_t old = rt_peek(sptep);

	rt_charge(COST_CLEAR, 1);
	rt_store(sptep, sm->x.f->nonpresent);
	check_entry(&sm->x, sptep, old, sm->x.f->nonpresent);
}

void link_drop(struct shadow_mmu *sm, uint32_t number, uint32_t entry)
{
	ptes_remove(&sm->ptes, &sp_of(sm, number)->parents, entry);
	link_clear(sm, entry);
	arena_unlinked(&sm->x.mmu.arena);
}

static bool leads_to(const struct shadow_mmu *sm, uint32_t entry, gfn_t gfn, uint32_t role)
{
	uint64_t spte = rt_peek(entry_at(sm, entry));

	if (!spte_is_table(spte, sp_level(sm, entry_table(entry))))
		return false;
	if (sm->x.mmu.policy->link_child_match == LINK_CHILD_MATCH_PRESENT)
		return true;
	return sp_gfn(sm, sp_child(spte)) == gfn && sp_role(sm, sp_child(spte)) == role;
}

uint32_t link_child(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry, gfn_t gfn, uint32_t role)
{
	return leads_to(sm, entry, gfn, role) ? 0 : sp_get(sm, vcpu, gfn, role);
}

void link_set(struct shadow_mmu *sm, uint32_t number, uint32_t entry)
{
	rt_u64 *sptep = entry_at(sm, entry);
	const struct sp *sp = sp_of(sm, number);
	struct condemned list = { 0 };
	uint64_t spte = spte_for_table(&sm->x, number), old;

	if (spte_is_present(rt_peek(sptep))) {
		sp_zap_entry(sm, entry, &list);
		condemned_commit_or_flush(sm, &list, !MUTANT(split_no_flush));
	}
	old = rt_peek(sptep);
	rt_charge(COST_CLEAR, 1);
	rt_store(sptep, spte);
	check_entry(&sm->x, sptep, old, spte);
	ptes_add(&sm->ptes, &sp_of(sm, number)->parents, entry);
	if (sp->unsync_children || sp->unsync)
		unsync_linked(sm, number, entry);
}

void link_quiet(struct shadow_mmu *sm, uint32_t number, uint32_t entry)
{
	rt_set(entry_at(sm, entry), spte_for_table(&sm->x, number));
	ptes_add(&sm->ptes, &sp_of(sm, number)->parents, entry);
}

void link_unlink_quiet(struct shadow_mmu *sm, uint32_t number, uint32_t entry)
{
	ptes_remove(&sm->ptes, &sp_of(sm, number)->parents, entry);
	rt_set(entry_at(sm, entry), sm->x.f->nonpresent);
	arena_unlinked(&sm->x.mmu.arena);
}
