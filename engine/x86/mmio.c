/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses where there is no memory: handle_mmio_page_fault() and the vCPU's
 * one-entry cache.  An MMIO entry is good for the generation of memory slots
 * it was made in.
 */
#include "engine/core/observe.h"
#include "engine/x86/fault.h"
#include "engine/x86/root.h"

#define GEN_MASK	0x7ffffULL		/* the bits an entry keeps */

static uint64_t generation(const struct fault *f)
{
	return rt_load(&f->x->mmu.slots.generation[root_as_id(f->v->root)]);
}

void mmio_remember(struct fault *f)
{
	uint64_t gen = generation(f);

	if (gen & MEMSLOT_UPDATING)
		return;
	f->v->mmio_gfn = f->mmio_page;
	f->v->mmio_gen = gen;
}

bool mmio_is_remembered(const struct fault *f)
{
	return f->v->mmio_gfn && f->v->mmio_gfn == f->mmio_page && f->v->mmio_gen == generation(f);
}

gfn_t spte_mmio_gfn(const struct spte_format *f, uint64_t spte)
{
	return spte_pfn(spte & ~f->mmio_value);
}

/* Is the entry of the present generation? */
static bool current(struct fault *f, uint64_t spte)
{
	uint64_t gen = generation(f);

	if (gen & MEMSLOT_UPDATING)
		return false;
	gen &= GEN_MASK;
	obs_mmio(&f->x->mmu, OBS_CHECK_MMIO, 0, 0, gen, spte);
	return spte_mmio_gen(spte) == gen;
}

enum ret_pf mmio_found(struct fault *f, uint64_t spte)
{
	const struct spte_format *format = f->x->f;

	if (!spte_is_mmio(format, spte))
		return RET_PF_RETRY;
	if (!current(f, spte))
		return RET_PF_INVALID;
	obs_mmio(&f->x->mmu, OBS_HANDLE_MMIO, spte_mmio_gfn(format, spte), spte & format->mmio_access, 0, 0);
	mmio_remember(f);
	return RET_PF_EMULATE;
}

enum ret_pf fault_mmio(struct fault *f)
{
	struct x86_mmu *x = f->x;
	struct walk w;

	if (mmio_is_remembered(f))
		return RET_PF_EMULATE;
	rt_rcu_read_lock();
	w = walk_to(x, f->v->root->table, x->mmu.config.root_level, f->gfn);
	rt_rcu_read_unlock();
	rt_charge(COST_WALK_STEP, x->mmu.config.root_level - w.level + 1);
	return mmio_found(f, w.spte);
}
