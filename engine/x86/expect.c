/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/x86/root.h"

/*
 * Outside any RCU section: tables may be freed, and used for something else, meanwhile.  Their memory stays
 * readable, and a number found in it is only followed if it is one.
 */
static void expect_far(const struct x86_mmu *x, gfn_t gfn)
{
	uint64_t table = rt_peek(&x->newest_table);

	for (int level = x->mmu.config.root_level; table < ARENA_MAX_TABLES; level--) {
		const rt_u64 *sptep = spte_at(x, (uint32_t)table, gfn, level);

		if (level <= 1 || !spte_is_table(rt_peek(sptep), level)) {
			__builtin_prefetch(sptep, 1);
			return;
		}
		table = spte_pfn(rt_peek(sptep));
	}
}

void x86_expect(const struct mmu *mmu, int vcpu, gfn_t gfn)
{
	const struct x86_mmu *x = to_x86_const(mmu);
	const struct near *n = vcpu >= 0 ? &x->vcpus[vcpu].near : NULL;

	if (likely(n && n->unlinks && n->stretch == gfn >> TABLE_SHIFT))
		__builtin_prefetch(spte_at(x, n->table, gfn, 1), 1);
	else
		expect_far(x, gfn);
}
