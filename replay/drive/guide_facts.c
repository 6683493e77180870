/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host facts in the engine's terms. */
#include "replay/drive/guide_state.h"

struct mmu_access guide_facts(const struct guide *g, const struct rec_op *op)
{
	const struct ev *walk = rec_op_walk(g->rec, op);
	struct hostpage facts;

	hostpage_of_fault(g->rec, op, g->format, &facts);
	if (guide_is_rmaps(g))
		guide_shadow_facts(g, op, &facts);
	return (struct mmu_access){
		.gfn = op->gfn, .pfn = facts.pfn, .host_level = facts.level,
		.host_writable = facts.writable, .hugetlb = facts.hugetlb, .failed = facts.failed,
		.pending = facts.pending, .ahead = op->access & EV_F_AHEAD, .error_code = op->error_code,
		.gva = walk ? walk->walk.gva : 0,
		.access = (op->access & EV_F_R ? MMU_R : 0) | (op->access & EV_F_W ? MMU_W : 0) |
			  (op->access & EV_F_X ? MMU_X : 0),
	};
}

/* What the recording shows of an entry's bits just before it was aged; 0: nothing. */
static unsigned int touched(const struct spte_format *f, const struct obs *o, gfn_t *gfn)
{
	if (o->kind == OBS_AGE_RANGE && o->gfns.count == 1 && (o->flags & 1)) {
		*gfn = o->gfns.gfn;	/* its one page was young */
		return MMU_R;
	}
	if (o->kind != OBS_SPTE_CHANGED || !(o->spte.old & ~o->spte.new & f->accessed))
		return 0;
	*gfn = o->spte.gfn;
	return (o->spte.old & f->dirty) && (o->spte.old & SPTE_W) ? MMU_R | MMU_W : MMU_R;
}

/*
 * The same before a fault changes or looks at its entry: A is set unseen, by another vCPU or by this one's
 * access of another kind.  So is D; but only of a huge page that is split does it decide nothing more than what the
 * small ones inherit.
 */
static unsigned int found(const struct spte_format *f, const struct obs *o, gfn_t *gfn)
{
	if (o->kind == OBS_FAST_PAGE_FAULT && o->fast.old & f->accessed) {
		*gfn = o->fast.gfn;
		return MMU_R;
	}
	if (o->kind != OBS_SPTE_CHANGED || !spte_is_leaf(o->spte.old, o->spte.level) || !(o->spte.old & f->accessed))
		return 0;
	*gfn = o->spte.gfn;
	return spte_is_table(o->spte.new, o->spte.level) && (o->spte.old & f->dirty) && (o->spte.old & SPTE_W) ?
	       MMU_R | MMU_W : MMU_R;
}

void guide_touch_fault(const struct guide *g, struct mmu *mmu, const struct rec_op *op, unsigned int vcpu)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct obs *o = &rec_op_obs(g->rec, op)[i].o;
		struct mmu_access a = { 0 };

		a.access = found(g->format, o, &a.gfn);
		if (a.access)
			mmu_touch(mmu, vcpu, &a);
	}
}

void guide_touch(const struct guide *g, struct mmu *mmu, const struct rec_op *op)
{
	if (guide_is_arm64(g)) {
		guide_stage2_touch(g, mmu, op);
		return;
	}
	if (guide_is_rmaps(g))		/* when it has the lock */
		return;
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		struct mmu_access a = { 0 };

		a.access = touched(g->format, &rec_op_obs(g->rec, op)[i].o, &a.gfn);
		if (a.access)
			mmu_touch(mmu, 0, &a);
	}
}
