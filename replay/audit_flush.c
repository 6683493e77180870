/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I-F1: what was zapped or write-protected, and no flush after it. */
#include "replay/audit_flush.h"

#include <stdio.h>

/*
 * Without the TDP MMU whoever takes mmu_lock to change entries flushes before he lets go of it: nothing but that
 * flush keeps a page that he freed from being used.
 */
static bool must_flush(const struct recording *r, const struct rec_op *op)
{
	switch (op->kind) {
	case EV_OP_INVALIDATE_START:
	case EV_OP_DIRTY:
	case EV_OP_MEMSLOT:
		return true;
	case EV_OP_FAULT:
	case EV_OP_VCPU_LOAD:
	case EV_OP_CR3:
	case EV_OP_SYNC_ROOTS:
	case EV_OP_INVLPG:
	case EV_OP_PT_WRITE:
	case EV_OP_PAGE_LIMIT:
		return !r->meta->tdp_mmu;
	default:
		return false;
	}
}

/*
 * Does @o take a mapping, or a permission, away from the guest?  A memslot that goes away takes its roots
 * with it, and a vCPU flushes when it loads another.
 */
static bool takes_away(const struct rec_op *op, const struct obs *o)
{
	const struct obs_spte *s = &o->spte;

	switch (o->kind) {
	case OBS_SPTE_CLEAR:		/* of leafs only, as is an update; the level may not be known */
		return spte_is_present(s->old) && op->kind != EV_OP_MEMSLOT;
	case OBS_SPTE_UPDATE:
		return spte_is_present(s->old) && (s->old & ~s->new) & SPTE_W;
	case OBS_SPTE_CHANGED:
		if (!spte_is_leaf(s->old, s->level))
			return false;
		return spte_is_present(s->new) ? (s->old & ~s->new) & SPTE_W : op->kind != EV_OP_MEMSLOT;
	default:
		return false;
	}
}

static bool is_flush(const struct obs *o)
{
	return o->kind == OBS_FLUSH_ALL || o->kind == OBS_FLUSH_RANGE;
}

/* What @op took away last. */
static const struct rec_obs *last_loss(const struct recording *r, const struct rec_op *op)
{
	for (uint32_t i = op->nr_obs; i-- > 0;) {
		const struct rec_obs *o = &r->obs[op->first_obs + i];

		if (takes_away(op, &o->o))
			return o;
	}
	return NULL;
}

static bool flushes(const struct recording *r, const struct rec_op *op, uint32_t from_obs)
{
	for (uint32_t i = from_obs; i < op->first_obs + op->nr_obs; i++)
		if (is_flush(&r->obs[i].o))
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

static void say_unflushed(const struct audit_job *s, uint32_t index, const struct rec_obs *loss, const char *until)
{
	const struct rec_op *op = &s->r->ops[index];
	struct audit_finding *f = audit_add(s->a, AUDIT_F1, op->vm, loss->o.spte.level ? loss->o.spte.gfn : 0,
					    loss->t_ns);
	char level[24] = "";

	f->certain = !s->a->lost && !rec_op_lost(s->r, op) && !roots_go(s->r, op->vm, op->begin_ns, op->end_ns);
	f->obs = (uint32_t)(loss - s->r->obs);
	f->ops[0] = index;
	if (loss->o.spte.level)
		snprintf(level, sizeof(level), " of level %u", (unsigned int)loss->o.spte.level);
	snprintf(f->text, sizeof(f->text), "an entry%s was %s, and nothing was flushed %s", level,
		 spte_is_present(loss->o.spte.new) ? "write-protected" : "zapped", until);
}

/* Dirty logs are flushed when the lock has been let go, but before user space gets them. */
static bool flushes_locked(const struct rec_op *op)
{
	return op->kind != EV_OP_DIRTY && op->kind != EV_OP_MEMSLOT;
}

/* What was taken away when @op had to wait for mmu_lock, and so had let go of it, without a flush between. */
static const struct rec_obs *let_go(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *owed = NULL;

	if (!flushes_locked(op))
		return NULL;
	for (uint32_t i = op->first_obs; i < op->first_obs + op->nr_obs; i++) {
		const struct rec_obs *o = &r->obs[i];

		if (takes_away(op, &o->o))
			owed = o;
		else if (is_flush(&o->o))
			owed = NULL;
		else if (owed && o->o.kind == OBS_LOCK_WAIT && o->t_ns - o->o.wait.wait_ns > owed->t_ns)
			return owed;
	}
	return NULL;
}

void audit_flush(const struct audit_job *s, uint32_t index)
{
	const struct rec_op *op = &s->r->ops[index];
	const struct rec_obs *loss = must_flush(s->r, op) ? last_loss(s->r, op) : NULL, *gone;

	if (!loss)
		return;
	s->a->flushes++;
	gone = let_go(s->r, op);
	if (gone)
		say_unflushed(s, index, gone, "before the lock was let go");
	else if (!flushed_after(s->r, op, loss))
		say_unflushed(s, index, loss, "after it");
}
