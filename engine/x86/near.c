/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/near.h"

struct near_end near_go(struct x86_mmu *x, struct x86_vcpu *v, gfn_t gfn)
{
	uint64_t unlinks = arena_unlinks(&x->mmu.arena);
	struct walk w = walk_to(x, v->root->table, x->mmu.config.root_level, gfn);

	v->near = w.level == 1 ? (struct near){ gfn >> TABLE_SHIFT, unlinks, w.table } : (struct near){ 0 };
	return (struct near_end){ w.sptep, w.spte };
}
