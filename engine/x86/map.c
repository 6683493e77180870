/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_tdp_mmu_map(): choose the level, walk down making tables, install the leaf.
 * Losing a compare-and-swap on the way means RETRY: the guest faults again.
 */
#include "engine/core/dirty.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/child.h"
#include "engine/x86/fault.h"
#include "engine/x86/near.h"
#include "engine/x86/watched.h"

/* May a page of @level around the gfn be mapped at once, as far as the slot goes? */
bool slot_allows_level(const struct mmu_slot *s, gfn_t gfn, int level)
{
	gfn_t first = gfn_round(gfn, level);
	uint64_t inside = SPTE_LEVEL_PAGES(level) - 1;

	if (((s->hva >> 12) ^ s->base_gfn) & inside)
		return false;
	return first >= s->base_gfn && first + inside < s->base_gfn + s->npages;
}

/* Part of the page is private and part is not. */
static bool is_mixed(const struct fault *f, int level)
{
	gfn_t first = gfn_round(f->gfn, level);

	return !attributes_uniform(&f->x->mmu.attributes, first, first + SPTE_LEVEL_PAGES(level));
}

/*
 * How large the host's page is.  A recording says of an execute fault under the NX mitigation only that it
 * is mapped small; what others were given there since the host last took the page away, says more.
 */
static int host_level(const struct fault *f)
{
	int most = f->x->mmu.config.max_level, level = f->host_level, seen;

	if (unlikely(f->nx_disallowed)) {
		seen = populated_level(f->slot->host, f->gfn - f->slot->cfg.base_gfn);
		level = seen > level ? seen : level;
	}
	return level < most ? level : most;
}

static __attribute__((noinline)) void choose_among_levels(struct fault *f)
{
	int level;

	if (!f->slot || f->slot->cfg.flags & SLOT_LOG_DIRTY)
		return;
	level = host_level(f);
	while (level > 1 && (!slot_allows_level(&f->slot->cfg, f->gfn, level) || is_mixed(f, level) ||
			     (f->gfn ^ f->pfn) & (SPTE_LEVEL_PAGES(level) - 1)))
		level--;
	f->req_level = level;
	if (!f->nx_disallowed)
		f->goal_level = level;
}

static inline void choose_level(struct fault *f)
{
	f->req_level = 1;
	f->goal_level = 1;
	f->nx_disallowed = unlikely(f->nx) && (f->access & MMU_X);
	if (f->host_level > 1 || unlikely(f->nx_disallowed))
		choose_among_levels(f);
}

void fault_choose_level(struct fault *f)
{
	choose_level(f);
}

/* disallowed_hugepage_adjust(): small pages stay where the mitigation wanted them, or where any table is. */
static void descend_for_nx(struct fault *f, const struct tdp_iter *it)
{
	if (likely(!f->nx) || it->level != f->goal_level || !spte_is_table(it->old, it->level))
		return;
	if (f->x->mmu.policy->nx_descend == NX_DESCEND_ANY || nx_is_disallowed(f->x, (uint32_t)spte_pfn(it->old)))
		f->goal_level--;
}

/* A table where there is nothing, or a huge page to be split.  Return: whether it is linked. */
static bool add_table(struct fault *f, struct tdp_iter *it, bool shared)
{
	/* Without the mitigation there would have been a huge page here. */
	bool late = release_is(f->x, KVM_6_12), kept_small = f->nx_disallowed && f->req_level >= it->level;
	uint32_t child = child_new(it);

	rt_count(&f->x->mmu.counters.tables_made, 1);
	if (unlikely(f->nx_disallowed) && (kept_small || late))
		nx_disallow(f->x, child);
	if (!child_link(it, child, shared)) {
		child_discard(it, child);
		return false;
	}
	if (unlikely(kept_small) && late)
		nx_track(f->x, child);
	return true;
}

static inline uint64_t make_leaf(const struct fault *f, int level, uint64_t old)
{
	const struct x86_mmu *x = f->x;
	uint64_t spte = spte_bare_leaf(x->f, f->pfn, level, level == 1 || !nx_is_on(x));
	bool was_writable = (level == 1 || old & SPTE_LARGE) && (old & SPTE_W);

	if (f->map_writable)
		spte |= SPTE_W | x->f->mmu_writable | x->f->host_writable;
	if (unlikely(!x->mmu.config.ad))
		spte |= SPTE_AD_DISABLED;
	else if (!(MUTANT(fault_makes_old) && spte_is_present(old)))
		spte |= x->f->accessed;
	/* Over a writable leaf D is left out: what the old one knew was noted already. */
	if (f->map_writable && !was_writable && x->mmu.config.ad)
		spte |= x->f->dirty;
	return unlikely(f->ahead) ? spte_make_old(x->f, spte) : spte;
}

uint64_t fault_leaf(const struct fault *f, uint64_t old)
{
	return make_leaf(f, f->goal_level, old);
}

static void observe_set(const struct fault *f, const rt_u64 *sptep, gfn_t gfn, int level)
{
	const struct spte_format *fmt = f->x->f;
	uint64_t spte = rt_load(sptep);	/* the tracepoint reads it again, too */
	struct obs o = {
		.kind = OBS_SET_SPTE,
		.set = { .gfn = gfn, .level = level, .r = 1, .x = spte_permits(fmt, spte, MMU_X),
			 .u = fmt->user ? !!(spte & fmt->user) : spte & 1, .spte = spte },
	};

	obs_emit(&f->x->mmu, &o);
}

/* fault.early_spurious: somebody mapped it meanwhile; nothing is written, nothing observed. */
static inline bool allowed_already(const struct fault *f, uint64_t old, int level)
{
	return f->x->mmu.policy->fault_early_spurious == FAULT_EARLY_SPURIOUS_YES && spte_is_leaf(old, level) &&
	       spte_permits(f->x->f, old, f->access);
}

/* Inlined, so that the iterator of map_near() stays in registers. */
static inline __attribute__((always_inline)) enum ret_pf install(struct fault *f, struct tdp_iter *it, bool shared)
{
	struct x86_mmu *x = f->x;
	enum ret_pf ret = RET_PF_FIXED;
	uint64_t gen, new;

	if (allowed_already(f, it->old, it->level)) {
		check_install(x, it->sptep, it->old, f->gfn, f->access & MMU_W);
		return RET_PF_SPURIOUS;
	}
	gen = rt_load(&x->mmu.slots.generation[it->as_id]);
	new = f->slot ? make_leaf(f, it->level, it->old) : spte_make_mmio(x->f, it->gfn, 7, gen);
	/* Before it can be written, and even if the entry is then lost to somebody else. */
	if (f->slot && (new & SPTE_W))
		dirty_mark(&x->mmu, (unsigned int)(f->v - x->vcpus), f->slot, f->gfn);
	if (new == it->old)
		ret = RET_PF_SPURIOUS;
	else if (!spte_set(it, new, shared))
		return RET_PF_RETRY;
	else if (spte_is_table(it->old, it->level))
		flush_remote_range(&x->mmu, it->gfn, SPTE_LEVEL_PAGES(it->level));
	if (unlikely(!f->slot)) {
		obs_mmio(&x->mmu, OBS_MARK_MMIO, it->gfn, new & 7, spte_mmio_gen(new), new);
		return RET_PF_EMULATE;
	}
	check_install(x, it->sptep, new, f->gfn, f->access & MMU_W);
	if (observed(&x->mmu))
		observe_set(f, it->sptep, it->gfn, it->level);
	return ret;
}

/* One entry above the goal: make it possible to step down.  Return: false: RETRY. */
static bool make_way(struct fault *f, struct tdp_iter *it, bool shared)
{
	if (spte_is_table(it->old, it->level) && !(MUTANT(table_not_reused) && it->level == 2))
		return true;
	if (spte_is_present(it->old) && f->x->mmu.policy->fault_huge_split == FAULT_HUGE_SPLIT_ZAP) {
		/* The huge page goes away; 511 of its pages fault again. */
		if (!spte_zap_flush(it, shared))
			return false;
		iter_read(it);
		if (spte_is_present(it->old))	/* somebody filled it already; the step down finds out */
			return true;
		if (spte_is_frozen(f->x->f, it->old))
			return false;
	}
	return add_table(f, it, shared);
}

/*
 * Is the way down to the 4 KiB leaf the one that the vCPU's last walk went, and would nobody notice if it was not
 * gone once more?
 */
static inline bool knows_the_way(const struct fault *f)
{
	return f->goal_level == 1 && near_has(f->x, f->v, f->gfn) &&
	       rt_reads_alone((uint64_t)f->x->mmu.config.root_level - 1, COST_WALK_STEP) && !MUTANT(table_not_reused);
}

/* What walk_and_map() comes to and does where tables lead down to the leaf. */
static enum ret_pf map_near(struct fault *f, bool shared)
{
	struct x86_mmu *x = f->x;
	struct tdp_iter it;

	rt_charge(COST_WALK_STEP, (uint64_t)x->mmu.config.root_level - 1);
	iter_at(&it, x, f->v->root, f->v->near.table, f->gfn);
	return spte_is_frozen(x->f, it.old) ? RET_PF_RETRY : install(f, &it, shared);
}

static __attribute__((noinline)) enum ret_pf walk_and_map(struct fault *f, bool shared)
{
	struct x86_mmu *x = f->x;
	enum ret_pf ret = RET_PF_RETRY;
	struct tdp_iter it;

	for_each_spte(&it, x, f->v->root, 1, f->gfn, f->gfn + 1) {
		if (!MUTANT(table_not_reused) && !iter_descend(&it, f->goal_level))
			break;
		descend_for_nx(f, &it);
		if (spte_is_frozen(x->f, it.old))
			break;
		if (it.level == f->goal_level) {
			ret = install(f, &it, shared);
			break;
		}
		if (!make_way(f, &it, shared))
			break;
	}
	return ret;
}

enum ret_pf fault_map(struct fault *f, bool shared)
{
	enum ret_pf ret;

	choose_level(f);
	obs_map(&f->x->mmu, OBS_SPTE_REQUESTED, f->gfn, f->goal_level, f->pfn, 0);
	rt_rcu_read_lock();
	ret = likely(knows_the_way(f)) ? map_near(f, shared) : walk_and_map(f, shared);
	rt_rcu_read_unlock();
	return ret;
}
