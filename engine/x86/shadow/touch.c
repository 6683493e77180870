/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own access where its tables are shadowed: the hardware walks the shadow pages below the vCPU's root. */
#include "engine/x86/shadow/guest_fault.h"

#include "engine/core/checker.h"
#include "engine/x86/shadow/sp.h"
#include "engine/x86/watched.h"

enum mmu_found shadow_found(const struct x86_mmu *x, uint64_t spte)
{
	if (spte_is_present(spte))
		return MMU_FOUND_PRESENT;
	return spte_is_mmio(x->f, spte) ? MMU_FOUND_MMIO : MMU_FOUND_NOTHING;
}

/* Rights are those of all entries together. */
static bool permits(const struct spte_format *f, uint64_t spte, unsigned int access, bool user)
{
	return spte_is_present(spte) && spte_permits(f, spte, access) && (!user || (spte & f->user));
}

struct walk shadow_walk(struct shadow_mmu *sm, const struct root *root, uint64_t gva)
{
	return walk_to(&sm->x, root->table, (int)role_level((uint32_t)rt_peek(&root->role)), gva >> 12);
}

bool shadow_guest_touch(struct mmu *mmu, unsigned int vcpu, struct mmu_access *a)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	struct x86_mmu *x = &sm->x;
	struct root *root = x->vcpus[vcpu].root;
	uint64_t sets = x->f->accessed | (a->access & MMU_W ? x->f->dirty : 0);
	bool allowed;

	a->found = MMU_FOUND_UNKNOWN;
	if (!root || root_invalid(root))
		return false;
	/* A running vCPU answers flushes, so shadow pages wait for it: as an RCU section makes them. */
	rt_rcu_read_lock();
	for (;;) {
		struct walk w = shadow_walk(sm, root, a->gva);
		uint64_t seen = w.spte;

		allowed = permits(x->f, seen, a->access, a->error_code & PFERR_U);
		if (!allowed)
			a->found = (uint8_t)shadow_found(x, seen);
		if (!allowed || (seen & sets) == sets)
			break;
		if (rt_cas(w.sptep, &seen, seen | sets)) {
			check_hardware(x, w.sptep, seen, seen | sets);
			break;
		}
	}
	rt_rcu_read_unlock();
	return allowed;
}
