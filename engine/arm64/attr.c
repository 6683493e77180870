/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One visitor for all that sets or clears attributes: KVM hyp/pgtable.c, stage2_attr_walker(). */
#include "engine/arm64/attr.h"

#include <errno.h>

#include "engine/arm64/breakmake.h"
#include "engine/arm64/cmo.h"
#include "engine/arm64/tlbi.h"
#include "engine/core/mutant.h"
#include "engine/core/observe.h"

struct attr {
	struct walk w;		/* first: a visitor's */
	uint64_t    set, clear;
	uint64_t    seen;	/* the last leaf, as it was; 0: none */
	int	    level;	/* of it */
};

static int attr_visit(struct walk *w, const struct visit *v)
{
	struct attr *a = (struct attr *)w;
	uint64_t new = (v->old & ~a->clear) | a->set;

	if (!(v->old & STAGE2_VALID)) {
		obs_pte(&w->x->mmu, OBS_W_ATTR, v->gfn, v->level, 0, 0, v->old, v->old);
		/* Up to 6.2 nothing is wrong with that. */
		return w->x->mmu.policy->walk_eagain == WALK_EAGAIN_SKIP ? -EAGAIN : 0;
	}
	obs_pte(&w->x->mmu, OBS_W_ATTR, v->gfn, v->level, 0, 0, v->old, new);
	a->seen = v->old;
	a->level = v->level;
	if (new == v->old)
		return 0;
	if (v->old & ~new & STAGE2_XN)
		cmo_exec(w->x, v->level);
	return entry_change(w, v, new) ? 0 : -EAGAIN;
}

static int change(struct attr *a, struct arm64_mmu *x, gfn_t start, gfn_t end, unsigned int flags)
{
	a->w.x = x;
	a->w.fn = attr_visit;
	a->w.flags = flags | VISIT_LEAF;
	a->w.start = start;
	a->w.end = end;
	return walk_range(&a->w);
}

int relax(struct arm64_mmu *x, gfn_t gfn, unsigned int prot, unsigned int flags)
{
	struct attr a = {
		.set = (prot & STAGE2_PROT_R ? STAGE2_R : 0) | (prot & STAGE2_PROT_W ? STAGE2_W : 0),
		.clear = prot & STAGE2_PROT_X ? STAGE2_XN : 0,
	};
	int ret;

	obs_enters_s2(&x->mmu, OBS_S2_RELAX, gfn, 1, prot, 0);
	ret = change(&a, x, gfn, gfn + 1, flags);
	if (x->mmu.policy->relax_tlbi == RELAX_TLBI_LOCAL && (!ret || ret == -EAGAIN))
		tlbi_local(x, gfn, ret ? TLBI_NO_LEVEL : a.level);
	else if (!ret)
		tlbi_ipa(x, gfn, a.level);
	obs_s2(&x->mmu, OBS_S2_RELAX, gfn, 1, prot, (unsigned int)-ret, 0);
	return ret;
}

uint64_t make_young(struct arm64_mmu *x, gfn_t gfn, unsigned int flags)
{
	struct attr a = { .set = STAGE2_AF };
	uint64_t pte;

	obs_enters_s2(&x->mmu, OBS_S2_MKYOUNG, gfn, 1, 0, 0);
	pte = change(&a, x, gfn, gfn + 1, flags) ? 0 : a.seen;
	obs_s2(&x->mmu, OBS_S2_MKYOUNG, gfn, 1, 0, 0, pte);
	return pte;
}

int write_protect(struct arm64_mmu *x, gfn_t start, gfn_t end)
{
	struct attr a = { .clear = STAGE2_W };

	obs_s2(&x->mmu, OBS_S2_WRPROTECT, start, end - start, 0, 0, 0);
	return MUTANT(dirty_no_protect) ? 0 : change(&a, x, start, end, 0);
}
