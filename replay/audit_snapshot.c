/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I-N3: who mapped although an invalidation ended since his snapshot. */
#include "replay/audit_snapshot.h"

#include <stdio.h>

/* Without the TDP MMU a fault waits to write, as does the end of an invalidation nested in it: whose wait is this? */
static bool may_be_an_ends(const struct recording *r, const struct rec_op *op, const struct rec_obs *wait)
{
	if (r->meta->tdp_mmu)
		return false;
	for (uint32_t c = op->child; c != REC_NONE; c = r->ops[c].next)
		if (r->ops[c].kind == EV_OP_INVALIDATE_END && r->ops[c].begin_ns <= wait->t_ns)
			return true;
	return false;
}

/* The snapshot was taken by this time at the latest; 0: no record says so before the map. */
static uint64_t snapshot_by(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *pin = rec_find_pin(r, op, PIN_SNAPSHOT), *looked = rec_find_pin(r, op, PIN_LOOKUP_RET);
	const struct rec_obs *wait = rec_find(r, op, OBS_LOCK_WAIT, 0);
	uint64_t by = looked ? looked->t_ns : UINT64_MAX;

	if (wait && wait->t_ns - wait->o.wait.wait_ns < by && !may_be_an_ends(r, op, wait))
		by = wait->t_ns - wait->o.wait.wait_ns;
	/* Without the pin, a notifier nested in the fault may have come before: caches are filled first. */
	if (pin && op->child != REC_NONE && r->ops[op->child].begin_ns >= pin->t_ns && r->ops[op->child].begin_ns < by)
		by = r->ops[op->child].begin_ns;
	return by == UINT64_MAX ? 0 : by;
}

/* First window that ends at or after @t. */
static uint32_t ends_from(const struct audit_windows *w, uint64_t t)
{
	uint32_t lo = 0, hi = w->nr;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (w->v[w->by_end[mid]].end_lo < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* First leaf that @op changed to, which it can only have done having passed the retry test. */
static const struct rec_obs *first_map(const struct recording *r, const struct rec_op *op)
{
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct rec_obs *o = &r->obs[op->first_obs + i];

		if (o->o.kind == OBS_SET_SPTE && spte_is_present(o->o.set.spte))
			return o;
		if (o->o.kind == OBS_SPTE_CHANGED && spte_is_leaf(o->o.spte.new, o->o.spte.level))
			return o;
	}
	return NULL;
}

static void say_stale(const struct audit_job *s, uint32_t index, const struct rec_obs *map,
		      const struct audit_window *w, uint64_t by)
{
	const struct rec_op *op = &s->r->ops[index];
	struct audit_finding *f = audit_add(s->a, AUDIT_N3, op->vm, op->gfn, map->t_ns);
	gfn_t gfn;
	bool covers = audit_window_covers(s->w, w, op->gfn, op->gfn + 1, &gfn);

	f->obs = (uint32_t)(map - s->r->obs);
	f->ops[0] = index;
	f->ops[1] = w->start;
	f->ops[2] = w->end;
	snprintf(f->text, sizeof(f->text),
		 "mapped with a snapshot of %.6f s at the latest, although an invalidation of %s ended after that",
		 by / 1e9, covers ? "its page" : "other pages");
}

void audit_snapshot(const struct audit_job *s, uint32_t index)
{
	const struct rec_op *op = &s->r->ops[index];
	const struct rec_obs *map = first_map(s->r, op);
	uint64_t by = map ? snapshot_by(s->r, op) : 0;

	if (!by)
		return;
	s->a->snapshots++;
	for (uint32_t i = ends_from(s->w, by + 1); i < s->w->nr; i++) {
		const struct audit_window *w = &s->w->v[s->w->by_end[i]];

		if (w->end_lo >= map->t_ns)
			return;
		if (w->vm != op->vm || !w->matched || w->end_hi >= map->t_ns)
			continue;
		say_stale(s, index, map, w, by);
		return;
	}
}
