/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_SHADOW_LEAF_H
#define ENGINE_X86_SHADOW_LEAF_H

/* Making leafs of shadow pages: make_spte() and mmu_set_spte().  mmu_lock held for write. */
#include "engine/x86/shadow/guest_walk.h"
#include "engine/x86/shadow/rmap.h"

struct leaf {
	uint32_t	      entry;
	gfn_t		      gfn;		/* first one it maps */
	pfn_t		      pfn;		/* any of its pages */
	unsigned int	      access;		/* ACC_*: what the guest allows */
	const struct memslot *slot;		/* NULL: MMIO */
	bool		      host_writable;
	bool		      prefetch;		/* nobody accesses it yet */
	bool		      can_unsync;	/* to become writable it may make shadow pages unsync */
	bool		      write_fault;
};

/*
 * What the entry would be in the place of @old.  Marks the gfn dirty if it is writable.  *@protected: it is not, since
 * shadow pages must hear of writes.
 */
uint64_t leaf_make(struct shadow_mmu *sm, unsigned int vcpu, const struct leaf *l, uint64_t old, bool *protected);
/* Installs it, in the place of whatever was there; flushes where it must. */
enum ret_pf leaf_set(struct shadow_mmu *sm, unsigned int vcpu, const struct leaf *l);

#endif
