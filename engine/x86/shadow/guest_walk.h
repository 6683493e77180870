/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_GUEST_WALK_H
#define ENGINE_X86_SHADOW_GUEST_WALK_H

/*
 * The guest's page tables walked as KVM does it for the hardware: rights, reserved bits, and A and D set in the
 * guest's own entries.
 *
 * What a root's role does not tell is taken to be as usual: CR4.PSE is set, pages of 1 GiB exist, physical addresses
 * have 52 bits, an access of the kernel to a page of a process has EFLAGS.AC set, protection keys are not used.
 */
#include "engine/x86/shadow/gpt.h"
#include "engine/x86/x86.h"
#include "kvm/gpte.h"

#define GUEST_LEVELS	5

/* Rights as role words have them. */
#define ACC_X		1u
#define ACC_W		2u
#define ACC_U		4u
#define ACC_ALL		7u

/* Error codes of page faults (SDM vol. 3, 4.7). */
#define PFERR_P		BIT_ULL(0)
#define PFERR_W		BIT_ULL(1)
#define PFERR_U		BIT_ULL(2)
#define PFERR_RSVD	BIT_ULL(3)
#define PFERR_F		BIT_ULL(4)

/* How a guest pages, as far as the role of its roots says. */
struct guest_paging {
	uint8_t		levels;		/* 2 .. 5; 0: it does not */
	enum gpt_width	width;
	bool		nx, wp, smep;
	unsigned int	as_id;
};

struct guest_paging guest_paging(uint32_t root_role);

/*
 * One walk.  Of level l (1 the last): [l] of the arrays; [top] is the first that holds entries which have A, so with
 * PAE 2.
 */
struct guest_walk {
	gfn_t		table[GUEST_LEVELS + 1];
	uint16_t	offset[GUEST_LEVELS + 1];	/* of the entry, bytes */
	uint64_t	gpte[GUEST_LEVELS + 1];
	uint8_t		access[GUEST_LEVELS + 1];	/* ACC_*: what the entries above that table allow */
	int		top, level;		/* first and last level; 0: nothing was read */
	unsigned int	rights;			/* ACC_* of the page; no W while a write has to set D first */
	gfn_t		gfn;
	uint64_t	error;			/* what the guest is told where it does not map it: PFERR_* */
};

/**
 * guest_walk() - where a guest virtual address leads.
 * @root:	frame of the first table.
 * @pferr:	PFERR_W, U, F: the access.
 *
 * Says kvm_mmu_set_accessed_bit, _set_dirty_bit and kvm_mmu_walker_error.  The caller is in an SRCU section and holds
 * no lock; hands over where it sets A or D.
 *
 * Return: true when the guest maps it so that the access is allowed.
 */
bool guest_walk(struct guest_walk *w, struct mmu *mmu, struct gpt *g, const struct guest_paging *p,
		unsigned int vcpu, gfn_t root, uint64_t gva, uint64_t pferr);

/* Has the entry of @level changed since? */
static inline bool guest_walk_changed(const struct guest_walk *w, const struct gpt *g, const struct guest_paging *p,
				      int level)
{
	return gpt_read(g, w->table[level], w->offset[level], p->width) != w->gpte[level];
}

/* Is the entry of level 1 one that KVM makes a shadow entry of without being asked? */
bool gpte_is_prefetchable(const struct guest_paging *p, uint64_t gpte);
/* ACC_* of an entry by itself; of a clean page without W where only its D keeps it so. */
unsigned int gpte_access(uint64_t gpte);
static inline unsigned int gpte_access_clean(uint64_t gpte)
{
	return gpte_access(gpte) & ~(gpte & GPTE_D ? 0 : ACC_W);
}

#endif
