/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_MMU_H
#define ENGINE_MMU_H

#include "engine/config/policy.h"
#include "kvm/observe.h"
#include "kvm/spte.h"
#include "kvm/stage2.h"

/*
 * Contract 2: what an engine does.  One struct mmu is one VM.  The calls run
 * inside tasks of engine/rt; all of them may hand over.  What must happen and
 * in which order is the kernel's; which kernel is config.release and policy.
 */
struct mmu;

struct mmu_read {
	gfn_t		table;
	unsigned int	offset;		/* bytes */
	uint64_t	spte;		/* the shadow entry as it is */
	gfn_t		mapped;		/* ... and the frame it maps, or mapped last, */
	unsigned int	access;		/* and what the guest allowed there then: 1 execute, 2 write, 4 user */
};

/* Where observations go; emit is called in the context of the task that acts. */
struct mmu_sink {
	void (*emit)(void *arg, unsigned int task, const struct obs *obs);
	/*
	 * arm64: a call or visit begins of which @obs will be told when it returns, without what it returns.  May be
	 * NULL, no wait.
	 */
	void (*enters)(void *arg, unsigned int task, const struct obs *obs);
	/* A walk of dirty logging is about to look at @gfn; may be NULL, may wait. */
	void (*before)(void *arg, unsigned int task, gfn_t gfn);
	/* arm64: the entry @old over @nr frames from @gfn on was broken, to be made again; may be NULL, no wait. */
	void (*broken)(void *arg, unsigned int task, gfn_t gfn, uint64_t nr, uint64_t old);
	/*
	 * Shadow paging: an entry of the guest's tables is about to be read by other than a guest walk (to prefetch, or
	 * to sync the shadow entry made from it); the listener may mmu_gpte() it first.  May be NULL, no wait.
	 */
	void (*reads)(void *arg, unsigned int task, const struct mmu_read *r);
	void *arg;
};

/* No page: struct mmu_host. */
#define MMU_PFN_NONE	(~0ULL)

/* What the host has behind frames that nobody accesses at the time. */
struct mmu_host {
	/*
	 * KVM maps ahead what is there (shadow pages only): the page behind @gfn, if the host can write it without a
	 * fault of its own, else MMU_PFN_NONE.  In the context of the task that acts; no wait.
	 */
	pfn_t (*page)(void *arg, unsigned int task, gfn_t gfn);
	/*
	 * Shadow paging: the guest's tables lead to another frame than the access was recorded with; the page that
	 * a fault finds behind it, of 4 KiB.  NULL: the access's own.
	 */
	pfn_t (*elsewhere)(void *arg, unsigned int task, gfn_t gfn);
	void *arg;
};

/* What a task did, as the checker heard of it. */
struct mmu_event {
	uint64_t	 t_ns;
	unsigned int	 task;
	const char	*what;
	gfn_t		 gfn;		/* or whatever it is about */
	uint64_t	 value;
	unsigned int	 more;		/* of the same kind that came next and are left out */
};

#define MMU_BREAK_EVENTS 64

/* An invariant that does not hold (config.check). */
struct mmu_break {
	const char	*what;		/* "I-N1: what is wrong": the invariant's name first */
	unsigned int	 vm, task;
	gfn_t		 gfn;
	uint64_t	 value;		/* the entry, the count, ... that is wrong */
	uint64_t	 t_ns;		/* in the run's time */
	const struct mmu_event *events;	/* what led there, oldest first; good during the call */
	unsigned int	 nr_events;
};

/*
 * Who is told; afterwards the run is stopped (rt_stop()).  Where that is not possible the
 * engine goes on as best it can and tells no more.  Without one the program aborts with a line.
 */
struct mmu_judge {
	bool (*broken)(void *arg, const struct mmu_break *b);	/* Return: whether it counts */
	void *arg;
};

struct mmu_config {
	enum kvm_arch		 arch;
	enum kvm_release	 release;
	enum spte_tdp		 tdp;
	unsigned int		 vm;		/* number for rt_kick_all() and obs.vm */
	unsigned int		 nr_vcpus;
	int			 max_level;	/* largest mapping: 1 .. 3 */
	int			 root_level;	/* 4 or 5 */
	bool			 ad;		/* hardware A/D bits */
	bool			 nx_huge_pages;	/* the mitigation is on at first */
	bool			 nx_toggles;	/* somebody may call mmu_nx_toggle() */
	const struct policy	*policy;	/* must outlive the mmu */
	const struct mmu_sink	*sink;		/* NULL: no observations */
	const struct mmu_host	*host;		/* NULL: nothing is mapped ahead */
	bool			 check;		/* invariants, all the time: engine/core/checker.h */
	const struct mmu_judge	*judge;		/* NULL: a broken invariant aborts */
	uint32_t		 root_role;	/* x86 role word of roots; 0: the usual one */
	/* No bit is left to mark MMIO entries by (AMD, maxphyaddr 52), or kvm.mmio_caching is off. */
	bool			 mmio_uncached;
	/*
	 * x86: the TDP MMU is off (kvm.tdp_mmu=N), shadow pages and rmaps serve the guest; @shadow: and there is no
	 * two-dimensional paging (kvm_amd.npt=0, kvm_intel.ept=0), so they follow the guest's own page tables.
	 */
	bool			 rmaps, shadow;
	/* Where a guest is joined in the middle of its life: what had been counted by then. */
	uint64_t		 slot_generation; /* of address space 0's memslots, before the first is made; even */
	bool			 valid_gen;	/* x86: fast zaps were an odd number */
	uint64_t		 page_limit;	/* shadow pages at most; 0: 2 % of the memory in slots, at least 64 */
	bool			 pml;		/* hardware logs the pages it sets D of */
	bool			 dirty_ring;	/* KVM_CAP_DIRTY_LOG_RING: a ring per vCPU, no bitmaps */
	bool			 dirty_manual;	/* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: GET only looks, CLEAR clears */
	bool			 dirty_init_set; /* ... with KVM_DIRTY_LOG_INITIALLY_SET */
	/*
	 * Roots are loaded where a trace says so, by mmu_vcpu_load(), and until then a fault
	 * on a root that went invalid retries.  false: such a fault first takes a new root, as
	 * the guest entry before it would have.
	 */
	bool			 guided;
	/* arm64, where tdp, root_level, ad, nx and what is said to be x86's mean nothing. */
	struct stage2_host	 s2;
	bool			 worker;	/* some task of the run is in mmu_worker() */
};

/* mmu_set_spte(): the new page is writable, so its entry only goes away. */
#define MMU_PFN_WRITABLE	(~0ULL)

#define MMU_R	1u
#define MMU_W	2u
#define MMU_X	4u

/* How the guest takes the page: 0, as its attribute says when the fault begins (software-protected VMs). */
enum mmu_view { MMU_VIEW_ATTRIBUTE, MMU_VIEW_SHARED, MMU_VIEW_PRIVATE };

/* Where the hardware's walk ended that did not allow an access: what a fault is told about it. */
enum mmu_found { MMU_FOUND_UNKNOWN, MMU_FOUND_NOTHING, MMU_FOUND_PRESENT, MMU_FOUND_MMIO };

/*
 * One guest access and what the host knows about its page.  A fault reads pfn, host_level and
 * host_writable when it looks the page up, right after RT_PIN_LOOKED_UP.
 */
struct mmu_access {
	gfn_t		 gfn;
	uint8_t		 access;	/* one of MMU_R, MMU_W, MMU_X, or several */
	uint8_t		 host_level;	/* 1 .. 3: largest mapping the host's page tables allow */
	bool		 host_writable;
	bool		 hugetlb;	/* arm64: of hugetlbfs; permissions of a block are relaxed at its first page */
	pfn_t		 pfn;
	uint64_t	 error_code;	/* as recorded (arm64: ESR, 32 bits); 0 in a replay that has none */
	uint8_t		 found;		/* x86: enum mmu_found, by mmu_touch(); UNKNOWN: the fault looks for itself */
	uint8_t		 view;		/* enum mmu_view */
	/* The host has no page there, or none the guest may so use: user space is told. */
	bool		 failed;
	/*
	 * x86: the host must read the page in: KVM queues that (an asynchronous page fault) and retries.
	 * arm64: the host's mapping was gone when it was asked how large it is, under mmu_lock: RETRY.
	 */
	bool		 pending;
	/* Nobody accesses: the page that was pending has come, and is mapped for when somebody does. */
	bool		 ahead;
	/* For verify: the recorded kernel did map it, so no window keeps this one from it. */
	bool		 certain;
	/* Shadow paging: what the guest accessed; then @gfn is what its tables said when recorded. */
	uint64_t	 gva;
};

enum mmu_age { MMU_AGE_CLEAR, MMU_AGE_CLEAR_FLUSH, MMU_AGE_TEST };

enum mmu_slot_change { MMU_SLOT_CREATE, MMU_SLOT_DELETE, MMU_SLOT_MOVE, MMU_SLOT_FLAGS };

struct mmu_slot {
	uint16_t	id;
	uint8_t		as_id;
	uint32_t	flags;		/* 1: log dirty pages, 2: read-only, 4: private pages from a guest_memfd */
	gfn_t		base_gfn;
	uint64_t	npages;
	hva_t		hva;
};

struct mmu_stats {
	uint64_t pages[4];		/* leafs mapped now, by level 1 .. 3 */
	uint64_t tables, tables_max;	/* table pages now, and at most */
	uint64_t tables_empty;		/* retained without a present child */
	uint64_t ret_pf[RET_PF_NR];
	uint64_t flushes, fast_faults, lost_cas;
	uint64_t age_scanned;		/* leafs that age and test_age looked at */
	uint64_t age_dirtied;		/* host pages marked dirty because aging hid that entries are writable */
	uint64_t zap_visited;		/* entries looked at by zaps, those of removed tables included */
	uint64_t zap_nonpresent;	/* entries zapped that were not present (zap.nonpresent = process) */
	uint64_t zap_ns;		/* from the begin of each zap to its end, yields included */
	uint64_t zap_stretch_ns;	/* longest of any zap without a point to yield */
	uint64_t tables_made;		/* by faults */
	uint64_t nx_splits;		/* tables that only the NX mitigation keeps from being a huge page, now */
	uint64_t nx_logged;		/* of them those that NX recovery would pass over: their slot is logged */
	uint64_t nx_recovered;		/* such tables that mmu_nx_recover() took away */
	uint64_t bytes;			/* arena, metadata included */

	/* arm64: entries broken to be made again, as other vCPUs feel it; what becomes of tables. */
	uint64_t broken, broken_ns, broken_max_ns, broken_faults, broken_stall_ns;
	uint64_t coalesced;		/* blocks that took the place of a table */
	uint64_t coalesce_ns, coalesce_max_ns;	/* what that took of the faults that did it */
	uint64_t tables_freed, tables_freed_late;	/* the second: of them after a grace period */
	uint64_t unlinked_max;		/* tables that waited for one, at most */

	/* x86 without the TDP MMU: shadow pages; engine/core/stats.def. */
	uint64_t shadow_zapped, shadow_recycled, shadow_flooded, rmap_recycled, pt_writes;
	uint64_t unsynced, unsync_max, synced;
	uint64_t syncs, sync_ns, sync_stretch_ns;

	/* Attempts that ended in RETRY, by cause: engine/core/stats.def. */
	uint64_t retry_open, retry_hull, retry_ended, retry_seq, retry_slot, retry_root, retry_race;
	uint64_t retry_sync, retry_gpte;
	uint64_t memslot_wait_ns, memslot_wait_max_ns;	/* updates waited for open invalidations */
	uint64_t windows_max;		/* invalidations open at once */
	uint64_t windows_busy_max_ns;	/* longest time without a moment at which none was open */
	uint64_t hull_max_pages, hull_open_pages;	/* the widest hull, and the open ranges below it */
	uint64_t windows_left;		/* begun and not ended, though none is open: an imbalance */
};

/* Memory that was mapped before the run began. */
struct mmu_prefill {
	gfn_t		gfn;
	uint64_t	npages;
	pfn_t		pfn;		/* of the first page; the others follow */
	uint8_t		level;		/* 1 .. 3: by pages of this size */
	uint8_t		as_id;
};

/* Return: 0, or -ENOMEM / -EINVAL. */
int mmu_create(const struct mmu_config *config, struct mmu **out);
void mmu_destroy(struct mmu *mmu);	/* outside any task; NULL is fine */

/* A vCPU takes (load) or gives back (unload) a root.  Loading over a root that is still valid does nothing. */
void mmu_vcpu_load(struct mmu *mmu, unsigned int vcpu);
void mmu_vcpu_unload(struct mmu *mmu, unsigned int vcpu);
/* x86: it has none, or a void one: what it does next is take another. */
bool mmu_wants_root(const struct mmu *mmu, unsigned int vcpu);
/* x86: enters or leaves system management mode, whose memory is address space 1: the vCPU gives back its root. */
void mmu_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm);

/*
 * The guest touches a page: true when the translation allows it, in which case
 * the hardware sets A (and D for a write) as it would; otherwise a->found says
 * what the walk met.  No lock, no cost.
 */
bool mmu_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a);
/*
 * Somebody will come to @gfn soon (@vcpu's guest, or -1: the host): what maps it should be near in this machine's
 * memory by then.  Nothing in the model notices.
 */
void mmu_expect(const struct mmu *mmu, int vcpu, gfn_t gfn);
/* One fault attempt: everything between exit and entry but exit and entry.  a->found is the exit's, if known. */
enum ret_pf mmu_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);

void mmu_invalidate_start(struct mmu *mmu, hva_t start, hva_t end, bool may_block);
void mmu_invalidate_end(struct mmu *mmu, hva_t start, hva_t end);
/* Return: young: some entry of the range had A set (or was not access-tracked). */
bool mmu_age(struct mmu *mmu, hva_t start, hva_t end, enum mmu_age how);
/* 6.1 only: the host page behind @hva is now @pfn, read-only. */
void mmu_set_spte(struct mmu *mmu, hva_t hva, pfn_t pfn);

/*
 * KVM_SET_USER_MEMORY_REGION.  Return: 0, -EEXIST, -ENOENT or -EINVAL.
 * A change of flags starts or stops dirty logging, with all it does to what is mapped.
 */
int mmu_memslot(struct mmu *mmu, enum mmu_slot_change change, const struct mmu_slot *slot);
/*
 * Maps a range as if the guest had written to all of it before: nothing is observed, nothing
 * charged but the lock; entries that are there already stay.  However large, it takes little
 * memory (engine/core/uniform.h).
 * Return: 0, -ENOENT when not one slot has all of it, -EINVAL when range, pfn or slot
 * are not aligned to the level.
 */
int mmu_prefill(struct mmu *mmu, const struct mmu_prefill *p);
/*
 * KVM_SET_MEMORY_ATTRIBUTES, and a hole punched into the guest_memfd behind these gfns; since 6.8.
 * Return: 0, or -EINVAL for an empty range or a release that has no such thing.
 */
int mmu_mem_attributes(struct mmu *mmu, gfn_t start, gfn_t end, bool private);
int mmu_punch_hole(struct mmu *mmu, gfn_t start, gfn_t end);
/*
 * kvm_zap_gfn_range(), which KVM calls for itself (memory types, APICv): what maps these gfns goes, in every address
 * space.  Begun and ended under one mmu_lock but for yields; a fault meanwhile retries by fault.retry_key, under
 * hull-hva whatever its page.  Return: 0, or -EINVAL for an empty range.
 */
int mmu_zap_gfn_range(struct mmu *mmu, gfn_t start, gfn_t end);

/*
 * Dirty logging; slots_lock is held over each call.  All return how many pages (ring entries) were
 * given to user space or cleared, or -ENOENT: no such slot, or it has no such log.
 *
 * KVM_GET_DIRTY_LOG.  Without config.dirty_manual the whole log is taken, the pages are protected again and
 * the TLBs flushed; with it the log is only copied.
 */
int64_t mmu_dirty_get(struct mmu *mmu, unsigned int as_id, uint16_t slot);
/*
 * KVM_CLEAR_DIRTY_LOG of @npages pages of a slot, from @gfn on; what of them user space asks for is
 * what the last GET gave it.  -EINVAL: not whole words of 64 pages.
 */
int64_t mmu_dirty_clear(struct mmu *mmu, unsigned int as_id, uint16_t slot, gfn_t gfn, uint64_t npages);
/*
 * KVM_RESET_DIRTY_RINGS, its part for one vCPU: the oldest @most entries.  @last: the call ends here, and
 * flushes if it reset any entry.
 */
int64_t mmu_dirty_reset(struct mmu *mmu, unsigned int vcpu, uint64_t most, bool last);
/* One word whose call is not recorded: pages of @mask from @gfn on.  Return: 0 or -ENOENT. */
int mmu_dirty_mask(struct mmu *mmu, gfn_t gfn, uint64_t mask, bool flush);
/* mm release: every root, exclusively. */
void mmu_zap_all(struct mmu *mmu);
/*
 * One round of the worker that takes back what the NX mitigation cost: of the tables that keep a huge page
 * away, the oldest go, one in @ratio of them, rounded up (kvm.nx_huge_pages_recovery_ratio; 0: none).
 * mmu_lock is held as nx.lock says.  Return: how many tables went.
 */
uint64_t mmu_nx_recover(struct mmu *mmu, unsigned int ratio);
/*
 * For verify: a round of which it is known that it took nothing away, since it left no record.  Of those that are
 * its turn it passes over tables of logged slots, up to the first that is of none.
 */
void mmu_nx_pass_over(struct mmu *mmu, unsigned int ratio);
/*
 * The administrator turns the NX mitigation on, or off where it is on (kvm.nx_huge_pages): faults under way may
 * still do as they would have, and then every root goes as by a memslot's delete.  Needs config.nx_toggles.
 */
void mmu_nx_toggle(struct mmu *mmu);
/* Is it on? */
bool mmu_nx_is_on(const struct mmu *mmu);
/* VM teardown: invalidate and zap all roots. */
void mmu_teardown(struct mmu *mmu);

/*
 * The VM's kernel worker, a host task of its own: does what zap.fast_worker = async leaves to
 * it, until told to stop.  Without one (config.worker) the caller does that work itself.
 */
void mmu_worker(struct mmu *mmu);
void mmu_worker_stop(struct mmu *mmu);

/*
 * --- x86, shadow paging (config.shadow): the guest's own tables; nothing happens elsewhere ---
 * The engine keeps the guest's page tables as far as they were told, and walks them like KVM: entries that nobody told
 * are not present.
 *
 * The guest's entry at byte @offset of table @table is @value from now on; nobody notices: no lock, no cost.
 */
void mmu_gpte(struct mmu *mmu, gfn_t table, unsigned int offset, uint64_t value);
/*
 * The guest writes @value there: true when it is there already, or some mapping lets it, and then it is done.
 * Otherwise the write faults (mmu_fault()), and unless that makes a mapping writable KVM emulates it
 * (mmu_pt_write()).
 */
bool mmu_guest_writes(struct mmu *mmu, unsigned int vcpu, gfn_t table, unsigned int offset, uint64_t value);
/*
 * kvm_mmu_track_write(): KVM emulated a write of @bytes (1 .. 8) at @offset of frame @gfn; the guest's memory changes
 * with it.
 */
void mmu_pt_write(struct mmu *mmu, unsigned int vcpu, gfn_t gfn, unsigned int offset, uint64_t value,
		  unsigned int bytes);
/*
 * The guest loads CR3 (kvm_mmu_new_pgd()): one of its roots that is at hand, or mmu_vcpu_load() must follow.
 * Syncing is mmu_sync_roots(), where the load flushes.  Return: a root is at hand.
 */
bool mmu_cr3(struct mmu *mmu, unsigned int vcpu, gfn_t root);
void mmu_sync_roots(struct mmu *mmu, unsigned int vcpu);
/* KVM_REQ_MMU_SYNC is raised for the vCPU, and mmu_sync_roots() must come before it enters the guest. */
bool mmu_wants_sync(const struct mmu *mmu, unsigned int vcpu);
void mmu_invlpg(struct mmu *mmu, unsigned int vcpu, uint64_t gva);
/* KVM_SET_NR_MMU_PAGES, also without config.shadow. */
void mmu_page_limit(struct mmu *mmu, uint64_t pages);
/* The role word that roots taken from now on have (its level is that of the guest's paging); 0: config.root_role. */
void mmu_vcpu_role(struct mmu *mmu, unsigned int vcpu, uint32_t role);

/* --- for the oracle, verify and tests; never from inside an operation ------------- */

/*
 * The entry a walk for @gfn ends at, in the newest valid root of @as_id: *@level, value; level 0: there is no root.
 * arm64: levels are size classes here, too; there is no root when the tables are gone.
 */
uint64_t mmu_peek(const struct mmu *mmu, gfn_t gfn, unsigned int as_id, int *level);
/*
 * Make the entry of @gfn at @level what a trace says it became: an SPTE of the trace's own
 * format; a table entry links a (new, empty) table when there is none and keeps the one there is.
 */
void mmu_repair(struct mmu *mmu, gfn_t gfn, int level, unsigned int as_id, uint64_t spte);
/*
 * The same without the TDP MMU (config.rmaps), where several entries may map a frame: the first one in the rmap of @gfn
 * at @level that is @old but for A and D becomes @new, or goes where that is not present (then mmu_lock is taken).
 * Return: false: there is none.
 */
bool mmu_repair_rmap(struct mmu *mmu, gfn_t gfn, int level, uint64_t old, uint64_t new);
/* ... and some entry that maps @gfn has A. */
void mmu_repair_young(struct mmu *mmu, gfn_t gfn);
/* Pages of @mask from @gfn on are @dirty, or not, in their slot's bitmap. */
void mmu_repair_dirty(struct mmu *mmu, gfn_t gfn, uint64_t mask, bool dirty);
void mmu_stats(const struct mmu *mmu, struct mmu_stats *out);
/* Walks every structure; what is broken goes to the judge. */
void mmu_check(const struct mmu *mmu);

#endif
