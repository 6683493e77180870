/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm_mmu_new_pgd(), fast_pgd_switch(), mmu_alloc_shadow_roots(). */
#include "engine/x86/shadow/pgd.h"

#include "engine/x86/shadow/guest_ops.h"
#include "engine/x86/shadow/recycle.h"
#include "engine/x86/shadow/sync.h"

bool pgd_is_visible(struct shadow_mmu *sm, unsigned int vcpu)
{
	const struct shadow_vcpu *sv = &sm->vcpus[vcpu];
	const struct memslot *slot;
	bool visible;

	rt_srcu_lock(sm->x.mmu.config.vm);
	slot = memslot_find(memslots_get(&sm->x.mmu.slots), role_smm(sv->role) ? 1 : 0, sv->cr3);
	visible = slot && !slot->invalid;
	rt_srcu_unlock();
	return visible;
}

void pgd_load(struct shadow_mmu *sm, unsigned int vcpu)
{
	struct shadow_vcpu *sv = &sm->vcpus[vcpu];
	struct shadow_root root = { .pgd = sv->cr3 };

	if (!pgd_is_visible(sm, vcpu))
		return;
	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	if (recycle_for_fault(sm)) {
		root.table = root_take(sm, vcpu, sv->cr3, sv->role);
		rt_set(&sm->x.newest_table, root.table);
		vcpu_set_root(sm, vcpu, root);
	}
	mmu_unlock(&sm->x.mmu, false);
	shadow_sync_roots(&sm->x.mmu, vcpu);
}

static bool is_usable(const struct shadow_mmu *sm, const struct shadow_root *r, gfn_t pgd, uint32_t role)
{
	return r->table && r->pgd == pgd && sp_role(sm, r->table) == role;
}

static void release(struct shadow_mmu *sm, struct shadow_root *r)
{
	struct condemned list = { 0 };

	if (!r->table)
		return;
	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	root_release(sm, r, &list);
	condemned_commit(sm, &list);
	mmu_unlock(&sm->x.mmu, false);
}

/*
 * Of the roots kept for later the one for @pgd becomes the present one, which takes its place as the newest of them.
 * If there is none, the oldest makes way.
 */
static struct shadow_root exchange(struct shadow_mmu *sm, struct shadow_vcpu *sv, gfn_t pgd)
{
	struct shadow_root at_hand = sv->root;
	bool had = at_hand.table;

	for (unsigned int i = 0; i < SHADOW_PREV_ROOTS; i++) {
		struct shadow_root r = sv->prev[i];

		if (had)
			sv->prev[i] = at_hand;
		if (is_usable(sm, &r, pgd, sv->role)) {
			/* Without a present one the others move up. */
			for (; !had && i < SHADOW_PREV_ROOTS - 1; i++)
				sv->prev[i] = sv->prev[i + 1];
			if (!had)
				sv->prev[i].table = 0;
			return r;
		}
		if (had)
			at_hand = r;
	}
	if (had)
		release(sm, &at_hand);
	return (struct shadow_root){ 0 };
}

bool shadow_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct shadow_vcpu *sv = &sm->vcpus[vcpu];
	struct shadow_root next;

	sv->cr3 = root;
	if (!is_usable(sm, &sv->root, root, sv->role)) {
		next = exchange(sm, sv, root);
		vcpu_set_root(sm, vcpu, next);
		if (!next.table)
			return false;
	}
	sm->x.vcpus[vcpu].mmio_gfn = 0;
	sp_of(sm, sv->root.table)->write_flood = 0;
	return true;
}
