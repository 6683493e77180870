/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I-F1: what was zapped or write-protected, and no flush after it. */
#include "replay/audit_flush.h"

#include <stdio.h>

/*
 * Last record of @op that takes a mapping, or a permission, away from the guest.  A memslot that goes away
 * takes its roots with it, and a vCPU flushes when it loads another.
 */
static const struct rec_obs *last_loss(const struct recording *r, const struct rec_op *op)
{
	for (uint32_t i = op->nr_obs; i-- > 0;) {
		const struct rec_obs *o = &r->obs[op->first_obs + i];
		const struct obs_spte *s = &o->o.spte;

		if (o->o.kind != OBS_SPTE_CHANGED || !spte_is_leaf(s->old, s->level))
			continue;
		if (spte_is_present(s->new) ? (s->old & ~s->new) & SPTE_W : op->kind != EV_OP_MEMSLOT)
			return o;
	}
	return NULL;
}

static bool flushes(const struct recording *r, const struct rec_op *op, uint32_t from_obs)
{
	for (uint32_t i = from_obs; i < op->first_obs + op->nr_obs; i++)
		if (r->obs[i].o.kind == OBS_FLUSH_ALL || r->obs[i].o.kind == OBS_FLUSH_RANGE)
			return true;
	return false;
}

/* One call resets the rings of all vCPUs, or several words of a log, and flushes once: does it go on after @op? */
static const struct rec_op *same_call(const struct recording *r, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(r, op);

	if (!stim || (stim->kind != EV_DIRTY_RESET && stim->kind != EV_DIRTY_MASK) || (stim->flags & EV_F_LAST))
		return NULL;
	while (op->next != REC_NONE) {
		op = &r->ops[op->next];
		if (op->kind == EV_OP_DIRTY)
			return op;
	}
	return NULL;
}

static bool flushed_after(const struct recording *r, const struct rec_op *op, const struct rec_obs *loss)
{
	if (flushes(r, op, (uint32_t)(loss - r->obs)))
		return true;
	while ((op = same_call(r, op)))
		if (flushes(r, op, op->first_obs))
			return true;
	return false;
}

/* Its roots may be invalid: a vCPU flushes when it loads another. */
static bool roots_go(const struct recording *r, uint16_t vm, uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];

		if (op->vm == vm && op->begin_ns < to && op->end_ns > from &&
		    (op->kind == EV_OP_MEMSLOT || op->kind == EV_OP_NX_TOGGLE || op->kind == EV_OP_ZAP_ALL ||
		     op->kind == EV_OP_VM_DESTROY))
			return true;
	}
	return false;
}

void audit_flush(const struct audit_job *s, uint32_t index)
{
	const struct rec_op *op = &s->r->ops[index];
	const struct rec_obs *loss = last_loss(s->r, op);
	struct audit_finding *f;

	if (!loss)
		return;
	s->a->flushes++;
	if (flushed_after(s->r, op, loss))
		return;
	f = audit_add(s->a, AUDIT_F1, op->vm, loss->o.spte.gfn, loss->t_ns);
	f->certain = !s->a->lost && !rec_op_lost(s->r, op) && !roots_go(s->r, op->vm, op->begin_ns, op->end_ns);
	f->obs = (uint32_t)(loss - s->r->obs);
	f->ops[0] = index;
	snprintf(f->text, sizeof(f->text), "an entry of level %u was %s, and nothing was flushed after it",
		 (unsigned int)loss->o.spte.level, spte_is_present(loss->o.spte.new) ? "write-protected" : "zapped");
}
