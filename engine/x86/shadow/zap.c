/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/zap.h"

#include "engine/core/checker.h"
#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/rmap.h"
#include "engine/x86/shadow/unsync.h"
#include "engine/x86/shadow/vcpu.h"

/* Nested guests' pages that nothing leads to any more are not kept. */
static bool dies_with_parent(const struct shadow_mmu *sm, uint32_t child)
{
	const struct sp *sp = sp_of(sm, child);

	return !sm->x.mmu.config.shadow && role_guest_mode(sp_role(sm, child)) && !sp->root_count &&
	       !ptes_any(sp->parents);
}

unsigned int sp_zap_entry(struct shadow_mmu *sm, uint32_t entry, struct condemned *list)
{
	rt_u64 *sptep = entry_at(sm, entry);
	uint64_t spte = rt_peek(sptep);
	unsigned int nr = 0;

	if (spte_is_leaf(spte, sp_level(sm, entry_table(entry)))) {
		rmap_drop(sm, entry);
	} else if (spte_is_present(spte)) {
		link_drop(sm, sp_child(spte), entry);
		if (list && dies_with_parent(sm, sp_child(spte)))
			sp_zap_count(sm, sp_child(spte), list, &nr);
	} else if (spte_is_mmio(sm->x.f, spte)) {
		link_clear(sm, entry);
	}
	return nr;
}

static unsigned int zap_entries(struct shadow_mmu *sm, uint32_t number, struct condemned *list)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < SPTE_ENTRIES; i++) {
		rt_charge(COST_WALK_STEP, 1);
		nr += sp_zap_entry(sm, number * SPTE_ENTRIES + i, list);
	}
	rt_count(&sm->x.mmu.counters.zap_visited, SPTE_ENTRIES);
	return nr;
}

static void zap_parents(struct shadow_mmu *sm, uint32_t number)
{
	struct ptes_iter it;
	uint32_t entry;

	while ((entry = ptes_first(&sm->ptes, sp_of(sm, number)->parents, &it)))
		link_drop(sm, number, entry);
}

static void condemn(struct shadow_mmu *sm, uint32_t number, struct condemned *list)
{
	sp_deactivate(sm, number);
	sp_of(sm, number)->older = list->first;
	list->first = number;
	sm->nr_pages--;
}

/* For checks: a page that was a root is none any more, and nobody's but those of its vCPUs. */
static void tell_root_invalid(struct shadow_mmu *sm, uint32_t number, bool was_told)
{
	if (!sp_of(sm, number)->was_root)
		return;
	if (!was_told)
		check_root_invalid(&sm->x.mmu, number);
	root_tell_refs(sm, number);
}

bool sp_zap_count(struct shadow_mmu *sm, uint32_t number, struct condemned *list, unsigned int *out)
{
	struct sp *sp = sp_of(sm, number);
	struct table *t = arena_table(&sm->x.mmu.arena, number);
	unsigned int nr = 0;
	bool others, valid = !role_invalid(t->role), obsolete = sp_is_obsolete(sm, number);

	check_table_goes(&sm->x.mmu, number, obsolete);
	sp_observe(sm, OBS_PREPARE_ZAP_PAGE, number, false);
	rt_count(&sm->x.mmu.counters.shadow_zapped, 1);
	if (sp->unsync_children)
		nr = unsync_zap_below(sm, number, list);
	nr += zap_entries(sm, number, list);
	zap_parents(sm, number);
	others = nr;
	if (valid && sp_has_gptes(sm, number))
		sp_unaccount(sm, number);
	if (sp->unsync)
		unsync_clear(sm, number);
	if (!sp->root_count) {
		nr++;
		condemn(sm, number, list);
	} else {
		sp_deactivate(sm, number);
	}
	if (nx_is_disallowed(&sm->x, number))
		nx_forget_locked(&sm->x, number);
	__atomic_store_n(&t->role, role_set_invalid(t->role, 1), __ATOMIC_RELAXED);
	if (valid)
		tell_root_invalid(sm, number, obsolete);
	if (sp->root_count && !obsolete)
		vcpus_reload(sm);
	if (!sp->root_count && sp->was_root)
		check_root_gone(&sm->x.mmu, number);
	if (out)
		*out = nr;
	return others;
}

void condemned_commit(struct shadow_mmu *sm, struct condemned *list)
{
	condemned_commit_or_flush(sm, list, false);
}

bool condemned_commit_or_flush(struct shadow_mmu *sm, struct condemned *list, bool flush)
{
	uint32_t number = list->first;

	if (!number && !flush)
		return false;
	list->first = 0;
	if (!MUTANT(sp_freed_early))
		flush_remote(&sm->x.mmu);
	while (number) {
		uint32_t next = sp_of(sm, number)->older;

		sp_free(sm, number);
		number = next;
	}
	if (MUTANT(sp_freed_early))
		flush_remote(&sm->x.mmu);
	return true;
}
