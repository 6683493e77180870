/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stage-2 abort: KVM mmu.c, kvm_handle_guest_abort() and user_mem_abort(). */
#include "engine/arm64/fault.h"

#include <errno.h>

#include "engine/arm64/attr.h"
#include "engine/arm64/map.h"
#include "engine/arm64/syndrome.h"
#include "engine/arm64/watched.h"
#include "engine/core/dirty.h"
#include "engine/core/mutant.h"
#include "engine/core/retries.h"

struct fault {
	struct arm64_mmu	*x;
	struct arm64_vcpu	*v;
	unsigned int		 vcpu;
	const struct memslot	*slot;
	struct syndrome		 s;
	gfn_t			 gfn;		/* of the access */
	pfn_t			 pfn;		/* of the access */
	uint64_t		 seq;		/* snapshot of mmu_invalidate_seq */
	unsigned int		 host_class;	/* 1 .. 3: how large the host's page is */
	bool			 logging, writable;
	bool			 hugetlb;	/* known to be in a mapping of hugetlbfs */
};

/* The guest's own access: the hardware walks, and sets the access flag where it can. */
bool arm64_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a)
{
	struct arm64_mmu *x = to_arm64(mmu);
	struct visit v;

	(void)vcpu;
	if (a->gfn >= gfn_limit(x))
		return false;
	for (;;) {
		/* The walk is one instant: a TLB invalidation waits for those that are under way. */
		if (!rt_peek(&x->alive))
			return false;
		v = peek_walk(x, a->gfn);
		if (!(v.old & STAGE2_VALID) ||
		    !stage2_permits(v.old, a->access & MMU_R, a->access & MMU_W, a->access & MMU_X))
			return false;
		if (v.old & STAGE2_AF)
			return true;
		if (!x->s2.hw_af)
			return false;
		if (rt_cas(v.ptep, &v.old, v.old | STAGE2_AF))
			break;
	}
	check_hardware(x, v.ptep, v.old, v.old | STAGE2_AF);
	return true;
}

/* --- the host's page ---------------------------------------------------------------- */

/* May a block of @level around the gfn be mapped, as far as borders and alignment of its slot go? */
static bool slot_fits(const struct fault *f, int level)
{
	const struct mmu_slot *s = &f->slot->cfg;
	uint64_t inside = level_pages(f->x, level) - 1;
	gfn_t first = f->gfn & ~inside;

	if (((s->hva >> f->x->s2.page_shift) ^ s->base_gfn) & inside)
		return false;
	return first >= s->base_gfn && first + inside < s->base_gfn + s->npages;
}

static __attribute__((noinline)) bool host_has_huge(const struct fault *f)
{
	uint64_t nr = mmu_level_pages(&f->x->mmu, (int)f->host_class), at = f->gfn - f->slot->cfg.base_gfn;
	uint64_t before = (f->gfn & (nr - 1)) < at ? f->gfn & (nr - 1) : at;

	return populated_touch(f->slot->host, at, at - before, nr - (f->gfn & (nr - 1)) + before);
}

static inline void host_lookup(const struct fault *f)
{
	rt_charge(COST_HOST_LOOKUP, 1);
	if (unlikely(f->host_class > 1)) {
		if (!host_has_huge(f))
			rt_charge(f->host_class == 2 ? COST_HOST_ALLOC_2M : COST_HOST_ALLOC_1G, 1);
	} else if (!populated_touch_page(f->slot->host, f->gfn - f->slot->cfg.base_gfn)) {
		rt_charge(COST_HOST_ALLOC_4K, 1);
	}
}

static unsigned int host_class(const struct arm64_mmu *x, const struct mmu_access *a)
{
	unsigned int most = (unsigned int)stage2_size_class(stage2_min_block_level(x->s2.page_shift));

	if (!a->host_level)
		return 1;
	return a->host_level < most ? a->host_level : most;
}

/* The host's answer; read here and not before, since it is good only after the snapshot. */
static void take_facts(struct fault *f, const struct mmu_access *a)
{
	check_looked_up(&f->x->mmu, f->gfn, a->pfn);
	f->pfn = a->pfn ^ MUTANT(wrong_page);
	f->host_class = host_class(f->x, a);
	/* Nothing else has pages of 1 GiB. */
	f->hugetlb = a->hugetlb || f->host_class == 3;
	f->writable = !MUTANT(write_read_only) && !(f->slot->cfg.flags & SLOT_READONLY) &&
		      (a->host_writable || f->s.write);
	/* So that the first write is noticed. */
	if (f->logging && !f->s.write)
		f->writable = false;
}

/* --- under mmu_lock ------------------------------------------------------------------- */

/* A block of @level fits, and the host's page behind it is as large. */
static bool block_fits(const struct fault *f, int level)
{
	if ((int)f->host_class < stage2_size_class(level) || f->x->mmu.config.max_level < stage2_size_class(level))
		return false;
	return slot_fits(f, level) && !((f->gfn ^ f->pfn) & (level_pages(f->x, level) - 1));
}

/* How far a block goes: transparent_hugepage_adjust(), or the size of a hugetlb mapping. */
static int map_level(const struct fault *f)
{
	if (f->logging)
		return STAGE2_LAST_LEVEL;
	/* Only hugetlbfs has pages of that size, and says so before anything else is asked. */
	if (f->host_class == 3 && block_fits(f, 1))
		return 1;
	if (f->s.kind == ABORT_PERMISSION && f->s.level < STAGE2_LAST_LEVEL)
		return f->s.level;
	return block_fits(f, 2) ? 2 : STAGE2_LAST_LEVEL;
}

static unsigned int prot_of(const struct fault *f)
{
	return STAGE2_PROT_R | (f->writable ? STAGE2_PROT_W : 0) |
	       (f->s.exec || f->x->s2.dic ? STAGE2_PROT_X : 0);
}

/* fault.lock; whoever maps without locking entries needs it for write. */
static bool lock(const struct fault *f)
{
	struct mmu *mmu = &f->x->mmu;
	/* It will not map. */
	bool relaxes = f->logging && f->s.write && f->s.kind == ABORT_PERMISSION && f->s.level == STAGE2_LAST_LEVEL;

	switch (mmu->policy->fault_lock) {
	case FAULT_LOCK_MIXED:
	case FAULT_LOCK_READ:
		if (relaxes || (f->x->locks && mmu->policy->fault_lock == FAULT_LOCK_READ))
			return mmu_lock_shared(mmu);
		break;
	case FAULT_LOCK_SPIN:
	case FAULT_LOCK_WRITE:
		break;
	}
	mmu_lock_exclusive(mmu);
	return false;
}

static unsigned int walk_flags(const struct fault *f, bool shared)
{
	return WALK_HANDLE_FAULT | (shared && f->x->locks ? WALK_SHARED : 0);
}

static enum ret_pf map_or_relax(struct fault *f, bool shared)
{
	int level = map_level(f), ret;
	gfn_t first = level_round(f->x, f->gfn, level);
	struct map m = {
		.w = { .x = f->x, .flags = walk_flags(f, shared), .start = first,
		       .end = first + level_pages(f->x, level) },
		.pfn = f->pfn - (f->gfn - first), .prot = prot_of(f), .cached = &f->v->cached,
		.window = &f->v->window, .fault = true, .gfn = f->gfn, .write = f->s.write,
	};

	if (f->s.kind == ABORT_PERMISSION && level == f->s.level) {
		ret = relax(f->x, f->hugetlb ? first : f->gfn, m.prot, m.w.flags);
		return ret ? RET_PF_LOST : RET_PF_RELAXED;
	}
	ret = map_range(&m);
	return ret ? RET_PF_LOST : RET_PF_FIXED;
}

static inline bool stale(const struct fault *f)
{
	return unlikely(notifier_retry(&f->x->mmu.notifier, f->seq, f->gfn, &f->slot->cfg, f->x->s2.page_shift));
}

static enum ret_pf locked(struct fault *f, const struct mmu_access *a)
{
	struct mmu *mmu = &f->x->mmu;
	bool too_early = MUTANT(stale_before_lock), was_stale = too_early && stale(f), shared = lock(f);
	bool late = release_is(f->x, KVM_6_12), served;
	enum ret_pf ret = RET_PF_RETRY;

	rt_pin(RT_PIN_LOCKED);
	if (too_early ? was_stale : stale(f)) {
		retries_count(mmu, f->seq, f->gfn);
	} else if (unlikely(a->pending)) {
		rt_count(&mmu->counters.retry_race, 1);	/* the host has just taken the page away */
	} else {
		rt_pin(RT_PIN_MAP);
		rt_charge(COST_FAULT_LOCKED, 1);
		ret = map_or_relax(f, shared);
		if (ret == RET_PF_LOST)
			rt_count(&mmu->counters.retry_race, 1);
	}
	served = (ret == RET_PF_FIXED || ret == RET_PF_RELAXED) && f->writable;
	if (served && !late)
		dirty_mark(mmu, f->vcpu, f->slot, f->gfn);
	mmu_unlock(mmu, shared);
	if (served && late && !MUTANT(dirty_no_mark))
		dirty_mark(mmu, f->vcpu, f->slot, f->gfn);
	return ret;
}

/* --- the way there ----------------------------------------------------------------------- */

static void top_up(struct fault *f)
{
	/* A level less than a walk has: the first is there. */
	uint32_t least = (uint32_t)(STAGE2_LAST_LEVEL - f->x->s2.start_level);

	if (f->v->cached >= least)
		return;
	rt_charge(COST_TABLE_ALLOC, CACHE_CAPACITY - f->v->cached);
	f->v->cached = CACHE_CAPACITY;
}

static enum ret_pf user_mem_abort(struct fault *f, const struct mmu_access *a)
{
	struct mmu *mmu = &f->x->mmu;
	enum fault_precheck precheck = mmu->policy->fault_precheck;

	f->logging = (f->slot->cfg.flags & (SLOT_LOG_DIRTY | SLOT_READONLY)) == SLOT_LOG_DIRTY;
	if (f->s.kind != ABORT_PERMISSION || (f->logging && f->s.write))
		top_up(f);
	rt_pin(RT_PIN_SNAPSHOT);
	f->seq = notifier_snapshot(&mmu->notifier);
	if (precheck != FAULT_PRECHECK_NONE && stale(f)) {
		retries_count(mmu, f->seq, f->gfn);
		return RET_PF_RETRY;
	}
	host_lookup(f);
	rt_pin(RT_PIN_LOOKED_UP);
	if (unlikely(a->failed))
		return RET_PF_EXIT;
	take_facts(f, a);
	/* Where nobody ran meanwhile the answer is that of before. */
	if (precheck == FAULT_PRECHECK_BOTH && !rt_words_stand() && stale(f)) {
		retries_count(mmu, f->seq, f->gfn);
		return RET_PF_RETRY;
	}
	return locked(f, a);
}

/* The entry is there and permits the access, but is old: access_fault.lock. */
static enum ret_pf access_fault(struct fault *f)
{
	struct mmu *mmu = &f->x->mmu;
	bool shared = false;

	if (mmu->policy->access_fault_lock == ACCESS_FAULT_LOCK_READ)
		shared = mmu_lock_shared(mmu);
	else
		mmu_lock_exclusive(mmu);
	rt_pin(RT_PIN_LOCKED);
	make_young(f->x, f->gfn, walk_flags(f, shared));
	mmu_unlock(mmu, shared);
	return RET_PF_YOUNG;
}

static enum ret_pf handle(struct fault *f, const struct mmu_access *a)
{
	struct mmu *mmu = &f->x->mmu;

	if (f->gfn >= gfn_limit(f->x) || !rt_peek(&f->x->alive))
		return RET_PF_EXIT;
	f->s = syndrome_of(f->x, a);
	f->slot = memslot_find(memslots_get(&mmu->slots), 0, f->gfn);
	/* A slot that is going away is no memory. */
	if (!f->slot || f->slot->invalid || (f->s.write && (f->slot->cfg.flags & SLOT_READONLY)))
		return RET_PF_EMULATE;
	return f->s.kind == ABORT_ACCESS ? access_fault(f) : user_mem_abort(f, a);
}

enum ret_pf arm64_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a)
{
	struct arm64_mmu *x = to_arm64(mmu);
	struct fault f = {
		.x = x, .v = &x->vcpus[vcpu], .vcpu = vcpu, .gfn = a->gfn,
		.host_class = host_class(x, a),		/* for the cost of the look-up */
	};
	bool in_window = window_meets(x, a->gfn);
	uint64_t began = in_window ? rt_now_ns() : 0;
	enum ret_pf ret;

	rt_charge(COST_FAULT_FIXED, 1);
	rt_srcu_lock(mmu->config.vm);
	ret = handle(&f, a);
	rt_srcu_unlock();
	f.v->ret_pf[ret]++;
	if (in_window) {
		rt_count(&mmu->counters.broken_faults, 1);
		rt_count(&mmu->counters.broken_stall_ns, rt_now_ns() - began);
	}
	return ret;
}
