/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/hostpage.h"

#include "kvm/stage2.h"

static void from_access(const struct ev *stim, struct hostpage *out)
{
	if (!stim || stim->kind != EV_ACCESS || !(stim->flags & EV_F_PFN))
		return;
	out->pfn = stim->access.pfn;
	out->writable = stim->flags & EV_F_HOSTWR;
	if (stim->access.level)
		out->level = stim->access.level;
}

static void from_map(const struct recording *r, const struct rec_op *op, const struct spte_format *f,
		     struct hostpage *out)
{
	const struct rec_obs *asked = rec_find(r, op, OBS_SPTE_REQUESTED, 0);
	const struct rec_obs *set = rec_find(r, op, OBS_SET_SPTE, 0);

	if (asked) {
		out->pfn = asked->o.map.pfn;
		out->level = asked->o.map.level;
	}
	if (set)
		out->writable = set->o.set.spte & f->host_writable;
}

/* arm64: the look-up's own answer, and the size and rights of what was mapped. */
static void from_stage2(const struct recording *r, const struct rec_op *op, struct hostpage *out)
{
	const struct rec_obs *looked = rec_find_pin(r, op, PIN_LOOKUP_RET), *map = rec_find(r, op, OBS_S2_MAP, 0);
	const struct rec_obs *relax = rec_find(r, op, OBS_S2_RELAX, 0), *last = map ? map : relax;
	unsigned int bits = stage2_level_bits(r->meta->page_shift);

	if (looked && !(looked->o.pin.value >> 52))
		out->pfn = looked->o.pin.value;
	if (last)
		out->writable = last->o.s2.prot & STAGE2_PROT_W;
	out->hugetlb = relax && relax->o.s2.gfn != op->gfn;
	if (map) {
		out->pfn = map->o.s2.value + (op->gfn - map->o.s2.gfn);
		out->level = 1 + (__builtin_ctzll(map->o.s2.pages | 1ULL << 40) + bits - 1) / bits;
	}
}

void hostpage_of_fault(const struct recording *r, const struct rec_op *op, const struct spte_format *f,
		       struct hostpage *out)
{
	*out = (struct hostpage){ .pfn = HOSTPAGE_NO_PFN, .level = 1 };
	from_access(rec_op_stim(r, op), out);
	if (r->meta->arch == KVM_ARM64)
		from_stage2(r, op, out);
	else
		from_map(r, op, f, out);
	out->failed = op->result == RET_PF_EXIT;
	out->pending = rec_find_pin(r, op, PIN_PENDING);
	/* A write got a page it may write, or it would not have mapped. */
	if (op->access & EV_F_W)
		out->writable = true;
}
