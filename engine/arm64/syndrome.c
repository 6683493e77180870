/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Abort syndromes. */
#include "engine/arm64/syndrome.h"

#define EC(esr)		((esr) >> 26 & 0x3f)
#define EC_IABT_LOWER	0x20
#define FSC_KIND(esr)	((esr) & 0x3c)		/* less its level */
#define FSC_LEVEL(esr)	((int)((esr) & 3))
#define FSC_ACCESS	0x08
#define FSC_PERMISSION	0x0c
#define WNR		BIT_ULL(6)
#define S1PTW		BIT_ULL(7)		/* the guest's own page-table walk */

bool pte_permits(uint64_t pte, unsigned int access)
{
	if ((access & MMU_X) && (pte & STAGE2_XN))
		return false;
	if ((access & MMU_W) && !(pte & STAGE2_W))
		return false;
	return !(access & (MMU_R | MMU_X)) || (pte & STAGE2_R);
}

static struct syndrome recorded(uint64_t esr)
{
	struct syndrome s = { .level = FSC_LEVEL(esr) };
	bool instruction = EC(esr) == EC_IABT_LOWER;

	if (FSC_KIND(esr) == FSC_ACCESS)
		s.kind = ABORT_ACCESS;
	if (FSC_KIND(esr) == FSC_PERMISSION)
		s.kind = ABORT_PERMISSION;
	if (esr & S1PTW) {	/* a walk that may not write: it wanted to set a flag */
		s.write = s.kind == ABORT_PERMISSION;
		return s;
	}
	s.exec = instruction;
	s.write = !instruction && (esr & WNR);
	return s;
}

struct syndrome syndrome_of(const struct arm64_mmu *x, const struct mmu_access *a)
{
	struct syndrome s = { .write = a->access & MMU_W, .exec = (a->access & MMU_X) && !(a->access & MMU_W) };
	struct visit v;

	if (a->error_code)
		return recorded(a->error_code);
	v = peek_walk(x, a->gfn);
	s.level = v.level;
	if (!(v.old & STAGE2_VALID))
		return s;
	if (!(v.old & STAGE2_AF) && !x->s2.hw_af)
		s.kind = ABORT_ACCESS;
	else if (!pte_permits(v.old, a->access))
		s.kind = ABORT_PERMISSION;
	return s;
}
