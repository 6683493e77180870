/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/vcpu.h"

#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/x86/shadow/pgd.h"
#include "engine/x86/shadow/recycle.h"

void root_tell_refs(struct shadow_mmu *sm, uint32_t number)
{
	const struct sp *sp = sp_of(sm, number);
	bool valid = !role_invalid(sp_role(sm, number));

	/* A valid one stays when its last vCPU has let go of it: as if the MMU had a reference. */
	if (checking_alone(&sm->x.mmu) && sp->was_root)
		check_root_refs(&sm->x.mmu, number, sp->root_count + valid, valid);
}

void vcpu_set_root(struct shadow_mmu *sm, unsigned int vcpu, struct shadow_root root)
{
	struct shadow_vcpu *sv = &sm->vcpus[vcpu];
	struct x86_vcpu *v = &sm->x.vcpus[vcpu];

	if (sv->root.table != root.table)
		check_vcpu_root(&sm->x.mmu, vcpu, root.table);
	sv->root = root;
	v->root = NULL;
	v->near.unlinks = 0;
	if (!root.table)
		return;
	sv->face.table = root.table;
	rt_store(&sv->face.role, role_set_invalid(sp_role(sm, root.table), sp_is_obsolete(sm, root.table)));
	v->root = &sv->face;
}

void vcpus_reload(struct shadow_mmu *sm)
{
	uint64_t mark = check_mark(&sm->x.mmu);

	for (unsigned int i = 0; i < sm->x.mmu.config.nr_vcpus; i++) {
		struct shadow_vcpu *sv = &sm->vcpus[i];
		uint32_t role = (uint32_t)rt_peek(&sv->face.role);

		rt_set(&sv->reload, 1);
		if (sv->root.table && sp_is_obsolete(sm, sv->root.table))
			rt_store(&sv->face.role, role_set_invalid(role, 1));
	}
	if (MUTANT(zap_no_kick))
		return;
	rt_kick_all(sm->x.mmu.config.vm);
	check_flushed(&sm->x.mmu, mark);
}

void vcpus_want_sync(struct shadow_mmu *sm)
{
	for (unsigned int i = 0; i < sm->x.mmu.config.nr_vcpus; i++)
		rt_store(&sm->vcpus[i].wants_sync, 1);
	rt_kick_all(sm->x.mmu.config.vm);
}

uint32_t root_take(struct shadow_mmu *sm, unsigned int vcpu, gfn_t gfn, uint32_t role)
{
	uint32_t number = sp_get(sm, vcpu, gfn, role);

	sp_of(sm, number)->root_count++;
	if (sp_of(sm, number)->was_root) {
		root_tell_refs(sm, number);
	} else {
		sp_of(sm, number)->was_root = true;
		check_root_new(&sm->x.mmu, number);
	}
	return number;
}

void root_release(struct shadow_mmu *sm, struct shadow_root *r, struct condemned *list)
{
	uint32_t number = r->table;

	r->table = 0;
	if (!number)
		return;
	sp_of(sm, number)->root_count--;
	root_tell_refs(sm, number);
	if (!sp_of(sm, number)->root_count && role_invalid(sp_role(sm, number)))
		sp_zap(sm, number, list);
}

/* kvm_mmu_free_roots(): all of the vCPU's, or those that are obsolete. */
static void free_roots(struct shadow_mmu *sm, unsigned int vcpu, bool all)
{
	struct shadow_vcpu *sv = &sm->vcpus[vcpu];
	struct condemned list = { 0 };
	bool any = false;

	for (unsigned int i = 0; i < SHADOW_PREV_ROOTS; i++)
		any |= sv->prev[i].table && (all || sp_is_obsolete(sm, sv->prev[i].table));
	if (sv->root.table && (all || sp_is_obsolete(sm, sv->root.table)))
		any = true;
	if (!any)
		return;
	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	for (unsigned int i = 0; i < SHADOW_PREV_ROOTS; i++)
		if (sv->prev[i].table && (all || sp_is_obsolete(sm, sv->prev[i].table)))
			root_release(sm, &sv->prev[i], &list);
	if (sv->root.table && (all || sp_is_obsolete(sm, sv->root.table))) {
		struct shadow_root root = sv->root;

		vcpu_set_root(sm, vcpu, (struct shadow_root){ 0 });
		root_release(sm, &root, &list);
	}
	condemned_commit(sm, &list);
	mmu_unlock(&sm->x.mmu, false);
}

void shadow_vcpu_unload(struct mmu *mmu, unsigned int vcpu)
{
	free_roots(to_shadow(mmu), vcpu, true);
}

/* mmu_alloc_direct_roots() */
static void take_direct(struct shadow_mmu *sm, unsigned int vcpu)
{
	uint32_t role = role_set_smm(sm->vcpus[vcpu].role, sm->x.vcpus[vcpu].smm), table;

	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	if (recycle_for_fault(sm)) {
		table = root_take(sm, vcpu, 0, role);
		rt_set(&sm->x.newest_table, table);
		vcpu_set_root(sm, vcpu, (struct shadow_root){ .table = table });
	}
	mmu_unlock(&sm->x.mmu, false);
}

void shadow_vcpu_load(struct mmu *mmu, unsigned int vcpu)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	if (rt_peek(&sm->vcpus[vcpu].reload)) {
		rt_set(&sm->vcpus[vcpu].reload, 0);
		free_roots(sm, vcpu, false);
	}
	if (sm->x.vcpus[vcpu].root)
		return;
	if (is_shadowed(sm, vcpu))
		pgd_load(sm, vcpu);
	else
		take_direct(sm, vcpu);
}

void shadow_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm)
{
	struct x86_vcpu *v = &to_shadow(mmu)->x.vcpus[vcpu];

	if (v->smm == smm)
		return;
	shadow_vcpu_unload(mmu, vcpu);
	v->smm = smm;
}
