/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_ROOT_H
#define ENGINE_X86_ROOT_H

/*
 * Roots of one VM, newest first.
 *
 * - A root is born with two references: the vCPU's, and the MMU's own, which
 *   goes only after the root was made invalid and zapped.  So a valid root
 *   never loses its last one.
 * - The list is read under RCU, or mmu_lock held for write; its writers hold
 *   pages_lock.  A root that left it is freed, with its table, after a grace period.
 * - `invalid` in the role is set under mmu_lock held for write and never cleared.
 */
#include "engine/x86/x86.h"

struct root {
	rt_u64		 next;		/* struct root * */
	rt_u64		 refs;
	rt_u64		 role;
	bool		 scheduled;	/* made invalid, not zapped yet; owns the MMU's reference */
	bool		 emptied;	/* zapped by whoever dropped the last reference: zap.fast_worker = vcpu-put */
	uint32_t	 table;
	struct x86_mmu	*x;
	struct rt_rcu_head rcu;
};

static inline bool root_invalid(const struct root *r)
{
	return role_invalid((uint32_t)rt_load(&r->role));
}

static inline unsigned int root_as_id(const struct root *r)
{
	return role_smm((uint32_t)rt_peek(&r->role)) ? 1 : 0;
}

/* Role word of a VM's roots when the config names none. */
uint32_t root_default_role(const struct mmu_config *config);

/* The list without references: RCU, or mmu_lock held for write over the whole loop. */
struct root *root_first(const struct x86_mmu *x);
static inline struct root *root_after(const struct root *r)
{
	return (struct root *)(uintptr_t)rt_load(&r->next);
}

/*
 * The list with a reference on the current root, so that the loop may yield:
 *	for (r = root_iter(x, NULL, valid); r; r = root_iter(x, r, valid))
 */
struct root *root_iter(struct x86_mmu *x, struct root *prev, bool only_valid);
/* mmu_lock held, in any mode. */
void root_put(struct x86_mmu *x, struct root *r);

/* engine/mmu.h, mmu_expect(): in the newest root, or in the table that the vCPU's last walk ended in. */
void x86_expect(const struct mmu *mmu, int vcpu, gfn_t gfn);

/* A new empty root, in the list, with two references. */
struct root *root_new(struct x86_mmu *x, uint32_t role);
/* The same, but no vCPU runs on it yet: one reference. */
struct root *root_unused(struct x86_mmu *x, unsigned int as_id);
/* Newest valid root of @as_id, for those who only look; NULL: none. */
struct root *root_newest(const struct x86_mmu *x, unsigned int as_id);
/* Frees it at once: nobody runs any more. */
void root_destroy(struct root *r);

bool x86_wants_root(const struct mmu *mmu, unsigned int vcpu);
void x86_vcpu_load(struct mmu *mmu, unsigned int vcpu);
void x86_vcpu_unload(struct mmu *mmu, unsigned int vcpu);
void x86_vcpu_smm(struct mmu *mmu, unsigned int vcpu, bool smm);
/* mmu_lock held for write. */
void root_invalidate_all(struct x86_mmu *x);

#endif
