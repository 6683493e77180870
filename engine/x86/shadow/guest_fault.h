/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_GUEST_FAULT_H
#define ENGINE_X86_SHADOW_GUEST_FAULT_H

/* A fault of a guest whose tables are shadowed: guest_fault.c up to the lock, fetch.c under it. */
#include "engine/x86/fault.h"
#include "engine/x86/shadow/guest_walk.h"
#include "engine/x86/shadow/shadow.h"

struct guest_fault {
	struct fault	    f;		/* of the frame that the guest's tables lead to */
	struct shadow_mmu  *sm;
	unsigned int	    vcpu;
	uint64_t	    gva;
	uint64_t	    pferr;	/* PFERR_* as the hardware reports it */
	struct guest_paging paging;
	struct guest_walk   walk;
};

enum ret_pf shadow_guest_fault(struct mmu *mmu, unsigned int vcpu, const struct mmu_access *a);
/* FNAME(fetch): mmu_lock held for write, the fault is not stale. */
enum ret_pf fetch(struct guest_fault *g);

/* touch.c */
bool shadow_guest_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a);
/* To the last entry for @gva below a vCPU's root, which may go invalid meanwhile. */
struct walk shadow_walk(struct shadow_mmu *sm, const struct root *root, uint64_t gva);
/* What the hardware makes of an entry where its walk ends. */
enum mmu_found shadow_found(const struct x86_mmu *x, uint64_t spte);

#endif
