/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fault from its error code to the lock: kvm_mmu_page_fault(),
 * kvm_tdp_mmu_page_fault(), kvm_faultin_pfn(), is_page_fault_stale().
 */
#include "engine/x86/fault.h"

#include "engine/core/mutant.h"
#include "engine/core/retries.h"
#include "engine/x86/near.h"
#include "engine/x86/pml.h"
#include "engine/x86/protect.h"
#include "engine/x86/root.h"
#include "engine/x86/watched.h"

#define NPT_P		BIT_ULL(0)
#define NPT_RSVD	BIT_ULL(3)
#define EPT_WAS_RWX	(7ULL << 3)	/* exit qualification: what the entry permitted */
#define PFN_NO_SLOT	BIT_ULL(63)	/* as the kernel's tracepoints show it */

static inline enum mmu_found found(const struct x86_mmu *x, uint64_t spte)
{
	/* An access-tracked entry is empty to the hardware. */
	if (spte_is_present(spte))
		return spte_is_access_tracked(spte) ? MMU_FOUND_NOTHING : MMU_FOUND_PRESENT;
	return spte_is_mmio(x->f, spte) ? MMU_FOUND_MMIO : MMU_FOUND_NOTHING;
}

/* A and D of an entry that allows the access are to be set.  Return: false: it changed meanwhile. */
static bool mark(struct x86_mmu *x, unsigned int vcpu, const struct mmu_access *a, struct near_end w, uint64_t sets)
{
	bool logs = (sets & ~w.spte & x->f->dirty) && protects_by_d(x), done;
	uint64_t seen = w.spte;

	if (logs)
		check_begin(&x->mmu, CHECK_TOUCH, a->gfn, 0);
	done = rt_cas(w.sptep, &seen, seen | sets);
	if (done)
		check_hardware(x, w.sptep, seen, seen | sets);
	if (done && logs)
		pml_log(x, vcpu, root_as_id(x->vcpus[vcpu].root), a->gfn);
	if (logs)
		check_end(&x->mmu, done);
	return done;
}

/* The walk ended at a present entry.  Return: whether it allows the access, and it was carried out. */
static __attribute__((noinline)) bool access_present(struct x86_mmu *x, unsigned int vcpu, struct mmu_access *a,
						     struct near_end w)
{
	uint64_t sets = x->f->accessed | (a->access & MMU_W ? x->f->dirty : 0);

	for (;; w = near_walk(x, &x->vcpus[vcpu], a->gfn)) {
		if (!spte_is_present(w.spte) || !spte_permits(x->f, w.spte, a->access)) {
			a->found = found(x, w.spte);
			return false;
		}
		if (!spte_ad_enabled(w.spte) || (w.spte & sets) == sets || mark(x, vcpu, a, w, sets))
			return true;
	}
}

/* The guest's own access: the hardware walks, and sets A and D where it may. */
bool x86_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a)
{
	struct x86_mmu *x = to_x86(mmu);
	struct x86_vcpu *v = &x->vcpus[vcpu];
	bool allowed = false;
	struct near_end w;

	a->found = MMU_FOUND_UNKNOWN;
	if (!v->root || root_invalid(v->root))
		return false;
	/* A running vCPU answers flushes, so tables wait for it: as an RCU section would make them. */
	rt_rcu_read_lock();
	w = near_walk(x, v, a->gfn);
	if (w.spte == x->f->nonpresent)
		a->found = MMU_FOUND_NOTHING;
	else
		allowed = access_present(x, vcpu, a, w);
	rt_rcu_read_unlock();
	return allowed;
}

static __attribute__((noinline)) enum mmu_found look(const struct fault *f)
{
	struct walk w;

	rt_rcu_read_lock();
	w = walk_to(f->x, f->v->root->table, f->x->mmu.config.root_level, f->gfn);
	rt_rcu_read_unlock();
	return found(f->x, w.spte);
}

/* What the hardware reports: as recorded, or as @met (UNKNOWN: found by looking where its walk ends). */
static inline void decode(struct fault *f, uint64_t error_code, enum mmu_found met)
{
	if (error_code) {
		bool ept = f->x->mmu.config.tdp == SPTE_EPT;

		f->present = error_code & (ept ? EPT_WAS_RWX : NPT_P);
		f->reserved = !ept && error_code & NPT_RSVD;
		return;
	}
	if (met == MMU_FOUND_UNKNOWN)
		met = look(f);
	f->present = met == MMU_FOUND_PRESENT;
	f->reserved = met == MMU_FOUND_MMIO;
}

/* The fault has a slot. */
static inline bool covered_by_window(const struct fault *f)
{
	if (likely(!notifier_retry(&f->x->mmu.notifier, f->seq, f->gfn, &f->slot->cfg, 12)) || f->certain)
		return false;
	retries_count(&f->x->mmu, f->seq, f->gfn);
	return true;
}

static __attribute__((noinline)) bool host_has_huge(struct fault *f)
{
	const struct mmu_slot *s = &f->slot->cfg;
	gfn_t first = gfn_round(f->gfn, f->host_level);
	uint64_t nr = SPTE_LEVEL_PAGES(f->host_level);

	if (first < s->base_gfn) {
		nr -= s->base_gfn - first;
		first = s->base_gfn;
	}
	populated_set_level(f->slot->host, f->gfn - s->base_gfn, f->host_level);
	return populated_touch(f->slot->host, f->gfn - s->base_gfn, first - s->base_gfn, nr);
}

/* The host finds (or makes) the page behind the gfn. */
static inline void host_lookup(struct fault *f)
{
	rt_charge(COST_HOST_LOOKUP, 1);
	if (unlikely(f->host_level > 1)) {
		if (!host_has_huge(f))
			rt_charge(f->host_level == 2 ? COST_HOST_ALLOC_2M : COST_HOST_ALLOC_1G, 1);
	} else if (!populated_touch_page(f->slot->host, f->gfn - f->slot->cfg.base_gfn)) {
		rt_charge(COST_HOST_ALLOC_4K, 1);
	}
}

/* The guest's tables lead elsewhere than when the access was recorded; what is there, if the host knows. */
static __attribute__((noinline)) void take_others_facts(struct fault *f)
{
	const struct mmu_host *host = f->x->mmu.config.host;

	if (!host || !host->elsewhere)
		return;
	f->pfn = host->elsewhere(host->arg, rt_self(), f->gfn);
	f->host_level = 1;
}

/* The host's answer; read here and not before, since it is good only after the snapshot. */
static inline void take_facts(struct fault *f, const struct mmu_access *a)
{
	f->pfn = a->pfn;
	f->host_level = a->host_level ? a->host_level : 1;
	if (unlikely(f->gfn != a->gfn))
		take_others_facts(f);
	check_looked_up(&f->x->mmu, f->gfn, f->pfn);
	f->pfn ^= MUTANT(wrong_page);
	f->map_writable = !MUTANT(write_read_only) && !(f->slot->cfg.flags & SLOT_READONLY) &&
			  (a->host_writable || (f->access & MMU_W));
}

/* Snapshot, prechecks and host look-up.  Return: RET_PF_CONTINUE to go on. */
static inline __attribute__((always_inline)) enum ret_pf faultin(struct fault *f, const struct mmu_access *a)
{
	enum fault_precheck precheck = f->x->mmu.policy->fault_precheck;

	rt_pin(RT_PIN_SNAPSHOT);
	f->seq = notifier_snapshot(&f->x->mmu.notifier);
	/* Now that there is a snapshot, a change of the attribute would be noticed. */
	if (unlikely(f->private != attributes_private(&f->x->mmu.attributes, f->gfn)))
		return RET_PF_EXIT;
	if (!f->slot) {
		f->pfn = PFN_NO_SLOT;
		mmio_remember(f);
		return f->x->f->mmio_value ? RET_PF_CONTINUE : RET_PF_EMULATE;
	}
	if (f->slot->invalid) {
		rt_count(&f->x->mmu.counters.retry_slot, 1);
		return RET_PF_RETRY;
	}
	if (precheck != FAULT_PRECHECK_NONE && covered_by_window(f))
		return RET_PF_RETRY;
	if (unlikely(f->private && !(f->slot->cfg.flags & SLOT_GUEST_MEMFD)))
		return RET_PF_EXIT;
	if (unlikely(a->pending && !a->ahead)) {
		rt_charge(COST_HOST_LOOKUP, 1);
		return RET_PF_RETRY;
	}
	host_lookup(f);
	rt_pin(RT_PIN_LOOKED_UP);
	if (unlikely(a->failed))
		return RET_PF_EXIT;
	take_facts(f, a);
	if ((f->access & MMU_W) && (f->slot->cfg.flags & SLOT_READONLY))
		return RET_PF_EMULATE;
	/* Where nobody ran meanwhile the answer is that of before. */
	if (precheck == FAULT_PRECHECK_BOTH && !rt_words_stand() && covered_by_window(f))
		return RET_PF_RETRY;
	return RET_PF_CONTINUE;
}

enum ret_pf fault_faultin(struct fault *f, const struct mmu_access *a)
{
	return faultin(f, a);
}

/* fault.lock; mixed: faults that only change permissions share it. */
static bool fault_lock(struct fault *f)
{
	struct mmu *mmu = &f->x->mmu;
	bool relaxes = f->present && (f->access & MMU_W);

	switch (mmu->policy->fault_lock) {
	case FAULT_LOCK_MIXED:
		if (relaxes)
			return mmu_lock_shared(mmu);
		break;
	case FAULT_LOCK_READ:
		return mmu_lock_shared(mmu);
	case FAULT_LOCK_SPIN:
	case FAULT_LOCK_WRITE:
		break;
	}
	mmu_lock_exclusive(mmu);
	return false;
}

static inline bool is_stale(const struct fault *f)
{
	if (root_invalid(f->v->root)) {
		rt_count(&f->x->mmu.counters.retry_root, 1);
		return true;
	}
	return f->slot && covered_by_window(f);
}

bool fault_is_stale(const struct fault *f)
{
	return is_stale(f);
}

static enum ret_pf fault_locked(struct fault *f)
{
	bool too_early = MUTANT(stale_before_lock), was_stale = too_early && is_stale(f), shared = fault_lock(f);
	enum ret_pf ret = RET_PF_RETRY;

	rt_pin(RT_PIN_LOCKED);
	if (too_early ? !was_stale : !is_stale(f)) {
		rt_pin(RT_PIN_MAP);
		rt_charge(COST_FAULT_LOCKED, 1);
		ret = fault_map(f, shared);
		if (ret == RET_PF_RETRY)
			rt_count(&f->x->mmu.counters.retry_race, 1);
	}
	mmu_unlock(&f->x->mmu, shared);
	return ret;
}

static inline __attribute__((always_inline)) enum ret_pf before_lock(struct fault *f, const struct mmu_access *a,
								     enum mmu_found met)
{
	struct mmu *mmu = &f->x->mmu;
	enum ret_pf ret;

	decode(f, a->error_code, met);
	f->private = a->view ? a->view == MMU_VIEW_PRIVATE : attributes_private(&mmu->attributes, f->gfn);
	if (f->reserved) {
		ret = fault_mmio(f);
		if (ret != RET_PF_INVALID)
			return ret;
	}
	f->slot = memslot_find(memslots_get(&mmu->slots), root_as_id(f->v->root), f->gfn);
	if (fault_can_be_fast(f)) {
		ret = fault_give_back(f);
		if (ret != RET_PF_INVALID)
			return ret;
	}
	return faultin(f, a);
}

enum ret_pf fault_before_lock(struct fault *f, const struct mmu_access *a, enum mmu_found met)
{
	return before_lock(f, a, met);
}

static enum ret_pf handle(struct fault *f, const struct mmu_access *a, enum mmu_found met)
{
	enum ret_pf ret = before_lock(f, a, met);

	return ret == RET_PF_CONTINUE ? fault_locked(f) : ret;
}

enum ret_pf x86_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a)
{
	struct x86_mmu *x = to_x86(mmu);
	struct x86_vcpu *v = &x->vcpus[vcpu];
	struct fault f = fault_of(x, v, a);
	enum mmu_found met = a->found;
	enum ret_pf ret;

	if (unlikely(!v->root || (!mmu->config.guided && root_invalid(v->root)))) {
		x86_vcpu_load(mmu, vcpu);
		met = MMU_FOUND_UNKNOWN;	/* that was in another root */
	}
	rt_charge(COST_FAULT_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	ret = handle(&f, a, met);
	rt_srcu_unlock();
	vcpu_count(v, ret);
	return ret;
}
