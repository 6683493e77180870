/* SPDX-License-Identifier: GPL-2.0-or-later */
/* direct_page_fault() and direct_map(). */
#include "engine/x86/shadow/direct.h"

#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/prefetch.h"
#include "engine/x86/shadow/recycle.h"
#include "engine/x86/shadow/vcpu.h"
#include "engine/x86/watched.h"

void shadow_choose_level(struct shadow_mmu *sm, struct fault *f)
{
	unsigned int as_id = root_as_id(f->v->root);

	fault_choose_level(f);
	while (f->req_level > 1 && !frames_allow_level(&sm->frames, as_id, f->gfn, f->req_level))
		f->req_level--;
	if (f->goal_level > f->req_level)
		f->goal_level = f->req_level;
}

void shadow_descend_for_nx(const struct shadow_mmu *sm, struct fault *f, uint64_t spte, int level)
{
	if (likely(!f->nx) || level != f->goal_level || !spte_is_table(spte, level))
		return;
	if (sm->x.mmu.policy->nx_descend == NX_DESCEND_ANY || nx_is_disallowed(&sm->x, sp_child(spte)))
		f->goal_level--;
}

/* Up to 6.1 only what the mitigation alone keeps small is remembered. */
void shadow_account_nx(struct shadow_mmu *sm, const struct fault *f, uint32_t child, int level)
{
	bool kept_small = f->req_level >= level;

	if (likely(!f->nx_disallowed) || !sm->x.nx.link)
		return;
	if (kept_small || release_is(&sm->x, KVM_6_12))
		nx_disallow(&sm->x, child);
	if (kept_small)
		nx_track(&sm->x, child);
}

enum ret_pf shadow_install(struct shadow_mmu *sm, struct fault *f, uint32_t entry, unsigned int access)
{
	unsigned int vcpu = (unsigned int)(f->v - sm->x.vcpus);
	struct leaf l = {
		.entry = entry, .gfn = gfn_round(f->gfn, f->goal_level), .pfn = f->pfn, .access = access,
		.slot = f->slot, .host_writable = f->map_writable, .prefetch = f->ahead, .can_unsync = true,
		.write_fault = f->access & MMU_W,
	};
	enum ret_pf ret = leaf_set(sm, vcpu, &l);

	if (f->slot)
		check_install(&sm->x, entry_at(sm, entry), rt_peek(entry_at(sm, entry)), f->gfn,
			      (f->access & MMU_W) && (ret == RET_PF_FIXED || ret == RET_PF_SPURIOUS));
	return ret;
}

static enum ret_pf direct_map(struct shadow_mmu *sm, struct fault *f)
{
	unsigned int vcpu = (unsigned int)(f->v - sm->x.vcpus);
	uint32_t table = f->v->root->table, entry;
	enum ret_pf ret;

	shadow_choose_level(sm, f);
	obs_map(&sm->x.mmu, OBS_SPTE_REQUESTED, f->gfn, f->goal_level, f->pfn, 0);
	for (int level = sp_level(sm, table);; level--) {
		uint32_t child;

		entry = table * SPTE_ENTRIES + spte_index(f->gfn, level);
		rt_charge(COST_WALK_STEP, 1);
		shadow_descend_for_nx(sm, f, rt_peek(entry_at(sm, entry)), level);
		if (level == f->goal_level)
			break;
		child = link_child(sm, vcpu, entry, gfn_round(f->gfn, level), sp_child_role(sm, entry, true, ACC_ALL));
		if (child) {
			rt_count(&sm->x.mmu.counters.tables_made, 1);
			link_set(sm, child, entry);
			shadow_account_nx(sm, f, child, level);
		}
		table = sp_child(rt_peek(entry_at(sm, entry)));
	}
	ret = shadow_install(sm, f, entry, ACC_ALL);
	if (ret != RET_PF_SPURIOUS)
		prefetch_direct(sm, vcpu, entry);
	return ret;
}

static enum ret_pf map_locked(struct shadow_mmu *sm, struct fault *f)
{
	bool too_early = MUTANT(stale_before_lock), was_stale = too_early && fault_is_stale(f);
	enum ret_pf ret = RET_PF_RETRY;

	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_LOCKED);
	if (!recycle_for_fault(sm)) {
		ret = RET_PF_EXIT;
	} else if (too_early ? !was_stale : !fault_is_stale(f)) {
		rt_pin(RT_PIN_MAP);
		rt_charge(COST_FAULT_LOCKED, 1);
		ret = direct_map(sm, f);
	}
	mmu_unlock(&sm->x.mmu, false);
	return ret;
}

enum ret_pf shadow_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct x86_vcpu *v = &sm->x.vcpus[vcpu];
	struct fault f = fault_of(&sm->x, v, a);
	enum mmu_found met = a->found;
	enum ret_pf ret;

	if (unlikely(!v->root || (!mmu->config.guided && root_invalid(v->root)))) {
		shadow_vcpu_load(mmu, vcpu);
		met = MMU_FOUND_UNKNOWN;	/* that was in another root */
	}
	if (unlikely(!v->root))
		return RET_PF_EXIT;
	rt_charge(COST_FAULT_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	ret = fault_before_lock(&f, a, met);
	if (ret == RET_PF_CONTINUE)
		ret = map_locked(sm, &f);
	rt_srcu_unlock();
	vcpu_count(v, ret);
	return ret;
}
