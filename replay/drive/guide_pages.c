/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Without the TDP MMU: which pages the host is known to have behind the guest's frames.  It had one, writable, when an
 * entry was made for it; and it cannot take it away, or write-protect it, without an invalidation of its address.
 */
#include "replay/drive/guide_state.h"

#include <stdlib.h>

static void forget(void *arg, gfn_t gfn, gfn_t end)
{
	gfn_set_remove(arg, gfn, end);
}

void guide_pages_go(struct guide *g, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(g->rec, op);
	struct host_pages *p = &g->pages[op->vm];

	if (!stim || (op->kind != EV_OP_INVALIDATE_START && op->kind != EV_OP_SET_SPTE))
		return;
	slots_match(&p->slots, stim->hvas.start, stim->hvas.end, g->rec->meta->page_shift, forget, &p->known);
	p->gone_ns = op->begin_ns;
}

/* An entry made before the last invalidation began says nothing: it may have been that of its page. */
static void see(const struct guide *g, struct host_pages *p, const struct rec_obs *o)
{
	const struct obs_set *set = &o->o.set;

	if (o->o.kind == OBS_SET_SPTE && set->level == 1 && (set->spte & g->format->host_writable) &&
	    o->t_ns > p->gone_ns)
		gfn_set_add(&p->known, set->gfn, 1);
}

void guide_pages_come(struct guide *g, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(g->rec, op);
	struct host_pages *p = &g->pages[op->vm];

	if (op->kind == EV_OP_MEMSLOT && stim) {
		slots_apply(&p->slots, &stim->slot);
		if (stim->slot.change != EV_SLOT_FLAGS)
			gfn_set_clear(&p->known);
	}
	for (uint32_t i = 0; i < op->nr_obs; i++)
		see(g, p, &rec_op_obs(g->rec, op)[i]);
}

pfn_t guide_pages_at(const struct guide *g, uint16_t vm, gfn_t gfn)
{
	if (!gfn_set_has(&g->pages[vm].known, gfn, gfn + 1))
		return MMU_PFN_NONE;
	return spte_pfn(chains_set_last(g->job->chains, vm, gfn, rt_now_ns()));
}

bool guide_pages_logged(const struct guide *g, uint16_t vm, gfn_t gfn)
{
	const struct ev_slot *slot = slots_find_gfn(&g->pages[vm].slots, gfn);

	return slot && (slot->flags & KVM_MEM_LOG_DIRTY);
}

void guide_pages_fini(struct guide *g)
{
	for (size_t vm = 0; g->pages && vm < g->rec->meta->nr_vms; vm++) {
		gfn_set_fini(&g->pages[vm].known);
		slots_fini(&g->pages[vm].slots);
	}
	free(g->pages);
}
