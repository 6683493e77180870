/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INVLPG: of each root at hand the one entry, if it can be stale at all.  Up to 6.1 it goes and is made anew
 * (FNAME(invlpg)), later it is synced (__kvm_mmu_invalidate_addr()).
 */
#include "engine/core/flush.h"
#include "engine/core/observe.h"
#include "engine/x86/shadow/guest_ops.h"
#include "engine/x86/shadow/prefetch_gpte.h"
#include "engine/x86/shadow/sync.h"

static void invalidate_6_1(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry)
{
	uint32_t number = entry_table(entry);
	uint64_t spte = rt_peek(entry_at(sm, entry));

	sp_zap_entry(sm, entry, NULL);
	if (spte_is_present(spte))
		flush_remote_range(&sm->x.mmu, sp_gfn(sm, number), 1);
	prefetch_gpte(sm, vcpu, entry, false);
}

static void invalidate(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry)
{
	gfn_t gfn = sp_entry_gfn(sm, entry_table(entry), entry_index(entry));

	if (sync_entry(sm, vcpu, entry))
		flush_remote_range(&sm->x.mmu, gfn, 1);
}

/* Down to the last level, as long as there is anything unsync below. */
static void invalidate_below(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number, uint64_t gva)
{
	for (;;) {
		int level = sp_level(sm, number);
		uint32_t entry = number * SPTE_ENTRIES + spte_index(gva >> 12, level);
		uint64_t spte = rt_peek(entry_at(sm, entry));

		rt_charge(COST_WALK_STEP, 1);
		if (sp_of(sm, number)->unsync) {
			if (release_is(&sm->x, KVM_6_12))
				invalidate(sm, vcpu, entry);
			else
				invalidate_6_1(sm, vcpu, entry);
		}
		if (!sp_of(sm, number)->unsync_children || !spte_is_table(spte, level))
			break;
		number = sp_child(spte);
	}
}

static void invalidate_root(struct shadow_mmu *sm, unsigned int vcpu, uint32_t root, uint64_t gva)
{
	if (!root)
		return;
	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	invalidate_below(sm, vcpu, root, gva);
	mmu_unlock(&sm->x.mmu, false);
}

/* Of another address INVLPG does nothing (SDM vol. 2). */
static bool is_canonical(uint32_t role, uint64_t gva)
{
	unsigned int bits = role_level(role) == 5 ? 57 : 48;
	int64_t high = (int64_t)gva >> (bits - 1);

	return role_level(role) < 4 || high == 0 || high == -1;
}

void shadow_invalidate_gva(struct shadow_mmu *sm, unsigned int vcpu, uint64_t gva)
{
	if (!is_canonical(sm->vcpus[vcpu].role, gva))
		return;
	if (sm->x.vcpus[vcpu].mmio_gfn == gva >> 12)
		sm->x.vcpus[vcpu].mmio_gfn = 0;
	invalidate_root(sm, vcpu, sm->vcpus[vcpu].root.table, gva);
}

void shadow_invlpg(struct mmu *mmu, unsigned int vcpu, uint64_t gva)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	const struct shadow_vcpu *sv = &sm->vcpus[vcpu];

	if (!is_canonical(sv->role, gva))
		return;
	rt_srcu_lock(mmu->config.vm);
	shadow_invalidate_gva(sm, vcpu, gva);
	for (unsigned int i = 0; i < SHADOW_PREV_ROOTS; i++)
		invalidate_root(sm, vcpu, sv->prev[i].table, gva);
	rt_srcu_unlock();
}
