/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_tdp_mmu_map(): choose the level, walk down making tables, install the leaf.
 * Losing a compare-and-swap on the way means RETRY: the guest faults again.
 */
#include <errno.h>

#include "engine/core/observe.h"
#include "engine/x86/changed.h"
#include "engine/x86/fault.h"
#include "engine/x86/watched.h"

/* May a page of @level around the gfn be mapped at once, as far as the slot goes? */
static bool slot_allows(const struct mmu_slot *s, gfn_t gfn, int level)
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

/* kvm_mmu_hugepage_adjust() */
static void choose_level(struct fault *f)
{
	const struct mmu_config *config = &f->x->mmu.config;
	int level = f->host_level < config->max_level ? f->host_level : config->max_level;

	f->req_level = 1;
	f->goal_level = 1;
	f->nx_disallowed = config->nx_huge_pages && (f->access & MMU_X);
	if (!f->slot || f->slot->cfg.flags & SLOT_LOG_DIRTY)
		return;
	while (level > 1 && (!slot_allows(&f->slot->cfg, f->gfn, level) || is_mixed(f, level) ||
			     (f->gfn ^ f->pfn) & (SPTE_LEVEL_PAGES(level) - 1)))
		level--;
	f->req_level = level;
	if (!f->nx_disallowed)
		f->goal_level = level;
}

/* disallowed_hugepage_adjust(): small pages stay where the mitigation wanted them; 6.1: where any table is. */
static void descend_for_nx(struct fault *f, const struct tdp_iter *it)
{
	struct x86_mmu *x = f->x;
	const struct table *child;

	if (!x->mmu.config.nx_huge_pages || it->level == 1 || it->level != f->goal_level ||
	    !spte_is_table(it->old, it->level))
		return;
	child = arena_table(&x->mmu.arena, arena_enter(&x->mmu.arena, (uint32_t)spte_pfn(it->old)));
	if (!release_is(x, KVM_6_12) || child->flags & TABLE_NX_DISALLOWED)
		f->goal_level--;
}

static uint32_t new_child(struct fault *f, const struct tdp_iter *it)
{
	struct x86_mmu *x = f->x;
	struct arena *arena = &x->mmu.arena;
	const struct table *parent = arena_table(arena, it->table[it->level]);
	uint32_t child = arena_alloc(arena, x->f->nonpresent);
	struct table *t = arena_table(arena, child);

	rt_charge(COST_TABLE_ALLOC, 1);
	mmu_count(&x->mmu.counters.tables_made);
	t->gfn = it->gfn;
	t->role = role_set_invalid(role_set_level(parent->role, it->level - 1), 0);
	t->parent = it->table[it->level];
	t->slot = spte_index(it->gfn, it->level);
	if (f->nx_disallowed)
		t->flags |= TABLE_NX_DISALLOWED;
	obs_page(&x->mmu, OBS_GET_PAGE, t->gfn, t->role, 0, true);
	return child;
}

/* The same mapping, one level down. */
static void fill_from_huge(struct x86_mmu *x, uint32_t child, uint64_t huge, int level)
{
	rt_u64 *entries = arena_entries(&x->mmu.arena, child);
	uint64_t step = SPTE_LEVEL_PAGES(level) << 12;

	if (level == 1) {
		huge &= ~SPTE_LARGE;
		if (x->mmu.config.nx_huge_pages)
			huge = (huge | x->f->exec) & ~x->f->nx;
	}
	for (unsigned int i = 0; i < SPTE_ENTRIES; i++)
		rt_set(&entries[i], huge + i * step);
	rt_charge(COST_SPLIT_ENTRY, SPTE_ENTRIES);
}

/* Up to 6.1 a new table goes into a list. */
static void list_table(struct x86_mmu *x)
{
	if (release_is(x, KVM_6_12))
		return;
	rt_spin_lock(&x->pages_lock);
	rt_spin_unlock(&x->pages_lock);
}

/* A table where there is nothing, or a huge page to be split.  Return: whether it is linked. */
static bool add_table(struct fault *f, struct tdp_iter *it, bool shared)
{
	struct x86_mmu *x = f->x;
	uint32_t child = new_child(f, it);
	uint64_t huge = spte_is_present(it->old) ? it->old : 0;
	bool linked;

	if (huge)
		fill_from_huge(x, child, huge, it->level - 1);
	linked = spte_set(it, spte_for_table(x, child), shared);
	if (huge)
		obs_map(&x->mmu, OBS_SPLIT_HUGE_PAGE, it->gfn, it->level, linked ? 0 : EBUSY, huge);
	if (!linked) {
		arena_free(&x->mmu.arena, child);	/* nobody ever saw it */
		return false;
	}
	list_table(x);
	return true;
}

/* fault.huge_split = zap: the huge page goes away; 511 of its pages fault again. */
static bool zap_huge(struct tdp_iter *it, bool shared)
{
	if (shared) {
		if (!spte_zap_atomic(it))
			return false;
	} else {
		spte_set_exclusive(it, it->x->f->nonpresent);
		flush_remote_range(&it->x->mmu, it->gfn, SPTE_LEVEL_PAGES(it->level));
	}
	iter_read(it);
	return true;
}

uint64_t fault_leaf(const struct fault *f, uint64_t old)
{
	const struct x86_mmu *x = f->x;
	bool was_writable = (f->goal_level == 1 || old & SPTE_LARGE) && (old & SPTE_W);
	bool ad = x->mmu.config.ad;
	uint64_t spte;
	struct spte_want want = {
		.pfn = f->pfn,
		.level = f->goal_level,
		.exec = f->goal_level == 1 || !x->mmu.config.nx_huge_pages,
		.writable = f->map_writable,
		.host_writable = f->map_writable,
		.mmu_writable = f->map_writable,
		.accessed = ad,
		/* Over a writable leaf D is left out: what the old one knew was noted already. */
		.dirty = ad && f->map_writable && !was_writable,
	};

	spte = spte_make_leaf(x->f, &want);
	return ad ? spte : spte | SPTE_AD_DISABLED;
}

static void observe_set(const struct fault *f, const struct tdp_iter *it)
{
	const struct spte_format *fmt = f->x->f;
	uint64_t spte = rt_load(it->sptep);	/* the tracepoint reads it again, too */
	struct obs o = {
		.kind = OBS_SET_SPTE,
		.set = { .gfn = it->gfn, .level = it->level, .r = 1, .x = spte_permits(fmt, spte, MMU_X),
			 .u = fmt->user ? !!(spte & fmt->user) : spte & 1, .spte = spte },
	};

	obs_emit(&f->x->mmu, &o);
}

/* fault.early_spurious: somebody mapped it meanwhile; nothing is written, nothing observed. */
static bool allowed_already(const struct fault *f, const struct tdp_iter *it)
{
	return f->x->mmu.policy->fault_early_spurious == FAULT_EARLY_SPURIOUS_YES &&
	       spte_is_leaf(it->old, it->level) && spte_permits(f->x->f, it->old, f->access);
}

static enum ret_pf install(struct fault *f, struct tdp_iter *it, bool shared)
{
	struct x86_mmu *x = f->x;
	enum ret_pf ret = RET_PF_FIXED;
	uint64_t gen, new;

	if (allowed_already(f, it)) {
		check_install(x, it->sptep, it->old, f->gfn, f->access & MMU_W);
		return RET_PF_SPURIOUS;
	}
	gen = rt_load(&x->mmu.slots.generation[it->as_id]);
	new = f->slot ? fault_leaf(f, it->old) : spte_make_mmio(x->f, it->gfn, 7, gen);

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
		observe_set(f, it);
	return ret;
}

/* One entry above the goal: make it possible to step down.  Return: false: RETRY. */
static bool make_way(struct fault *f, struct tdp_iter *it, bool shared)
{
	if (spte_is_table(it->old, it->level))
		return true;
	if (spte_is_present(it->old) && f->x->mmu.policy->fault_huge_split == FAULT_HUGE_SPLIT_ZAP) {
		if (!zap_huge(it, shared))
			return false;
		if (spte_is_present(it->old))	/* somebody filled it already; the step down finds out */
			return true;
		if (spte_is_frozen(f->x->f, it->old))
			return false;
	}
	return add_table(f, it, shared);
}

enum ret_pf fault_map(struct fault *f, bool shared)
{
	struct x86_mmu *x = f->x;
	enum ret_pf ret = RET_PF_RETRY;
	struct tdp_iter it;

	choose_level(f);
	obs_map(&x->mmu, OBS_SPTE_REQUESTED, f->gfn, f->goal_level, f->pfn, 0);
	rt_rcu_read_lock();
	for_each_spte(&it, x, f->v->root, 1, f->gfn, f->gfn + 1) {
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
	rt_rcu_read_unlock();
	return ret;
}
