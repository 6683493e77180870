/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_SHADOW_H
#define ENGINE_X86_SHADOW_SHADOW_H

/*
 * One VM's x86 MMU without the TDP MMU: tables are shadow pages, found by (gfn, role), and every leaf stands in the
 * rmap of the frame it maps.  It serves guests by gfn (direct pages, config.rmaps), and with config.shadow guests whose
 * own page tables it follows.
 *
 * - All of it changes under mmu_lock held for write.  Without it come the fast fault, lockless aging and the
 *   hardware, to leafs alone.
 * - A shadow page may hang from several entries, or from none: it stays until it is zapped.
 * - What is zapped is unlinked at once, and freed after one flush of all TLBs, which also waits out the walkers without
 *   mmu_lock: sp.h, zap.h.
 * - An entry is named by a number: its table's * 512 + its index.
 */
#include "engine/x86/root.h"
#include "engine/x86/shadow/frames.h"
#include "engine/x86/shadow/gpt.h"
#include "engine/x86/shadow/ptes.h"

#define SHADOW_PREV_ROOTS	3
#define SHADOW_HASH_SHIFT	12	/* KVM_MMU_HASH_SHIFT */
#define SHADOW_MIN_FREE		5	/* KVM_MIN_FREE_MMU_PAGES */
#define SHADOW_REFILL		25	/* KVM_REFILL_PAGES */
#define SHADOW_MIN_PAGES	64	/* KVM_MIN_ALLOC_MMU_PAGES */
#define SHADOW_SLOT_PAGES	50	/* of memory in slots per shadow page (KVM_MEMSLOT_PAGES_TO_MMU_PAGES_RATIO) */

struct sp;
struct shadow_mmu;
struct condemned;

struct shadow_root {
	gfn_t	 pgd;		/* the guest's table; 0 for direct pages */
	uint32_t table;		/* 0: none */
};

struct shadow_vcpu {		/* changed by its own task, or under mmu_lock held for write */
	/* The root as code that both MMUs share sees it; x86_vcpu.root points here, or nowhere. */
	struct root	   face;
	struct shadow_root root;
	struct shadow_root prev[SHADOW_PREV_ROOTS];
	uint32_t	   role;	/* of roots it takes; the level is that of the guest's paging */
	gfn_t		   cr3;		/* the guest's present root table */
	uint32_t	   synced;	/* for checks: the unsync page its last fault found and synced */
	rt_u64		   wants_sync;	/* KVM_REQ_MMU_SYNC */
	rt_u64		   reload;	/* KVM_REQ_MMU_FREE_OBSOLETE_ROOTS; set by others */
};

struct shadow_mmu {
	struct x86_mmu		 x;		/* first member; x.valid_gen is mmu_valid_gen */
	struct sp		*sp;		/* by table number; address space until used */
	struct frames		 frames;
	struct ptes		 ptes;
	struct shadow_vcpu	*vcpus;
	uint32_t		 hash[1u << SHADOW_HASH_SHIFT];	/* the newest page of each bucket */
	uint32_t		 newest, oldest;	/* active_mmu_pages */
	uint64_t		 nr_pages;		/* n_used_mmu_pages */
	uint64_t		 max_pages;		/* n_max_mmu_pages */
	uint64_t		 page_limit;		/* as asked for (KVM_SET_NR_MMU_PAGES), 0: never */
	uint64_t		 indirect;		/* indirect_shadow_pages */
	uint64_t		 translations;		/* pages that have one: memory */
	/* config.shadow: */
	struct gpt		*gpt;			/* the guest's own tables; else NULL */
	enum gpt_width		 width;			/* of their entries */
	uint64_t		 nr_unsync;		/* pages */
};

static inline struct shadow_mmu *to_shadow(struct mmu *mmu)
{
	return (struct shadow_mmu *)mmu;
}

static inline const struct shadow_mmu *to_shadow_const(const struct mmu *mmu)
{
	return (const struct shadow_mmu *)mmu;
}

/* Does the vCPU's guest page, and its tables are shadowed? */
static inline bool is_shadowed(const struct shadow_mmu *sm, unsigned int vcpu)
{
	return sm->gpt && !role_direct(sm->vcpus[vcpu].role);
}

/* --- entries by number ------------------------------------------------------- */

static inline rt_u64 *entry_at(const struct shadow_mmu *sm, uint32_t entry)
{
	return sm->x.mmu.arena.entries + entry;
}

static inline uint32_t entry_of(const struct shadow_mmu *sm, const rt_u64 *sptep)
{
	return (uint32_t)(sptep - sm->x.mmu.arena.entries);
}

static inline uint32_t entry_table(uint32_t entry)
{
	return entry / SPTE_ENTRIES;
}

static inline unsigned int entry_index(uint32_t entry)
{
	return entry % SPTE_ENTRIES;
}

#endif
