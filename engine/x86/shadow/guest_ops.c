/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's own page tables and what it does with them, as far as it takes no more than a few lines. */
#include "engine/x86/shadow/guest_ops.h"

#include "engine/x86/shadow/guest_walk.h"
#include "engine/x86/shadow/rmap.h"
#include "engine/x86/shadow/sync.h"

void shadow_gpte(struct mmu *mmu, gfn_t table, unsigned int offset, uint64_t value)
{
	struct shadow_mmu *sm = to_shadow(mmu);

	rt_set(gpt_entry(sm->gpt, table, offset, sm->width), value);
}

/* Some leaf of the lowest level or above lets the guest write @gfn. */
static bool is_writable(struct shadow_mmu *sm, unsigned int as_id, gfn_t gfn)
{
	for (int level = 1; level <= MAX_HUGE_LEVEL; level++) {
		const uint32_t *head = frames_rmap(&sm->frames, as_id, gfn, level);
		struct ptes_iter it;
		uint32_t entry;

		if (!head)
			continue;
		for_each_pte(&sm->ptes, *head, &it, entry)
			if (rt_peek(entry_at(sm, entry)) & SPTE_W)
				return true;
	}
	return false;
}

bool shadow_guest_writes(struct mmu *mmu, unsigned int vcpu, gfn_t table, unsigned int offset, uint64_t value)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	bool writes;

	/* A walk found it as it is known: nobody wrote. */
	if (gpt_read(sm->gpt, table, offset, sm->width) == value)
		return true;
	/* The hardware does it at once: a mapping that is taken away is taken from a vCPU that does not run. */
	if (!RT_IS_VIRTUAL)
		rt_read_lock(&mmu->lock);
	writes = is_writable(sm, role_smm(sm->vcpus[vcpu].role) ? 1 : 0, table);
	if (writes)
		shadow_gpte(mmu, table, offset, value);
	if (!RT_IS_VIRTUAL)
		rt_read_unlock(&mmu->lock);
	return writes;
}

void shadow_vcpu_role(struct mmu *mmu, unsigned int vcpu, uint32_t role)
{
	struct shadow_mmu *sm = to_shadow(mmu);
	enum gpt_width width;

	sm->vcpus[vcpu].role = role ? role : sm->x.root_role;
	width = guest_paging(sm->vcpus[vcpu].role).width;
	if (width != sm->width)		/* others look at it, and mostly nobody changes it */
		sm->width = width;
}

const struct mmu_guest_ops shadow_guest_ops = {
	.gpte		= shadow_gpte,
	.writes		= shadow_guest_writes,
	.pt_write	= shadow_pt_write,
	.cr3		= shadow_cr3,
	.sync_roots	= shadow_sync_roots,
	.wants_sync	= shadow_wants_sync,
	.invlpg		= shadow_invlpg,
	.role		= shadow_vcpu_role,
};
