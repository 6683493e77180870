/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_X86_NEAR_H
#define ENGINE_X86_NEAR_H

/*
 * The guest mostly goes on near where it was: the table of level 1 that a vCPU's last walk ended in is
 * remembered, and good as long as no table was unlinked since (core/arena.h says why) and the vCPU has the
 * same root.
 *
 * - A walk that is cut short so reads the leaf alone: only where those above it could not have let anybody
 *   else run.
 * - Whoever changes an entry that leads to a table says so: arena_unlinked().  Making one where there was none,
 *   or a huge page, changes no way that ended in a table of level 1.
 * - The caller is in an RCU section, and the vCPU is its own.
 */
#include "engine/x86/root.h"

static inline bool near_has(const struct x86_mmu *x, const struct x86_vcpu *v, gfn_t gfn)
{
	const struct near *n = &v->near;

	return n->stretch == gfn >> TABLE_SHIFT && n->unlinks == arena_unlinks(&x->mmu.arena);
}

/* Where walk_to() from the vCPU's root ends. */
struct near_end {
	rt_u64	*sptep;
	uint64_t spte;
};

/* near.c: goes there, and remembers it. */
struct near_end near_go(struct x86_mmu *x, struct x86_vcpu *v, gfn_t gfn);

static inline struct near_end near_walk(struct x86_mmu *x, struct x86_vcpu *v, gfn_t gfn)
{
	if (likely(near_has(x, v, gfn) && rt_reads_alone(0, COST_WALK_STEP))) {
		rt_u64 *sptep = spte_at(x, v->near.table, gfn, 1);

		return (struct near_end){ sptep, rt_load(sptep) };
	}
	return near_go(x, v, gfn);
}

#endif
