/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/shadow/fast_zap.h"

#include "engine/core/checker.h"
#include "engine/core/observe.h"
#include "engine/x86/shadow/range.h"
#include "engine/x86/shadow/recycle.h"
#include "engine/x86/shadow/vcpu.h"
#include "engine/x86/shadow/walk.h"
#include "engine/x86/zap.h"

static void observe_zap_all_fast(const struct shadow_mmu *sm)
{
	struct obs o = { .kind = OBS_ZAP_ALL_FAST, .page = { .role = sm->x.valid_gen, .valid_gen = sm->x.valid_gen } };

	if (observed(&sm->x.mmu))
		obs_emit(&sm->x.mmu, &o);
}

/*
 * kvm_zap_obsolete_pages().  New pages come to the other end of the list, so the first one that is not obsolete is the
 * end.  The pages are committed at the very end: no vCPU runs on them, and the flush is only for walkers.
 */
static void zap_obsolete(struct shadow_mmu *sm)
{
	unsigned int batch = 0, most = sm->x.mmu.policy->zap_obsolete_batch;
	uint32_t number = sm->oldest;
	struct condemned list = { 0 };

	while (number && sp_is_obsolete(sm, number)) {
		uint32_t next;
		unsigned int nr;

		if (batch >= most && shadow_yield(sm)) {
			batch = 0;
			number = sm->oldest;
			continue;
		}
		next = sp_of(sm, number)->newer;
		if (sp_zap_count(sm, number, &list, &nr))
			next = sm->oldest;
		batch += nr;
		number = next;
	}
	condemned_commit(sm, &list);
}

/* For checks. */
static void tell_roots_obsolete(struct shadow_mmu *sm)
{
	for (uint32_t n = checking(&sm->x.mmu) ? sm->newest : 0; n; n = sp_of(sm, n)->older)
		if (sp_of(sm, n)->was_root)
			check_root_invalid(&sm->x.mmu, n);
}

void shadow_zap_all_fast(struct shadow_mmu *sm)
{
	uint64_t begin_ns = zap_begin();

	mmu_lock_exclusive(&sm->x.mmu);
	rt_pin(RT_PIN_OTHER);
	observe_zap_all_fast(sm);
	__atomic_store_n(&sm->x.valid_gen, !sm->x.valid_gen, __ATOMIC_RELAXED);
	tell_roots_obsolete(sm);
	vcpus_reload(sm);
	zap_obsolete(sm);
	mmu_unlock(&sm->x.mmu, false);
	zap_end(&sm->x, begin_ns);
}

/* kvm_mmu_zap_memslot_pages_and_flush(): shadow pages of tables in the slot's frames. */
static void zap_tables_of_slot(struct shadow_mmu *sm, const struct memslot *slot, bool flush)
{
	gfn_t gfn = slot->cfg.base_gfn, end = gfn + slot->cfg.npages;
	struct condemned list = { 0 };

	for (; sm->newest && gfn < end; gfn++) {
		rt_charge(COST_WALK_STEP, 1);
		for (uint32_t n = sp_first(sm, gfn); n; n = sp_next(sm, n))
			if (!sp_is_obsolete(sm, n) && sp_has_gptes(sm, n))
				sp_zap(sm, n, &list);
		if (likely(!rt_need_resched() && !rt_needbreak(&sm->x.mmu.lock)))
			continue;
		condemned_commit_or_flush(sm, &list, flush);
		flush = false;
		shadow_yield(sm);
	}
	condemned_commit_or_flush(sm, &list, flush);
}

void shadow_flush_slot(struct mmu *mmu, const struct memslot *slot)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct memslot_span span = {
		.slot = slot, .hva = slot->cfg.hva,
		.start = slot->cfg.base_gfn, .end = slot->cfg.base_gfn + slot->cfg.npages,
	};
	bool flush;

	if (mmu->policy->memslot_delete == MEMSLOT_DELETE_ZAP_ALL) {
		shadow_zap_all_fast(sm);
		return;
	}
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	/* kvm_mmu_zap_memslot() calls what a notifier's handler calls. */
	obs_gfns(mmu, OBS_UNMAP_RANGE, span.start, span.end - span.start, 0);
	flush = shadow_unmap(mmu, &span, true);
	zap_tables_of_slot(sm, slot, flush);
	mmu_unlock(mmu, false);
}

void shadow_slots_updated(struct mmu *mmu, bool wrapped)
{
	/* MMIO entries of a generation long ago would look new again. */
	if (wrapped)
		shadow_zap_all_fast(to_shadow(mmu));
	recycle_slots_changed(to_shadow(mmu));
}

void shadow_zap_all(struct mmu *mmu)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	uint64_t begin_ns = zap_begin();
	struct condemned list = { 0 };
	uint32_t number;

	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	/* From the newest on; each page that is done is off the list, so the list's begin is always next. */
	while ((number = sm->newest)) {
		sp_zap(sm, number, &list);
		shadow_yield(sm);
	}
	condemned_commit(sm, &list);
	mmu_unlock(mmu, false);
	zap_end(&sm->x, begin_ns);
}

void shadow_teardown(struct mmu *mmu)
{
	shadow_zap_all(mmu);
	/* A recording says when the vCPUs let go of their roots. */
	for (unsigned int i = 0; i < mmu->config.nr_vcpus && !mmu->config.guided; i++)
		shadow_vcpu_unload(mmu, i);
}

/* The first of the list of small pages that could be one, which thereby is no longer in it; 0: it is empty. */
static uint32_t take_first_nx(struct shadow_mmu *sm, bool *logged)
{
	uint32_t number = sm->x.nx.first;

	*logged = number && nx_is_logged(&sm->x, number);
	if (number)
		nx_forget_locked(&sm->x, number);
	return number;
}

/* kvm_recover_nx_huge_pages() */
uint64_t shadow_nx_recover(struct mmu *mmu, unsigned int ratio)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct condemned list = { 0 };
	uint64_t zapped = 0, most;

	if (!sm->x.nx.link || !ratio)
		return 0;
	rt_srcu_lock(mmu->config.vm);
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	for (most = nx_quota(&sm->x, ratio); most; most--) {
		bool logged;
		uint32_t number = take_first_nx(sm, &logged);

		if (!number)
			break;
		if (!logged) {
			sp_zap(sm, number, &list);
			zapped++;
		}
		if (rt_need_resched() || rt_needbreak(&mmu->lock)) {
			condemned_commit(sm, &list);
			shadow_yield(sm);
		}
	}
	condemned_commit(sm, &list);
	mmu_unlock(mmu, false);
	rt_srcu_unlock();
	rt_count(&mmu->counters.nx_recovered, zapped);
	return zapped;
}

void shadow_nx_toggle(struct mmu *mmu)
{
	if (nx_flip(&to_shadow(mmu)->x))
		shadow_zap_all_fast(to_shadow(mmu));
}
