/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a root down to the leaf, as the guest's tables were found to lead: FNAME(fetch) of KVM's paging_tmpl.h. */
#include "engine/core/flush.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/shadow/direct.h"
#include "engine/x86/shadow/guest_fault.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/link_check.h"
#include "engine/x86/shadow/prefetch_gpte.h"
#include "engine/x86/shadow/sync.h"
#include "engine/x86/shadow/vcpu.h"

static bool changed(const struct guest_fault *g, int level)
{
	rt_charge(COST_GPTE_READ, 1);
	if (likely(!guest_walk_changed(&g->walk, g->sm->gpt, &g->paging, level)))
		return false;
	rt_count(&g->sm->x.mmu.counters.retry_gpte, 1);
	return true;
}

static uint32_t entry_for(const struct guest_fault *g, uint32_t number, int level)
{
	return number * SPTE_ENTRIES + spte_index(g->gva >> 12, level);
}

/*
 * Page @child, which comes with what is stale below it, is about to be linked (sync.before_link).
 * Return: false: the fault begins anew.
 */
static bool sync_before_link(struct guest_fault *g, uint32_t child)
{
	struct shadow_mmu *sm = g->sm;

	if (!sp_of(sm, child)->unsync_children || MUTANT(link_unsynced))
		return true;
	switch (sm->x.mmu.policy->sync_before_link) {
	case SYNC_BEFORE_LINK_SYNC_IN_FETCH:
		if (!sync_children(sm, g->vcpu, child, false))
			return true;
		rt_count(&sm->x.mmu.counters.retry_sync, 1);
		return false;
	case SYNC_BEFORE_LINK_REQUEST_LATER:
		rt_store(&sm->vcpus[g->vcpu].wants_sync, 1);
		return true;
	case SYNC_BEFORE_LINK_REMOTE_REQUEST:
		vcpus_want_sync(sm);
		return true;
	}
	return true;
}

/*
 * A shadow page for each table the guest's walk went through, down to the one that holds its last entry: *@number, at
 * first the root's.  Return: false: the fault begins anew.
 */
static bool descend(struct guest_fault *g, uint32_t *number)
{
	struct shadow_mmu *sm = g->sm;

	for (int level = sp_level(sm, *number); level > g->walk.level; level--) {
		uint32_t entry = entry_for(g, *number, level), child;
		unsigned int access = g->walk.access[level - 1];

		sp_of(sm, *number)->write_flood = 0;
		rt_charge(COST_WALK_STEP, 1);
		child = link_child(sm, g->vcpu, entry, g->walk.table[level - 1],
				   sp_child_role(sm, entry, false, access));
		if (child && !sync_before_link(g, child))
			return false;
		/* Nobody could write it since the walk unnoticed, or it is unsync: from here on it is what it is. */
		if (changed(g, level - 1))
			return false;
		if (child) {
			check_link(sm, g->vcpu, child);
			link_set(sm, child, entry);
		}
		*number = sp_child(rt_peek(entry_at(sm, entry)));
	}
	sp_of(sm, *number)->write_flood = 0;
	return true;
}

/* validate_direct_spte(): a direct page made for other rights than the guest's page has now goes. */
static void drop_other_rights(struct guest_fault *g, uint32_t entry, int level)
{
	struct shadow_mmu *sm = g->sm;
	uint64_t spte = rt_peek(entry_at(sm, entry));

	if (!spte_is_table(spte, level) || role_access(sp_role(sm, sp_child(spte))) == g->walk.rights)
		return;
	link_drop(sm, sp_child(spte), entry);
	/* Whatever the entry last mapped as a leaf: KVM asks for that, and all TLBs are flushed. */
	flush_remote_range(&sm->x.mmu, sp_entry_gfn(sm, entry_table(entry), entry_index(entry)),
			   SPTE_LEVEL_PAGES(level));
}

/* Below a large page of the guest that is mapped by smaller ones: direct pages. */
static void descend_direct(struct guest_fault *g, uint32_t *number, int *level)
{
	struct shadow_mmu *sm = g->sm;

	for (; ; (*level)--) {
		uint32_t entry = entry_for(g, *number, *level), child;

		rt_charge(COST_WALK_STEP, 1);
		shadow_descend_for_nx(sm, &g->f, rt_peek(entry_at(sm, entry)), *level);
		if (*level == g->f.goal_level)
			return;
		drop_other_rights(g, entry, *level);
		child = link_child(sm, g->vcpu, entry, gfn_round(g->f.gfn, *level),
				   sp_child_role(sm, entry, true, g->walk.rights));
		if (child) {
			link_set(sm, child, entry);
			shadow_account_nx(sm, &g->f, child, *level);
		}
		*number = sp_child(rt_peek(entry_at(sm, entry)));
	}
}

enum ret_pf fetch(struct guest_fault *g)
{
	struct shadow_mmu *sm = g->sm;
	uint32_t number = sm->vcpus[g->vcpu].root.table, entry;
	int level = g->walk.level;
	enum ret_pf ret;

	sm->vcpus[g->vcpu].synced = 0;
	/* A root's table is write-protected, unless it is no root any more. */
	if (changed(g, g->walk.top) || !descend(g, &number))
		return RET_PF_RETRY;
	/* New shadow pages may have forbidden a large one. */
	shadow_choose_level(sm, &g->f);
	obs_map(&sm->x.mmu, OBS_SPTE_REQUESTED, g->f.gfn, g->f.goal_level, g->f.pfn, 0);
	descend_direct(g, &number, &level);
	entry = entry_for(g, number, level);
	ret = shadow_install(sm, &g->f, entry, g->walk.rights);
	if (ret == RET_PF_SPURIOUS)
		return ret;
	if (role_direct(sp_role(sm, number)))
		prefetch_direct(sm, g->vcpu, entry);
	else
		prefetch_gptes(sm, g->vcpu, entry);
	return ret;
}
