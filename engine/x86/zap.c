/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole roots: zap.root_passes, the fast zap, mm release and the end of the VM. */
#include "engine/x86/zap.h"

#include "engine/core/observe.h"

/*
 * Every entry down to @zap_level is visited.  Taken away are those at @zap_level, tables with all
 * below them in one step; or, for @leafs, the leafs of any level.
 */
static void zap_pass(struct x86_mmu *x, const struct root *root, int zap_level, bool leafs, bool shared)
{
	struct tdp_iter it;

	for_each_spte(&it, x, root, zap_level, 0, gfn_limit(x)) {
		if (iter_yield(&it, NULL, shared))
			continue;
		while (leafs ? spte_is_leaf(it.old, it.level) : spte_is_present(it.old) && it.level == zap_level)
			if (spte_set(&it, x->f->nonpresent, shared))
				break;
	}
}

void zap_root(struct x86_mmu *x, const struct root *root, bool shared)
{
	int top = x->mmu.config.root_level;

	rt_rcu_read_lock();
	switch (x->mmu.policy->zap_root_passes) {
	case ZAP_ROOT_PASSES_SINGLE:
		break;
	case ZAP_ROOT_PASSES_LEAFS_ROOT:
		zap_pass(x, root, 1, true, shared);
		break;
	case ZAP_ROOT_PASSES_4K_2M_1G_ROOT:
		zap_pass(x, root, 1, false, shared);
		zap_pass(x, root, 2, false, shared);
		zap_pass(x, root, 3, false, shared);
		break;
	case ZAP_ROOT_PASSES_1G_ROOT:
		zap_pass(x, root, 3, false, shared);
		break;
	}
	zap_pass(x, root, top, false, shared);
	rt_rcu_read_unlock();
}

/* The MMU's own references go with their roots' contents. */
static void zap_invalidated(struct x86_mmu *x)
{
	bool shared = mmu_lock_shared(&x->mmu);

	for (struct root *r = root_iter(x, NULL, false); r; r = root_iter(x, r, false)) {
		if (!r->scheduled)
			continue;
		r->scheduled = false;
		zap_root(x, r, shared);
		root_put(x, r);
	}
	mmu_unlock(&x->mmu, shared);
}

static void observe_zap_all_fast(const struct x86_mmu *x)
{
	struct obs o = { .kind = OBS_ZAP_ALL_FAST, .page = { .role = x->valid_gen, .valid_gen = x->valid_gen } };

	obs_emit(&x->mmu, &o);
}

void zap_all_fast(struct x86_mmu *x)
{
	mmu_lock_exclusive(&x->mmu);
	rt_pin(RT_PIN_OTHER);
	if (observed(&x->mmu))
		observe_zap_all_fast(x);
	x->valid_gen = !x->valid_gen;
	root_invalidate_all(x);
	/* vCPUs leave the guest and take a new root, which flushes: no flush is owed for the old ones. */
	rt_kick_all(x->mmu.config.vm);
	mmu_unlock(&x->mmu, false);
	zap_invalidated(x);
}

void x86_flush_slot(struct mmu *mmu, const struct memslot *slot)
{
	struct x86_mmu *x = to_x86(mmu);
	struct memslot_span span = {
		.slot = slot, .hva = slot->cfg.hva,
		.start = slot->cfg.base_gfn, .end = slot->cfg.base_gfn + slot->cfg.npages,
	};
	struct flush flush = { 0 };

	if (mmu->policy->memslot_delete == MEMSLOT_DELETE_ZAP_ALL) {
		zap_all_fast(x);
		return;
	}
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	/* kvm_mmu_zap_memslot() calls what a notifier's handler calls. */
	obs_gfns(mmu, OBS_UNMAP_RANGE, span.start, span.end - span.start, 0);
	flush.owed = x86_unmap(mmu, &span, true);
	flush_settle(mmu, &flush);
	mmu_unlock(mmu, false);
}

void x86_slots_updated(struct mmu *mmu, bool wrapped)
{
	/* MMIO entries of a generation long ago would look new again. */
	if (wrapped)
		zap_all_fast(to_x86(mmu));
}

void x86_zap_all(struct mmu *mmu)
{
	struct x86_mmu *x = to_x86(mmu);

	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	for (struct root *r = root_iter(x, NULL, false); r; r = root_iter(x, r, false))
		zap_root(x, r, false);
	mmu_unlock(mmu, false);
}

void x86_teardown(struct mmu *mmu)
{
	struct x86_mmu *x = to_x86(mmu);

	for (unsigned int i = 0; i < mmu->config.nr_vcpus; i++)
		x86_vcpu_unload(mmu, i);
	mmu_lock_exclusive(mmu);
	root_invalidate_all(x);
	mmu_unlock(mmu, false);
	zap_invalidated(x);
}
