/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cache maintenance, by size. */
#include "engine/arm64/cmo.h"

#include "engine/core/checker.h"

/* The units of the cost rows. */
static uint64_t nr_4k(const struct arm64_mmu *x, int level)
{
	return 1ULL << (stage2_shift(x->s2.page_shift, level) - 12);
}

void cmo_map(struct arm64_mmu *x, gfn_t gfn, uint64_t pte, int level)
{
	if (!x->s2.fwb)
		rt_charge(COST_CMO_DCACHE, nr_4k(x, level));
	check_cleaned(&x->mmu, gfn, level_pages(x, level));
	if (!(pte & STAGE2_XN))
		cmo_exec(x, level);
}

void cmo_unmap(struct arm64_mmu *x, int level)
{
	if (!x->s2.fwb)
		rt_charge(COST_CMO_DCACHE, nr_4k(x, level));
}

void cmo_exec(struct arm64_mmu *x, int level)
{
	if (!x->s2.dic)
		rt_charge(COST_CMO_ICACHE, nr_4k(x, level));
}
