/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole roots: zap.root_passes, the fast zap, mm release and the end of the VM. */
#include "engine/x86/zap.h"

#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/core/uniform.h"

/*
 * The leafs of a uniform table below the entry under the cursor, all at once: where walking through
 * them would find nobody to yield to, and nobody could notice that it did not.
 */
static bool zap_at_once(struct tdp_iter *it, bool shared, bool yields)
{
	struct x86_mmu *x = it->x;
	uint32_t number = (uint32_t)spte_pfn(it->old);
	struct uniform_view v;

	/* After a yield the first look at an entry is not a place to yield. */
	if (observed(&x->mmu) || it->next_gfn == it->yielded_gfn)
		return false;
	if (!uniform_view(&x->mmu.arena, number, &v, &number) || !spte_is_leaf(v.first, v.level))
		return false;
	if (!rt_charge_steps(yields ? &x->mmu.lock : NULL, SPTE_ENTRIES, COST_WALK_STEP,
			     spte_set_cost(x, v.first, v.level, shared)))
		return false;
	uniform_fill(&x->mmu.arena, number, x->f->nonpresent);
	return true;
}

bool zap_uniform(struct tdp_iter *it, bool shared, bool yields)
{
	if (!spte_is_table(it->old, it->level) || !arena_is_uniform((uint32_t)spte_pfn(it->old)))
		return false;
	if (!zap_at_once(it, shared, yields))
		return false;
	it->min_level = it->level;	/* it is done: no step down */
	return true;
}

/*
 * One pass visits every entry down to @level.  Taken away are those at that level, tables with all
 * below them in one step; or, for @leafs, the leafs of any level.
 */
struct pass {
	int	 level;
	bool	 leafs, shared;
	uint64_t visited, nonpresent;
};

static bool takes(struct pass *p, const struct tdp_iter *it)
{
	if (!spte_is_present(it->old)) {
		if (likely(it->x->mmu.policy->zap_nonpresent == ZAP_NONPRESENT_SKIP))
			return false;
		p->nonpresent++;
		return true;
	}
	return p->leafs ? spte_is_leaf(it->old, it->level) : it->level == p->level;
}

/* The entry under the cursor; whoever loses a race looks again, and may yield first. */
static void zap_entry(struct pass *p, struct tdp_iter *it)
{
	do {
		if (iter_yield(it, NULL, p->shared) || !takes(p, it))
			return;
	} while (!spte_set(it, it->x->f->nonpresent, p->shared));
}

static void zap_pass(struct x86_mmu *x, const struct root *root, struct pass p)
{
	struct tdp_iter it;

	for_each_spte(&it, x, root, p.level, 0, gfn_limit(x)) {
		it.min_level = p.level;
		p.visited++;
		zap_entry(&p, &it);
		if (!it.yielded && (p.leafs || it.level == p.level + 1) && zap_uniform(&it, p.shared, true))
			p.visited += SPTE_ENTRIES;
	}
	rt_count(&x->mmu.counters.zap_visited, p.visited);
	rt_count(&x->mmu.counters.zap_nonpresent, p.nonpresent);
}

void zap_root(struct x86_mmu *x, const struct root *root, bool shared)
{
	uint64_t begin_ns = zap_begin();

	rt_rcu_read_lock();
	switch (x->mmu.policy->zap_root_passes) {
	case ZAP_ROOT_PASSES_SINGLE:
		break;
	case ZAP_ROOT_PASSES_LEAFS_ROOT:
		zap_pass(x, root, (struct pass){ .level = 1, .leafs = true, .shared = shared });
		break;
	case ZAP_ROOT_PASSES_4K_2M_1G_ROOT:
		zap_pass(x, root, (struct pass){ .level = 1, .shared = shared });
		zap_pass(x, root, (struct pass){ .level = 2, .shared = shared });
		zap_pass(x, root, (struct pass){ .level = 3, .shared = shared });
		break;
	case ZAP_ROOT_PASSES_1G_ROOT:
		zap_pass(x, root, (struct pass){ .level = 3, .shared = shared });
		break;
	}
	zap_pass(x, root, (struct pass){ .level = x->mmu.config.root_level, .shared = shared });
	rt_rcu_read_unlock();
	zap_end(x, begin_ns);
}

/*
 * The MMU's own references go with their roots' contents; where vCPUs zap, the references alone,
 * and the last one to leave a root empties it (root.c).
 */
static void drop_invalidated(struct x86_mmu *x, bool zap)
{
	bool shared = mmu_lock_shared(&x->mmu);

	for (struct root *r = root_iter(x, NULL, false); r; r = root_iter(x, r, false)) {
		if (!r->scheduled)
			continue;
		r->scheduled = false;
		if (zap)
			zap_root(x, r, shared);
		root_put(x, r);
	}
	mmu_unlock(&x->mmu, shared);
}

void x86_work(struct mmu *mmu)
{
	drop_invalidated(to_x86(mmu), true);
}

static void zap_invalidated(struct x86_mmu *x)
{
	switch (x->mmu.policy->zap_fast_worker) {
	case ZAP_FAST_WORKER_ASYNC:
		if (!x->mmu.config.worker)
			break;
		worker_ask(&x->mmu.worker);
		return;
	case ZAP_FAST_WORKER_VCPU_PUT:
		drop_invalidated(x, false);
		return;
	case ZAP_FAST_WORKER_SYNC:
		break;
	}
	drop_invalidated(x, true);
}

static void observe_zap_all_fast(const struct x86_mmu *x)
{
	struct obs o = { .kind = OBS_ZAP_ALL_FAST, .page = { .role = x->valid_gen, .valid_gen = x->valid_gen } };

	obs_emit(&x->mmu, &o);
}

void zap_all_fast(struct x86_mmu *x)
{
	uint64_t mark;

	mmu_lock_exclusive(&x->mmu);
	rt_pin(RT_PIN_OTHER);
	if (observed(&x->mmu))
		observe_zap_all_fast(x);
	x->valid_gen = !x->valid_gen;
	root_invalidate_all(x);
	/* vCPUs leave the guest and take a new root, which flushes: no flush is owed for the old ones. */
	mark = check_mark(&x->mmu);
	if (!MUTANT(zap_no_kick)) {
		rt_kick_all(x->mmu.config.vm);
		check_flushed(&x->mmu, mark);
	}
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
