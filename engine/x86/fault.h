/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_FAULT_H
#define ENGINE_X86_FAULT_H

/* One page fault on its way through the engine: fault.c before the lock, map.c under it. */
#include "engine/x86/x86.h"

struct fault {
	struct x86_mmu		*x;
	struct x86_vcpu		*v;
	const struct memslot	*slot;		/* as looked up first; NULL: MMIO */
	gfn_t			 gfn;
	/* What the vCPU remembers MMIO by: the gfn, or the page of its virtual address. */
	gfn_t			 mmio_page;
	pfn_t			 pfn;
	uint64_t		 seq;		/* snapshot of mmu_invalidate_seq */
	uint8_t			 access;	/* MMU_* */
	bool			 present;	/* the hardware found a present translation */
	bool			 reserved;	/* ... or an MMIO entry */
	bool			 map_writable;
	bool			 private;	/* how the guest took it */
	bool			 ahead;		/* the access is yet to come: mapped as not accessed */
	bool			 certain;	/* no window matters */
	bool			 nx;		/* the NX mitigation was on when it began */
	bool			 nx_disallowed;	/* an execute fault under the NX mitigation: no huge page */
	uint8_t			 host_level, req_level, goal_level;
};

static inline struct fault fault_of(struct x86_mmu *x, struct x86_vcpu *v, const struct mmu_access *a)
{
	return (struct fault){
		.x = x, .v = v, .gfn = a->gfn, .mmio_page = a->gfn, .access = a->access, .ahead = a->ahead,
		.certain = a->certain,
		.nx = nx_is_on(x),
		.host_level = a->host_level ? a->host_level : 1,	/* for the cost of the look-up */
	};
}

enum ret_pf x86_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);
bool x86_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a);

/*
 * A fault by gfn from its error code to where it takes mmu_lock: what the hardware met, its slot, the fast fault,
 * the host's page.  @met: as the guest's own walk found, if known.  Return: RET_PF_CONTINUE to go on, or what
 * became of it.
 */
enum ret_pf fault_before_lock(struct fault *f, const struct mmu_access *a, enum mmu_found met);
/* Its second part: kvm_faultin_pfn(). */
enum ret_pf fault_faultin(struct fault *f, const struct mmu_access *a);
/* mmu_lock held: is_page_fault_stale(). */
bool fault_is_stale(const struct fault *f);
/* kvm_mmu_hugepage_adjust() */
void fault_choose_level(struct fault *f);

/* fast.c: without mmu_lock; RET_PF_INVALID: it cannot. */
enum ret_pf fault_give_back(struct fault *f);

static inline bool fault_can_be_fast(const struct fault *f)
{
	if (f->reserved)
		return false;
	if (!f->present)
		return !f->x->mmu.config.ad;
	return f->access & MMU_W;
}

/* mmio.c: an access that hit an MMIO entry; RET_PF_INVALID: the entry is out of date. */
enum ret_pf fault_mmio(struct fault *f);
/* The vCPU remembers that f->mmio_page is MMIO; and whether it does, for the slots there are now. */
void mmio_remember(struct fault *f);
bool mmio_is_remembered(const struct fault *f);
/* The walk of handle_mmio_page_fault() ended at @spte. */
enum ret_pf mmio_found(struct fault *f, uint64_t spte);
/* Frame of an MMIO entry. */
gfn_t spte_mmio_gfn(const struct spte_format *f, uint64_t spte);

/* map.c: may a page of @level around @gfn be mapped at once, as far as borders and alignment of its slot go? */
bool slot_allows_level(const struct mmu_slot *s, gfn_t gfn, int level);
/* mmu_lock held, the fault is not stale. */
enum ret_pf fault_map(struct fault *f, bool shared);
/* The leaf of f->goal_level for f->pfn, in the place of @old. */
uint64_t fault_leaf(const struct fault *f, uint64_t old);

#endif
