/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_NX_H
#define ENGINE_X86_NX_H

/*
 * The NX huge page mitigation's book-keeping: which tables stand where only an execute fault kept a
 * huge page away, in the order they came.  The recovery worker takes them away from the front, so that
 * the next fault that does not execute maps a huge page again.
 *
 * - Exists only where config.nx_huge_pages or nx_toggles; elsewhere each call is one predicted branch.
 * - Whether the mitigation is on, a fault asks once, before it looks for its page; who makes an entry asks again.
 * - A table is `disallowed` before anybody sees it.  Up to 6.1 only those are that go into the list,
 *   since 6.12 every table an execute fault made: what lies above a page of 1 GiB the host does not have is
 *   never listed, and yet not for huge pages.
 * - The list is changed under pages_lock; `disallowed` is cleared under it, and read without.
 */
#include "base/types.h"
#include "engine/rt/rt.h"

struct x86_mmu;

struct nx_link {		/* of the table with the same number */
	uint32_t prev, next;	/* 0: none */
	bool	 listed;
	uint8_t	 disallowed;
};

struct nx_list {
	struct nx_link	*link;	/* by table number; NULL: no mitigation */
	uint32_t	 first, last;
	uint64_t	 nr;
	bool		 on;	/* the mitigation */
};

void nx_init(struct x86_mmu *x);
void nx_fini(struct x86_mmu *x);

/* @child, which nobody has seen, is made by an execute fault. */
void nx_disallow(struct x86_mmu *x, uint32_t child);
bool nx_is_disallowed_slow(const struct x86_mmu *x, uint32_t number);
/* Takes pages_lock; nothing when the table is gone already. */
void nx_track(struct x86_mmu *x, uint32_t number);
/* The same for who holds it. */
void nx_track_locked(struct x86_mmu *x, uint32_t number);
/* The table goes away, or may be a huge page again; pages_lock held, or mmu_lock for write. */
void nx_forget_locked(struct x86_mmu *x, uint32_t number);
/* For checks: every listed table is one, and they are as many as they say. */
void nx_check(const struct x86_mmu *x);

struct mmu;
uint64_t x86_nx_recover(struct mmu *mmu, unsigned int ratio);
void x86_nx_pass_over(struct mmu *mmu, unsigned int ratio);
void x86_nx_toggle(struct mmu *mmu);
bool x86_nx_is_on(const struct mmu *mmu);
/* How many tables it is the turn of in a round. */
uint64_t nx_quota(const struct x86_mmu *x, unsigned int ratio);
/* Is the table of a slot that is logged, and it is passed over?  The slots as they are; up to 6.1 nobody asked. */
bool nx_is_logged(const struct x86_mmu *x, uint32_t number);
/* The mitigation is on where it was off, and off where it was on.  Return: false: there is none. */
bool nx_flip(struct x86_mmu *x);
/* Listed tables that a round would pass over. */
uint64_t nx_nr_logged(const struct x86_mmu *x);

#endif
