/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head common to all engines, and engine/mmu.h's way to each of them. */
#include "engine/core/mmu_common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/core/checker.h"

int mmu_init(struct mmu *mmu, const struct mmu_ops *ops, const struct mmu_config *config)
{
	int ret;

	mmu->ops = ops;
	mmu->config = *config;
	mmu->policy = config->policy;
	mmu->page_shift = config->arch == KVM_ARM64 ? config->s2.page_shift : 12;
	rt_rwlock_init(&mmu->lock, "mmu_lock");
	memslots_init(&mmu->slots, mmu->page_shift, config->slot_generation);
	notifier_init(&mmu->notifier, config->policy);
	attributes_init(&mmu->attributes);
	mutex_init(&mmu->gmem_lock);
	worker_init(&mmu->worker);
	if (config->dirty_ring) {
		mmu->rings = xcalloc(config->nr_vcpus, sizeof(*mmu->rings));
		for (unsigned int i = 0; i < config->nr_vcpus; i++)
			dirty_ring_init(&mmu->rings[i]);
	}
	ret = arena_init(&mmu->arena, stage2_level_bits(mmu->page_shift));
	if (!ret && config->check)
		checker_attach(mmu);
	return ret;
}

void mmu_fini(struct mmu *mmu)
{
	for (unsigned int i = 0; mmu->rings && i < mmu->config.nr_vcpus; i++)
		dirty_ring_fini(&mmu->rings[i]);
	free(mmu->rings);
	checker_free(mmu->checker);
	arena_fini(&mmu->arena);
	memslots_fini(&mmu->slots);
	attributes_fini(&mmu->attributes);
}

bool mmu_tell(const struct mmu *mmu, const struct mmu_break *b)
{
	const struct mmu_judge *judge = mmu->config.judge;

	if (!judge) {
		fprintf(stderr, "mmulab: vm %u: invariant broken: %s (gfn %#llx, value %#llx)\n", b->vm, b->what,
			(unsigned long long)b->gfn, (unsigned long long)b->value);
		abort();
	}
	if (!judge->broken(judge->arg, b))
		return false;
	rt_stop();
	return true;
}

void mmu_broken(const struct mmu *mmu, const char *what, gfn_t gfn, uint64_t value)
{
	struct mmu_break b = { .what = what, .vm = mmu->config.vm, .task = rt_self(), .gfn = gfn, .value = value,
			       .t_ns = rt_now_ns() };

	if (mmu->checker)
		checker_broken((struct mmu *)mmu, what, gfn, value);
	else
		mmu_tell(mmu, &b);
}

int mmu_create(const struct mmu_config *config, struct mmu **out)
{
	if (config->arch == KVM_ARM64)
		return arm64_mmu_create(config, out);
	return config->rmaps ? shadow_mmu_create(config, out) : x86_mmu_create(config, out);
}

void mmu_destroy(struct mmu *mmu)
{
	if (mmu)
		mmu->ops->destroy(mmu);
}

void mmu_vcpu_load(struct mmu *mmu, unsigned int vcpu)
{
	check_begin(mmu, CHECK_LOAD, vcpu, 0);
	mmu->ops->vcpu_load(mmu, vcpu);
	check_end(mmu, 0);
}

void mmu_vcpu_unload(struct mmu *mmu, unsigned int vcpu)
{
	check_begin(mmu, CHECK_UNLOAD, vcpu, 0);
	mmu->ops->vcpu_unload(mmu, vcpu);
	check_end(mmu, 0);
}

bool mmu_wants_root(const struct mmu *mmu, unsigned int vcpu)
{
	return mmu->ops->wants_root && mmu->ops->wants_root(mmu, vcpu);
}

void mmu_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm)
{
	mmu->ops->vcpu_smm(mmu, vcpu, smm);
}

bool mmu_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a)
{
	return mmu->ops->touch(mmu, vcpu, a);
}

void mmu_expect(const struct mmu *mmu, int vcpu, gfn_t gfn)
{
	if (mmu->ops->expect)
		mmu->ops->expect(mmu, vcpu, gfn);
}

/* Apart, so that the others jump to where they go without a frame. */
static __attribute__((noinline)) enum ret_pf checked_fault(struct mmu *mmu, unsigned int vcpu,
							    const struct mmu_access *a)
{
	enum ret_pf ret;

	check_begin(mmu, CHECK_FAULT, a->gfn, a->access);
	ret = mmu->ops->fault(mmu, vcpu, a);
	check_end(mmu, ret);
	return ret;
}

enum ret_pf mmu_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a)
{
	if (checking(mmu))
		return checked_fault(mmu, vcpu, a);
	return mmu->ops->fault(mmu, vcpu, a);
}

void mmu_zap_all(struct mmu *mmu)
{
	check_begin(mmu, CHECK_ZAP_ALL, 0, 0);
	mmu->ops->zap_all(mmu);
	check_end(mmu, 0);
}

uint64_t mmu_nx_recover(struct mmu *mmu, unsigned int ratio)
{
	uint64_t zapped;

	if (!mmu->ops->nx_recover)
		return 0;
	check_begin(mmu, CHECK_NX_RECOVER, ratio, 0);
	zapped = mmu->ops->nx_recover(mmu, ratio);
	check_end(mmu, zapped);
	return zapped;
}

void mmu_nx_pass_over(struct mmu *mmu, unsigned int ratio)
{
	if (mmu->ops->nx_pass_over)
		mmu->ops->nx_pass_over(mmu, ratio);
}

void mmu_nx_toggle(struct mmu *mmu)
{
	if (!mmu->ops->nx_toggle)
		return;
	check_begin(mmu, CHECK_NX_TOGGLE, 0, 0);
	memslots_lock(&mmu->slots);
	mmu->ops->nx_toggle(mmu);
	memslots_unlock(&mmu->slots);
	check_end(mmu, 0);
}

bool mmu_nx_is_on(const struct mmu *mmu)
{
	return mmu->ops->nx_is_on && mmu->ops->nx_is_on(mmu);
}

static void work(void *arg)
{
	struct mmu *mmu = arg;

	if (mmu->ops->work)
		mmu->ops->work(mmu);
}

void mmu_worker(struct mmu *mmu)
{
	worker_run(&mmu->worker, work, mmu);
}

void mmu_worker_stop(struct mmu *mmu)
{
	worker_stop(&mmu->worker);
}

void mmu_teardown(struct mmu *mmu)
{
	check_begin(mmu, CHECK_TEARDOWN, 0, 0);
	mmu->ops->teardown(mmu);
	check_end(mmu, 0);
}

uint64_t mmu_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level)
{
	return mmu->ops->peek(mmu, gfn, as_id, level);
}

void mmu_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte)
{
	mmu->ops->repair(mmu, gfn, level, as_id, spte);
}

bool mmu_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new)
{
	return mmu->ops->repair_rmap && mmu->ops->repair_rmap(mmu, gfn, level, old, new);
}

void mmu_repair_young(struct mmu *mmu, gfn_t gfn)
{
	if (mmu->ops->repair_young)
		mmu->ops->repair_young(mmu, gfn);
}

static void stats_of_notifier(const struct notifier *n, struct mmu_stats *out)
{
	const struct notifier_stats *s = &n->stats;

	out->memslot_wait_ns = s->swap_wait_ns;
	out->memslot_wait_max_ns = s->swap_wait_max_ns;
	out->windows_max = s->active_max;
	out->windows_busy_max_ns = s->active_max_ns;
	out->hull_max_pages = s->hull_max_pages;
	out->hull_open_pages = s->hull_open_pages;
	out->windows_left = n->active ? 0 : rt_peek(&n->in_progress);
}

void mmu_stats(const struct mmu *mmu, struct mmu_stats *out)
{
	const struct mmu_counters *c = &mmu->counters;

	mmu->ops->stats(mmu, out);
	stats_of_notifier(&mmu->notifier, out);
	out->flushes = c->flushes;
	out->lost_cas = c->lost_cas;
	out->age_scanned = c->age_scanned;
	out->age_dirtied = c->age_dirtied;
	out->zap_visited = c->zap_visited;
	out->zap_nonpresent = c->zap_nonpresent;
	out->zap_ns = c->zap_ns;
	out->zap_stretch_ns = c->zap_stretch_ns;
	out->tables_made = c->tables_made;
	out->nx_recovered = c->nx_recovered;
	out->coalesce_ns = c->coalesce_ns;
	out->coalesce_max_ns = c->coalesce_max_ns;
	out->tables_freed_late = c->tables_freed_late;
	out->broken = c->broken;
	out->broken_ns = c->broken_ns;
	out->broken_max_ns = c->broken_max_ns;
	out->broken_faults = c->broken_faults;
	out->broken_stall_ns = c->broken_stall_ns;
	out->coalesced = c->coalesced;
	out->tables_freed = c->tables_freed;
	out->unlinked_max = c->unlinked_max;
	out->retry_open = c->retry_open;
	out->retry_hull = c->retry_hull;
	out->retry_ended = c->retry_ended;
	out->retry_seq = c->retry_seq;
	out->retry_slot = c->retry_slot;
	out->retry_root = c->retry_root;
	out->retry_race = c->retry_race;
	out->retry_sync = c->retry_sync;
	out->retry_gpte = c->retry_gpte;
	out->shadow_zapped = c->shadow_zapped;
	out->shadow_recycled = c->shadow_recycled;
	out->shadow_flooded = c->shadow_flooded;
	out->rmap_recycled = c->rmap_recycled;
	out->pt_writes = c->pt_writes;
	out->unsynced = c->unsynced;
	out->unsync_max = c->unsync_max;
	out->synced = c->synced;
	out->syncs = c->syncs;
	out->sync_ns = c->sync_ns;
	out->sync_stretch_ns = c->sync_stretch_ns;
}

void mmu_check(const struct mmu *mmu)
{
	mmu->ops->check(mmu);
}
