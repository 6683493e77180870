/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_MMU_COMMON_H
#define ENGINE_CORE_MMU_COMMON_H

/*
 * The head of every engine's MMU, and the table through which engine/mmu.h
 * reaches it.  What virt/kvm does for all architectures (notifiers, memory
 * slots) is done here; an engine fills struct mmu_ops with what arch code does.
 */
#include "engine/core/arena.h"
#include "engine/core/attributes.h"
#include "engine/core/dirty_ring.h"
#include "engine/core/memslots.h"
#include "engine/core/notifier.h"
#include "engine/core/worker.h"
#include "engine/mmu.h"
#include "engine/rt/rt.h"

struct mmu_counters {
#define MMU_COUNTER(name, what) uint64_t name;
#include "engine/core/stats.def"
#undef MMU_COUNTER
};

struct mmu {
	const struct mmu_ops	*ops;
	struct mmu_config	 config;
	const struct policy	*policy;
	unsigned int		 page_shift;	/* of the host's pages; gfns count these */
	struct rt_rwlock	 lock;		/* mmu_lock */
	struct memslots		 slots;
	struct notifier		 notifier;
	struct arena		 arena;
	struct mmu_counters	 counters;
	struct attributes	 attributes;
	struct mutex		 gmem_lock;	/* the guest_memfd's: one hole at a time */
	struct worker		 worker;	/* used where config.worker */
	struct dirty_ring	*rings;		/* by vCPU; NULL: dirty pages are logged in bitmaps */
	uint64_t		 rings_reset;	/* entries, by the call at hand; slots_lock */
	struct checker		*checker;	/* config.check only: core/checker.h */
};

/* Shadow paging: engine/mmu.h has the meaning. */
struct mmu_guest_ops {
	void (*gpte)(struct mmu *mmu, gfn_t table, unsigned int offset, uint64_t value);
	bool (*writes)(struct mmu *mmu, unsigned int vcpu, gfn_t table, unsigned int offset, uint64_t value);
	void (*pt_write)(struct mmu *mmu, unsigned int vcpu, gfn_t gfn, unsigned int offset, uint64_t value,
			 unsigned int bytes);
	bool (*cr3)(struct mmu *mmu, unsigned int vcpu, gfn_t root);
	void (*sync_roots)(struct mmu *mmu, unsigned int vcpu);
	bool (*wants_sync)(const struct mmu *mmu, unsigned int vcpu);
	void (*invlpg)(struct mmu *mmu, unsigned int vcpu, uint64_t gva);
	void (*role)(struct mmu *mmu, unsigned int vcpu, uint32_t role);
};

struct mmu_ops {
	void (*destroy)(struct mmu *mmu);
	void (*vcpu_load)(struct mmu *mmu, unsigned int vcpu);
	void (*vcpu_unload)(struct mmu *mmu, unsigned int vcpu);
	void (*vcpu_smm)(struct mmu *mmu, unsigned int vcpu, bool smm);
	bool (*wants_root)(const struct mmu *mmu, unsigned int vcpu);	/* NULL: a vCPU's root never goes */
	bool (*touch)(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a);
	/* NULL: nothing to do beforehand.  At any time. */
	void (*expect)(const struct mmu *mmu, int vcpu, gfn_t gfn);
	enum ret_pf (*fault)(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);
	/* mmu_lock held for write; yields when it @may_block.  Return: a flush is owed. */
	bool (*unmap)(struct mmu *mmu, const struct memslot_span *span, bool may_block);
	/* The leafs of a range in every address space; mmu_lock held for write, yields.  Return: a flush is owed. */
	bool (*zap_gfns)(struct mmu *mmu, gfn_t start, gfn_t end);
	/* mmu_lock as age.lock says.  Return: something was young. */
	bool (*age)(struct mmu *mmu, const struct memslot_span *span, enum mmu_age how);
	/* mmu_lock held for write.  Return: a flush is owed. */
	bool (*set_spte)(struct mmu *mmu, const struct memslot_span *span, pfn_t pfn);
	/* The slot is INVALID and no fault uses it any more: drop what maps it. */
	void (*flush_slot)(struct mmu *mmu, const struct memslot *slot);
	/* A slot is logged from now on (@slot is published), or no longer. */
	void (*log_start)(struct mmu *mmu, const struct memslot *slot);
	void (*log_stop)(struct mmu *mmu, const struct memslot *slot);
	/*
	 * Pages of @mask from @gfn on: the next write is noticed again.  mmu_lock held for write;
	 * may drop it meanwhile.  A flush is owed.
	 */
	void (*log_dirty)(struct mmu *mmu, const struct memslot *slot, gfn_t gfn, uint64_t mask);
	/* For checks: an entry with which a page can be written unnoticed. */
	bool (*writes_unnoticed)(const struct mmu *mmu, uint64_t spte);
	/* What the hardware has logged goes into the log. */
	void (*sync_dirty)(struct mmu *mmu);
	/* MMIO entries of older generations are void; @wrapped: the generation's low bits start again. */
	void (*slots_updated)(struct mmu *mmu, bool wrapped);
	/* mmu_lock held for write; the range is sound. */
	void (*prefill)(struct mmu *mmu, const struct memslot *slot, const struct mmu_prefill *p);
	void (*zap_all)(struct mmu *mmu);
	/* NULL: no such thing on this architecture. */
	uint64_t (*nx_recover)(struct mmu *mmu, unsigned int ratio);
	void (*nx_pass_over)(struct mmu *mmu, unsigned int ratio);
	void (*nx_toggle)(struct mmu *mmu);
	bool (*nx_is_on)(const struct mmu *mmu);
	/*
	 * The TLBs of the VM forget [@gfn, @gfn + @nr), @nr 0: everything.  NULL: each vCPU must be
	 * interrupted to do that.
	 */
	void (*flush)(struct mmu *mmu, gfn_t gfn, uint64_t nr);
	/* One round of the kernel worker: what others have left to it; NULL: nobody leaves it anything. */
	void (*work)(struct mmu *mmu);
	void (*teardown)(struct mmu *mmu);
	uint64_t (*peek)(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level);
	void (*repair)(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte);
	void (*stats)(const struct mmu *mmu, struct mmu_stats *out);
	void (*check)(const struct mmu *mmu);
	const struct mmu_guest_ops *guest;	/* NULL: the guest's page tables are its own affair */
	void (*page_limit)(struct mmu *mmu, uint64_t pages);	/* NULL: tables have no limit */
	void (*repair_young)(struct mmu *mmu, gfn_t gfn);	/* NULL: no rmaps */
	/* What the entry of a table maps, if it is no table entry; NULL: by its place. */
	gfn_t (*entry_gfn)(const struct mmu *mmu, uint32_t table, unsigned int index);
	bool (*repair_rmap)(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new);	/* NULL: no rmaps */
	/* The first gfn of [@start, @end) that any (valid) root of @as_id maps, or UINT64_MAX; never hands over. */
	gfn_t (*find_mapped)(const struct mmu *mmu, unsigned int as_id, gfn_t start, gfn_t end, bool only_valid);
};

/* Each engine's constructor: mmu.c of its folder. */
int x86_mmu_create(const struct mmu_config *config, struct mmu **out);
int shadow_mmu_create(const struct mmu_config *config, struct mmu **out);	/* x86, config.rmaps */
int arm64_mmu_create(const struct mmu_config *config, struct mmu **out);

/* Return: 0 or -ENOMEM.  The head of a zeroed engine; config was validated. */
int mmu_init(struct mmu *mmu, const struct mmu_ops *ops, const struct mmu_config *config);
void mmu_fini(struct mmu *mmu);

/*
 * mmu_lock for an operation that can share it.  Under fault.lock = spin there
 * is one spinlock: everybody is exclusive, first come first served.
 * Return: whether it is shared; hand that back to mmu_unlock().
 */
static inline bool mmu_lock_shared(struct mmu *mmu)
{
	rt_pin(RT_PIN_LOCK);
	if (unlikely(mmu->policy->fault_lock == FAULT_LOCK_SPIN)) {
		rt_write_lock(&mmu->lock);
		return false;
	}
	rt_read_lock(&mmu->lock);
	return true;
}

static inline void mmu_lock_exclusive(struct mmu *mmu)
{
	rt_pin(RT_PIN_LOCK);
	rt_write_lock(&mmu->lock);
}

/* core/checker.h: mmu_lock is about to be dropped. */
void checker_unlock(struct mmu *mmu);

static inline void mmu_unlock(struct mmu *mmu, bool shared)
{
	if (unlikely(mmu->checker != NULL))
		checker_unlock(mmu);
	if (shared)
		rt_read_unlock(&mmu->lock);
	else
		rt_write_unlock(&mmu->lock);
}

/* Host pages that an entry of @level covers; 1 is that of single pages, on every architecture. */
static inline uint64_t mmu_level_pages(const struct mmu *mmu, int level)
{
	return 1ULL << (mmu->arena.shift * (level - 1));
}

/*
 * An invariant is broken: config.judge hears of the first one, and the run stops.  Returns
 * where it cannot be stopped: outside a run, and under threads.
 */
void mmu_broken(const struct mmu *mmu, const char *what, gfn_t gfn, uint64_t value) __attribute__((cold));
/* The same with the whole story.  Return, where it does: whether it counts. */
bool mmu_tell(const struct mmu *mmu, const struct mmu_break *b) __attribute__((cold));

#endif
