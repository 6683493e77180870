/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/pml.h"

#include "engine/core/dirty.h"
#include "engine/core/mutant.h"
#include "engine/x86/protect.h"

void pml_log(struct x86_mmu *x, unsigned int vcpu, unsigned int as_id, gfn_t gfn)
{
	struct x86_vcpu *v = &x->vcpus[vcpu];
	const struct memslot *slot;

	if (MUTANT(pml_no_log))
		return;
	rt_srcu_lock(x->mmu.config.vm);
	slot = memslot_find(memslots_get(&x->mmu.slots), as_id, gfn);
	if (slot && (slot->cfg.flags & SLOT_LOG_DIRTY)) {
		dirty_mark(&x->mmu, vcpu, slot, gfn);
		if (++v->pml % PML_ENTRIES == 0)
			rt_charge(COST_EXIT_ENTRY, 1);
	}
	rt_srcu_unlock();
}

void x86_sync_dirty(struct mmu *mmu)
{
	if (protects_by_d(to_x86(mmu)))
		rt_kick_all(mmu->config.vm);
}
