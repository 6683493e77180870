/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Abort syndromes. */
#include "engine/arm64/syndrome.h"

struct syndrome syndrome_of(const struct arm64_mmu *x, const struct mmu_access *a)
{
	struct syndrome s = { .write = a->access & MMU_W, .exec = (a->access & MMU_X) && !(a->access & MMU_W) };
	struct visit v;

	if (a->error_code)
		return syndrome_recorded(a->error_code);
	v = peek_walk(x, a->gfn);
	s.level = v.level;
	if (!(v.old & STAGE2_VALID))
		return s;
	if (!(v.old & STAGE2_AF) && !x->s2.hw_af)
		s.kind = ABORT_ACCESS;
	else if (!stage2_permits(v.old, a->access & MMU_R, a->access & MMU_W, a->access & MMU_X))
		s.kind = ABORT_PERMISSION;
	return s;
}
