/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kvm_sync_page(), mmu_sync_children(), kvm_mmu_sync_roots(). */
#include "engine/x86/shadow/sync.h"

#include <errno.h>

#include "engine/core/checker.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"
#include "engine/x86/fault.h"
#include "engine/x86/shadow/guest_walk.h"
#include "engine/x86/shadow/leaf.h"
#include "engine/x86/shadow/link.h"
#include "engine/x86/shadow/link_check.h"

/* Where in its guest table a leaf's entry stands, in bytes. */
static unsigned int gpte_offset(const struct shadow_mmu *sm, uint32_t entry)
{
	uint32_t role = sp_role(sm, entry_table(entry));

	if (!role_has_4_byte_gpte(role))
		return entry_index(entry) * GPT_8_BYTES;
	return (role_quadrant(role) * SPTE_ENTRIES + entry_index(entry)) * GPT_4_BYTES;
}

uint64_t sync_read_gpte(struct shadow_mmu *sm, uint32_t entry)
{
	uint32_t number = entry_table(entry);
	enum gpt_width width = role_has_4_byte_gpte(sp_role(sm, number)) ? GPT_4_BYTES : GPT_8_BYTES;
	const struct mmu_read r = {
		.table = sp_gfn(sm, number), .offset = gpte_offset(sm, entry), .spte = rt_peek(entry_at(sm, entry)),
		.mapped = sp_entry_gfn(sm, number, entry_index(entry)),
		.access = sp_entry_access(sm, number, entry_index(entry)),
	};

	obs_reads(&sm->x.mmu, &r);
	rt_charge(COST_GPTE_READ, 1);
	return gpt_read(sm->gpt, r.table, r.offset, width);
}

void sync_drop(struct shadow_mmu *sm, uint32_t entry)
{
	if (spte_is_present(rt_peek(entry_at(sm, entry))))
		rmap_drop(sm, entry);
	else
		rmap_clear_leaf(sm, entry);
}

/* sync_mmio_spte() */
static void sync_mmio(struct shadow_mmu *sm, unsigned int vcpu, const struct leaf *l, uint64_t spte)
{
	if (spte_mmio_gfn(sm->x.f, spte) != l->gfn)
		link_clear(sm, l->entry);
	else
		leaf_set(sm, vcpu, l);
}

/* The leaf there is, with the rights the guest gives now.  Return: a flush is owed. */
static int remake(struct shadow_mmu *sm, unsigned int vcpu, struct leaf *l, uint64_t spte)
{
	bool protected;

	l->slot = memslot_find(memslots_get(&sm->x.mmu.slots), sp_as_id(sm, entry_table(l->entry)), l->gfn);
	l->pfn = spte_pfn(spte);
	l->host_writable = spte & sm->x.f->host_writable;
	l->prefetch = true;
	sp_set_translation(sm, entry_table(l->entry), entry_index(l->entry), l->gfn, l->access);
	return rmap_update(sm, l->entry, l->gfn, leaf_make(sm, vcpu, l, spte, &protected));
}

int sync_entry(struct shadow_mmu *sm, unsigned int vcpu, uint32_t entry)
{
	uint32_t number = entry_table(entry);
	struct guest_paging paging = guest_paging(sm->vcpus[vcpu].role);
	uint64_t spte = rt_peek(entry_at(sm, entry)), gpte;
	struct leaf l = { .entry = entry };

	if (spte == sm->x.f->nonpresent)
		return 0;
	gpte = sync_read_gpte(sm, entry);
	if (!gpte_is_prefetchable(&paging, gpte)) {
		sync_drop(sm, entry);
		return 1;
	}
	l.gfn = gpte_gfn(gpte);
	l.access = role_access(sp_role(sm, number)) & gpte_access_clean(gpte);
	if (spte_is_mmio(sm->x.f, spte)) {
		sync_mmio(sm, vcpu, &l, spte);
		return 0;
	}
	if (l.gfn != sp_entry_gfn(sm, number, entry_index(entry))) {
		sync_drop(sm, entry);
		return 1;
	}
	/* Up to 6.1 the entry is written even if nothing changes but A. */
	if (release_is(&sm->x, KVM_6_12) && l.access == sp_entry_access(sm, number, entry_index(entry)))
		return 0;
	return remake(sm, vcpu, &l, spte);
}

/* kvm_sync_page_check(): whatever one page differs in from another of the same guest does not matter. */
static bool is_of_vcpu(const struct shadow_mmu *sm, unsigned int vcpu, uint32_t number)
{
	uint32_t differs = sp_role(sm, number) ^ sm->vcpus[vcpu].role;

	differs = role_set_level(differs, 0);
	differs = role_set_access(differs, 0);
	differs = role_set_quadrant(differs, 0);
	return !role_set_passthrough(differs, 0) && !role_direct(sp_role(sm, number));
}

int sync_page(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number)
{
	int flush = 0;

	if (!is_of_vcpu(sm, vcpu, number))
		return -1;
	for (uint32_t i = 0; i < SPTE_ENTRIES; i++)
		flush |= sync_entry(sm, vcpu, number * SPTE_ENTRIES + i);
	rt_charge(COST_AGE_SCAN, SPTE_ENTRIES);
	return flush;
}

int sync_found(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number, struct condemned *list)
{
	int ret = MUTANT(link_unsynced) ? 0 : sync_page(sm, vcpu, number);

	if (ret < 0)
		sp_zap(sm, number, list);
	else if (!MUTANT(link_unsynced))
		sm->vcpus[vcpu].synced = number;
	return ret;
}

/* --- all below a page ---------------------------------------------------------- */

struct sync {
	struct shadow_mmu   *sm;
	unsigned int	     vcpu;
	uint32_t	     page;	/* what is below it */
	struct condemned     list;	/* could not be synced */
	bool		     flush;	/* owed */
	unsigned int	     synced;	/* pages */
	struct unsync_batch  batch;
};

static void settle(struct sync *s, bool flush)
{
	condemned_commit_or_flush(s->sm, &s->list, flush);
	s->flush = false;
}

static void sync_batch(struct sync *s)
{
	struct shadow_mmu *sm = s->sm;
	struct unsync_path path;
	bool protected = false;

	for (uint32_t n = unsync_first(sm, &s->batch, &path); n; n = unsync_next(sm, &s->batch, &path))
		protected |= rmap_protect_gfn(sm, sp_as_id(sm, n), sp_gfn(sm, n), 1);
	if (protected)
		settle(s, true);
	for (uint32_t n = unsync_first(sm, &s->batch, &path); n; n = unsync_next(sm, &s->batch, &path)) {
		int ret;

		unsync_clear(sm, n);
		ret = sync_page(sm, s->vcpu, n);
		if (ret < 0)
			sp_zap(sm, n, &s->list);
		s->flush |= ret > 0;
		unsync_clear_path(sm, &path);
		s->synced++;
	}
}

/* Does somebody else need the CPU or the lock, and may this sync think of it yet? */
static bool should_yield(const struct sync *s)
{
	const struct mmu *mmu = &s->sm->x.mmu;
	uint32_t least = mmu->policy->sync_min_unsync_to_yield;

	if (least != POLICY_OFF && sp_of(s->sm, s->page)->unsync_children <= least)
		return false;
	return rt_need_resched() || rt_needbreak(&mmu->lock);
}

static void check_progress(const struct sync *s)
{
	if (unlikely(s->sm->x.mmu.config.check) && !s->synced)
		mmu_broken(&s->sm->x.mmu, "I-S2: a fault retries because of a sync that got past no page",
			   sp_gfn(s->sm, s->page), sp_of(s->sm, s->page)->unsync_children);
}

/* Return: -EINTR. */
static int give_up(struct sync *s)
{
	const struct policy *policy = s->sm->x.mmu.policy;

	if (policy->sync_flush_before_eintr == SYNC_FLUSH_BEFORE_EINTR_YES && !MUTANT(sync_no_flush))
		settle(s, s->flush);
	if (policy->sync_rerequest == SYNC_REREQUEST_YES)
		rt_store(&s->sm->vcpus[s->vcpu].wants_sync, 1);
	check_progress(s);
	return -EINTR;
}

static int run(struct sync *s, bool can_yield)
{
	struct mmu *mmu = &s->sm->x.mmu;
	bool finish = !can_yield && mmu->policy->sync_on_no_yield == SYNC_ON_NO_YIELD_FINISH;

	if (MUTANT(sync_yields_first) && !can_yield && should_yield(s))
		return give_up(s);
	while (unsync_walk(s->sm, s->page, mmu->policy->sync_batch, &s->batch)) {
		sync_batch(s);
		if (finish || !should_yield(s))
			continue;
		if (!can_yield)
			return give_up(s);
		settle(s, s->flush);
		check_yield(mmu, s, s->synced);
		rt_cond_resched_write(&mmu->lock);
	}
	settle(s, s->flush);
	return 0;
}

int sync_children(struct shadow_mmu *sm, unsigned int vcpu, uint32_t number, bool can_yield)
{
	struct mmu_counters *counters = &sm->x.mmu.counters;
	uint64_t begin_ns = rt_now_ns();
	struct sync s;	/* not initialised as a whole: the batch is large */
	int ret;

	s.sm = sm;
	s.vcpu = vcpu;
	s.page = number;
	s.list = (struct condemned){ 0 };
	s.flush = false;
	s.synced = 0;
	rt_stretch_begin();
	ret = run(&s, can_yield);
	rt_count_most(&counters->sync_stretch_ns, rt_stretch_end());
	rt_count(&counters->sync_ns, rt_now_ns() - begin_ns);
	rt_count(&counters->syncs, 1);
	rt_count(&counters->synced, s.synced);
	return ret;
}

/* --- roots ---------------------------------------------------------------------- */

void shadow_sync_roots(struct mmu *mmu, unsigned int vcpu)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct shadow_vcpu *sv = &sm->vcpus[vcpu];

	rt_store(&sv->wants_sync, 0);
	if (!sv->root.table || role_direct(sv->role))
		return;
	sm->x.vcpus[vcpu].mmio_gfn = 0;
	/* Whoever made a table of ours writable marked it before. */
	if (!unsync_any(sm, sv->root.table))
		return;
	mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	sync_children(sm, vcpu, sv->root.table, true);
	check_link(sm, vcpu, sv->root.table);
	mmu_unlock(mmu, false);
}

bool shadow_wants_sync(const struct mmu *mmu, unsigned int vcpu)
{
	return rt_load(&to_shadow_const(mmu)->vcpus[vcpu].wants_sync);
}
