/* SPDX-License-Identifier: GPL-2.0-or-later */
/* account_nx_huge_page() and its reverse, kvm_recover_nx_huge_pages(); KVM mmu.c. */
#include "engine/x86/nx.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "engine/core/mutant.h"
#include "engine/x86/changed.h"
#include "engine/x86/zap.h"

void nx_init(struct x86_mmu *x)
{
	/* Address space; memory only for tables that are disallowed. */
	if (x->mmu.config.nx_huge_pages || x->mmu.config.nx_toggles)
		x->nx.link = xcalloc(ARENA_MAX_TABLES, sizeof(*x->nx.link));
	x->nx.on = x->mmu.config.nx_huge_pages;
}

void nx_fini(struct x86_mmu *x)
{
	free(x->nx.link);
}

void nx_disallow(struct x86_mmu *x, uint32_t child)
{
	__atomic_store_n(&x->nx.link[child].disallowed, 1, __ATOMIC_RELAXED);
}

/* Acquire: who finds it clear and takes the table away comes after who read where it hangs, and cleared it. */
bool nx_is_disallowed_slow(const struct x86_mmu *x, uint32_t number)
{
	return !arena_is_uniform(number) && __atomic_load_n(&x->nx.link[number].disallowed, __ATOMIC_ACQUIRE);
}

void nx_track_locked(struct x86_mmu *x, uint32_t number)
{
	struct nx_list *nx = &x->nx;
	struct nx_link *link = &nx->link[number];

	if (link->listed || !nx_is_disallowed(x, number))
		return;
	link->listed = true;
	link->next = 0;
	link->prev = nx->last;
	if (nx->last)
		nx->link[nx->last].next = number;
	else
		nx->first = number;
	nx->last = number;
	__atomic_store_n(&nx->nr, nx->nr + 1, __ATOMIC_RELAXED);
}

void nx_track(struct x86_mmu *x, uint32_t number)
{
	rt_spin_lock(&x->pages_lock);
	nx_track_locked(x, number);
	rt_spin_unlock(&x->pages_lock);
}

void nx_forget_locked(struct x86_mmu *x, uint32_t number)
{
	struct nx_list *nx = &x->nx;
	struct nx_link *link = &nx->link[number];

	__atomic_store_n(&link->disallowed, 0, __ATOMIC_RELEASE);
	if (!link->listed)
		return;
	link->listed = false;
	if (link->prev)
		nx->link[link->prev].next = link->next;
	else
		nx->first = link->next;
	if (link->next)
		nx->link[link->next].prev = link->prev;
	else
		nx->last = link->prev;
	__atomic_store_n(&nx->nr, nx->nr - 1, __ATOMIC_RELAXED);
}

/*
 * The first of the list, which thereby is no longer in it: points @it at the entry above it.  A table that is
 * listed hangs there still; whoever takes it away comes here first.
 * Return: its number, or 0: the list is empty.
 */
static uint32_t take_first(struct x86_mmu *x, struct tdp_iter *it)
{
	const struct arena *arena = &x->mmu.arena;
	uint32_t number;

	rt_spin_lock(&x->pages_lock);
	number = x->nx.first;
	if (number) {
		const struct table *t = arena_table(arena, number);

		it->gfn = t->gfn;
		it->level = role_level(t->role) + 1;
		it->as_id = role_smm(t->role) ? 1 : 0;
		it->sptep = arena_entries(arena, t->parent) + t->slot;
		nx_forget_locked(x, number);
	}
	rt_spin_unlock(&x->pages_lock);
	return number;
}

/* Small pages it would get anyway; up to 6.1 nobody asked. */
static bool is_logged(const struct x86_mmu *x, const struct memslot_set *slots, unsigned int as_id, gfn_t gfn)
{
	const struct memslot *slot;

	if (!release_is(x, KVM_6_12))
		return false;
	slot = memslot_find(slots, as_id, gfn);
	return slot && (slot->cfg.flags & SLOT_LOG_DIRTY);
}

bool nx_is_logged(const struct x86_mmu *x, uint32_t number)
{
	const struct memslots *ms = &x->mmu.slots;
	const struct table *t = arena_table(&x->mmu.arena, number);

	return is_logged(x, &ms->set[rt_peek(&ms->active)], role_smm(t->role) ? 1 : 0, t->gfn);
}

uint64_t nx_nr_logged(const struct x86_mmu *x)
{
	uint64_t nr = 0;

	for (uint32_t number = x->nx.first; number; number = x->nx.link[number].next)
		nr += nx_is_logged(x, number);
	return nr;
}

/* Under the read lock others may have been faster, and the entry may lead elsewhere now. */
static bool zap_table(struct tdp_iter *it, uint32_t number, bool shared)
{
	iter_read(it);
	if (!spte_is_table(it->old, it->level) || (uint32_t)spte_pfn(it->old) != number)
		return false;
	return spte_set(it, it->x->f->nonpresent, shared);
}

/* A place to yield: no walk is in progress, so that nothing starts again. */
static void let_others_in(struct mmu *mmu, struct flush *flush, bool shared)
{
	if (likely(!rt_need_resched() && !rt_needbreak(&mmu->lock)))
		return;
	flush_settle(mmu, flush);
	rt_rcu_read_unlock();
	if (mmu->checker)
		checker_unlock(mmu);
	if (shared)
		rt_cond_resched_read(&mmu->lock);
	else
		rt_cond_resched_write(&mmu->lock);
	rt_rcu_read_lock();
}

/* Return: how many tables went; @most are tried. */
static uint64_t recover(struct x86_mmu *x, uint64_t most, bool shared)
{
	struct flush flush = { 0 };
	uint64_t zapped = 0;

	rt_rcu_read_lock();
	for (; most; most--) {
		struct tdp_iter it = { .x = x };
		uint32_t number = take_first(x, &it);

		if (!number)
			break;
		if (!is_logged(x, memslots_get(&x->mmu.slots), it.as_id, it.gfn) &&
		    zap_table(&it, number, shared)) {
			if (!MUTANT(nx_no_flush))
				flush_stale(&x->mmu, &flush);
			zapped++;
		}
		let_others_in(&x->mmu, &flush, shared);
	}
	flush_settle(&x->mmu, &flush);
	rt_rcu_read_unlock();
	return zapped;
}

uint64_t nx_quota(const struct x86_mmu *x, unsigned int ratio)
{
	return (__atomic_load_n(&x->nx.nr, __ATOMIC_RELAXED) + ratio - 1) / ratio;
}

uint64_t x86_nx_recover(struct mmu *mmu, unsigned int ratio)
{
	struct x86_mmu *x = to_x86(mmu);
	uint64_t zapped;
	bool shared = false;

	if (!x->nx.link || !ratio)
		return 0;
	rt_srcu_lock(mmu->config.vm);
	if (mmu->policy->nx_lock == NX_LOCK_READ)
		shared = mmu_lock_shared(mmu);
	else
		mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_OTHER);
	zapped = recover(x, nx_quota(x, ratio), shared);
	mmu_unlock(mmu, shared);
	rt_srcu_unlock();
	rt_count(&mmu->counters.nx_recovered, zapped);
	return zapped;
}

void x86_nx_pass_over(struct mmu *mmu, unsigned int ratio)
{
	struct x86_mmu *x = to_x86(mmu);
	uint64_t most;

	if (!x->nx.link || !ratio)
		return;
	most = nx_quota(x, ratio);
	rt_spin_lock(&x->pages_lock);
	for (uint32_t number; most && (number = x->nx.first) && nx_is_logged(x, number); most--)
		nx_forget_locked(x, number);
	rt_spin_unlock(&x->pages_lock);
}

bool nx_flip(struct x86_mmu *x)
{
	if (!x->nx.link)
		return false;
	__atomic_store_n(&x->nx.on, !nx_is_on(x), __ATOMIC_RELAXED);
	return true;
}

void x86_nx_toggle(struct mmu *mmu)
{
	if (nx_flip(to_x86(mmu)))
		zap_all_fast(to_x86(mmu));
}

bool x86_nx_is_on(const struct mmu *mmu)
{
	return nx_is_on(to_x86_const(mmu));
}

void nx_check(const struct x86_mmu *x)
{
	uint64_t nr = 0;

	for (uint32_t number = x->nx.first; number; number = x->nx.link[number].next) {
		const struct table *t = arena_table(&x->mmu.arena, number);

		if (!(t->flags & TABLE_IN_USE) || !nx_is_disallowed(x, number))
			mmu_broken(&x->mmu, "nx: a table is listed that is gone, or may be a huge page", t->gfn, number);
		nr++;
	}
	if (nr != x->nx.nr)
		mmu_broken(&x->mmu, "nx: there are not as many tables listed as counted", 0, nr);
}
