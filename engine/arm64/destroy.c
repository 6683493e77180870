/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of a VM's tables: unlinked under mmu_lock, freed without it.  KVM mmu.c, kvm_free_stage2_pgd().
 * destroy.resched = chunked lets others on the CPU on the way.
 */
#include "engine/arm64/destroy.h"

#include "engine/arm64/range.h"
#include "engine/arm64/walk.h"
#include "engine/core/checker.h"
#include "engine/core/observe.h"

static int free_visit(struct walk *w, const struct visit *v)
{
	struct arm64_mmu *x = w->x;

	obs_pte(&x->mmu, OBS_W_FREE, v->gfn, v->level, v->kind, 0, v->old, 0);
	if (!v->old)
		return 0;
	rt_charge(COST_TABLE_PUT, 1);
	table_put(x, entry_table(x, v->ptep));
	if (v->kind == VISIT_POST)
		table_put(x, pte_child(x, v->old));
	return 0;
}

static void free_range(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	struct walk w = { .x = x, .fn = free_visit, .flags = VISIT_LEAF | VISIT_POST, .start = start, .at = start,
			  .end = end };

	while (w.at < end)
		walk_table(&w, root_of(x, w.at), x->s2.start_level);
}

/* What is freed in one go; not less than what one entry of the first level covers, so that tables go whole. */
static uint64_t step(const struct arm64_mmu *x)
{
	if (x->mmu.policy->destroy_resched == DESTROY_RESCHED_NONE)
		return gfn_limit(x);
	return level_pages(x, x->s2.start_level);
}

static void destroy(struct arm64_mmu *x)
{
	uint64_t pages = step(x), began = rt_now_ns();

	obs_s2(&x->mmu, OBS_S2_DESTROY, 0, 0, 0, 0, 0);
	for (gfn_t at = 0; at < gfn_limit(x); at += pages) {
		free_range(x, at, at + pages);
		rt_need_resched();
		rt_count_most(&x->mmu.counters.zap_stretch_ns, rt_now_ns() - began);
		began = rt_now_ns();
	}
	for (unsigned int i = 0; i < x->nr_roots; i++)
		table_put(x, x->root[i]);
}

static void free_pgd(struct arm64_mmu *x)
{
	bool alive;

	mmu_lock_exclusive(&x->mmu);
	rt_pin(RT_PIN_OTHER);
	alive = rt_peek(&x->alive);
	rt_store(&x->alive, 0);
	for (unsigned int i = 0; alive && i < x->nr_roots; i++)
		check_root_gone(&x->mmu, x->root[i]);
	mmu_unlock(&x->mmu, false);
	if (alive)
		destroy(x);
}

void arm64_zap_all(struct mmu *mmu)
{
	free_pgd(to_arm64(mmu));
}

void arm64_teardown(struct mmu *mmu)
{
	free_pgd(to_arm64(mmu));
}
