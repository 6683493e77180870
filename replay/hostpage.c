/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/hostpage.h"

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

void hostpage_of_fault(const struct recording *r, const struct rec_op *op, const struct spte_format *f,
		       struct hostpage *out)
{
	*out = (struct hostpage){ .pfn = HOSTPAGE_NO_PFN, .level = 1 };
	from_access(rec_op_stim(r, op), out);
	from_map(r, op, f, out);
	out->failed = op->result == RET_PF_EXIT;
	out->pending = rec_find_pin(r, op, PIN_PENDING);
	/* A write got a page it may write, or it would not have mapped. */
	if (op->access & EV_F_W)
		out->writable = true;
}
