/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers the engine's pins with recorded instants; the engine decides what happens at them. */
#include "replay/drive/guide_state.h"

/*
 * The lock: taken when the recording had it.  Queueing for it from the recorded begin of the wait on matters
 * only to a walk that yields to waiters; without one, who held the lock is not known, and getting it early
 * would keep others out: whose turn it was may have lost his CPU, and others got in without a wait.  So it
 * would when the walk lets in somebody who slept through his turn: he is only seen to wait.
 */
static uint64_t pin_lock(struct guide *g, const struct running *r, uint64_t queued, uint64_t taken)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	bool lets_in;

	rt_idle_until(queued);
	lets_in = g->walking[op->vm] && g->policies[op->vm].lock_needbreak == LOCK_NEEDBREAK_CONTENDED;
	if (queued >= taken || !lets_in)
		return lets_in ? 0 : taken;
	if (!yields_overtaken(g->job->yields, op, queued, taken))
		return 0;
	g->waiting[op->vm]++;
	rt_idle_until(taken);
	g->waiting[op->vm]--;
	return 0;
}

/* A fault looks at its entry at @t, and finds what hardware did to it. */
static void look_after(const struct guide *g, const struct running *r, uint64_t t)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	rt_idle_until(t);
	if (guide_is_arm64(g))
		return;
	guide_touch_fault(g, g->mmus[op->vm], op, g->rec->meta->tasks[op->task].vcpu);
}

/*
 * A fault has read an entry and is about to change it.  Where it has no record of that, somebody else did between the
 * two, or it would have won: it comes after the first who changed what lies above its page.
 */
static uint64_t pin_change_entry(const struct guide *g, const struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(g->rec, op);

	for (uint32_t i = r->paced; i < op->nr_obs; i++)
		if (obs[i].o.kind == OBS_SPTE_CHANGED)
			return 0;
	return chains_taken(g->job->chains, op, rt_now_ns() + 1, op->end_ns);
}

/* It has the lock, and finds its entries as hardware left them. */
static uint64_t locked(const struct guide *g, const struct running *r, uint64_t t)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	if (!guide_is_rmaps(g))
		return t;
	rt_idle_until(t);
	guide_shadow_touch(g, g->mmus[op->vm], op, 0);
	return 0;
}

static uint64_t pin_fault(struct actor *a, struct running *r, enum rt_pin pin)
{
	switch (pin) {
	case RT_PIN_FAST:
		look_after(a->g, r, r->fault.fast);
		return 0;
	case RT_PIN_FAST_SAID:
		return r->fault.fast_said;
	case RT_PIN_SNAPSHOT:
		return r->fault.snapshot.at;
	case RT_PIN_LOOKED_UP:
		/* Looking up the host's page is what runs notifiers in a fault's own context. */
		guide_perform_children(a);
		return r->fault.looked_up;
	case RT_PIN_LOCK:
		return pin_lock(a->g, r, r->fault.lock, r->fault.check.at);
	case RT_PIN_LOCKED:
		r->checked = true;
		return locked(a->g, r, r->fault.check.at);
	case RT_PIN_MAP:
		look_after(a->g, r, r->fault.map);
		return 0;
	case RT_PIN_CHANGE:
		return guide_is_arm64(a->g) ? guide_stage2_break(a->g, r) : pin_change_entry(a->g, r);
	case RT_PIN_MAKE:
		return guide_stage2_make(a->g, r);
	case RT_PIN_RESCHED:
		return guide_shadow_gives_up(a->g, r);
	default:
		return 0;
	}
}

static uint64_t pin_swap(struct guide *g, struct running *r)
{
	const struct swap *swap = swaps_of(g->job->swaps, r->op, r->swaps);

	guide_walk_over(g, r);
	return swap ? swap->published.at : 0;
}

/* The generation advances: the last thing of a swap. */
static uint64_t pin_swapped(const struct guide *g, struct running *r)
{
	const struct swap *swap = swaps_of(g->job->swaps, r->op, r->swaps++);

	return swap ? swap->advanced.at : 0;
}

#define LOCK_READ	2u	/* flags of contention_begin */

/*
 * Roots that a fast zap made invalid are emptied under a lock of their own.  Who had to wait for it waits before the
 * first entry goes.  (Without probes it may be the wait of something else.)
 */
static uint64_t pin_lock_again(struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(g->rec, op), *zap = rec_find(g->rec, op, OBS_ZAP_ALL_FAST, 0);

	if (!zap || !g->rec->meta->has_probes)
		return 0;
	for (uint32_t i = (uint32_t)(zap - obs) + 1; i < op->nr_obs && obs[i].o.kind != OBS_SPTE_CHANGED; i++) {
		if (obs[i].o.kind != OBS_LOCK_WAIT || !(obs[i].o.wait.flags & LOCK_READ))
			continue;
		r->paced = r->paced > i + 1 ? r->paced : i + 1;
		return pin_lock(g, r, obs[i].t_ns - obs[i].o.wait.wait_ns, obs[i].t_ns);
	}
	return 0;
}

static void walk_begins(struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];

	if (r->walks)
		return;
	r->walks = true;
	g->walking[op->vm]++;
	r->paced = yields_walk_start(g->rec, op, r->paced, r->change.at);
}

void guide_walk_over(struct guide *g, struct running *r)
{
	if (r->walks)
		g->walking[g->rec->ops[r->op].vm]--;
	r->walks = false;
}

static uint64_t pin_change(struct guide *g, struct running *r)
{
	if (yields_walks(g->rec, g->rec->ops[r->op].kind))
		walk_begins(g, r);
	if (r->changed)
		return 0;
	r->changed = true;
	return locked(g, r, r->change.at);
}

/* The walk of an invalidation begins; it is over when the operation is. */
static uint64_t pin_begin(struct guide *g, struct running *r)
{
	walk_begins(g, r);
	return locked(g, r, r->change.at);
}

/*
 * A walk may yield here.  To waiters it does so as the engine finds them; where its next record is of a yield,
 * it goes on to that time, so that whoever queued meanwhile is there.  Without any, the records must say it.
 */
static uint64_t pin_resched(const struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	uint32_t next = op->first_obs + r->paced;

	if (!r->walks || r->paced >= op->nr_obs)
		return 0;
	if (guide_is_arm64(g) && guide_stage2_yields(g, r))
		return 1;
	if (yields_before(g->job->yields, next))
		return 1;
	rt_idle_until(yields_seen(g->job->yields, g->rec, op, r->paced));
	return g->waiting[op->vm] && g->policies[op->vm].lock_needbreak == LOCK_NEEDBREAK_CONTENDED;
}

/* A probe shows each such look, also where the walk leaves the page as it is. */
static uint64_t pin_level(const struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	const struct rec_obs *next = rec_op_obs(g->rec, op) + r->paced;

	if (!r->walks || r->paced >= op->nr_obs || next->o.kind != OBS_PIN || next->o.pin.pin != PIN_MAX_LEVEL_RET)
		return 0;
	r->paced++;
	return next->t_ns;
}

static uint64_t pin_relock(const struct guide *g, struct running *r)
{
	const struct rec_op *op = &g->rec->ops[r->op];
	uint64_t at;

	if (!r->walks)
		return 0;
	at = yields_relock(g->job->yields, g->rec, op, &r->paced, rt_now_ns());
	if (guide_is_rmaps(g) && r->paced < op->nr_obs)
		guide_shadow_touch(g, g->mmus[op->vm], op, r->paced);
	return at;
}

/* The first time is where the evidence is; what follows needs none, but for what a fast zap leaves to be done. */
static uint64_t pin_lock_once(struct guide *g, struct running *r)
{
	if (r->queued && guide_is_arm64(g))	/* it let others in to fetch pages */
		return pin_relock(g, r);
	if (r->queued)
		return pin_lock_again(g, r);
	r->queued = true;
	return pin_lock(g, r, instants_lock(g->rec, &g->rec->ops[r->op], r->change.at), r->change.at);
}

uint64_t guide_pin(void *arg, unsigned int task, enum rt_pin pin)
{
	struct guide *g = arg;
	struct actor *a = &g->actors[task];
	struct running *r = a->top;

	if (!r || r->mends)
		return 0;
	if (g->rec->ops[r->op].kind == EV_OP_FAULT)
		return pin_fault(a, r, pin);
	switch (pin) {
	case RT_PIN_SWAP:
		return pin_swap(g, r);
	case RT_PIN_SWAPPED:
		return pin_swapped(g, r);
	case RT_PIN_INV_BEGIN:
		return pin_begin(g, r);
	case RT_PIN_INV_END:
		return r->change.at;
	case RT_PIN_LOCK:
		return pin_lock_once(g, r);
	case RT_PIN_RESCHED:
		return pin_resched(g, r);
	case RT_PIN_RELOCK:
		return pin_relock(g, r);
	case RT_PIN_LEVEL:
		return pin_level(g, r);
	case RT_PIN_OTHER:
		return pin_change(g, r);
	case RT_PIN_CHANGE:
		return guide_is_arm64(g) ? guide_stage2_break(g, r) : 0;
	case RT_PIN_MAKE:
		return guide_stage2_make(g, r);
	default:
		return 0;
	}
}

/* What tells one observation of a kind from the next. */
static gfn_t place_of(const struct obs *o)
{
	switch (o->kind) {
	case OBS_SPTE_CHANGED:
		return o->spte.gfn;
	case OBS_GET_PAGE:
		return o->page.gfn;
	case OBS_SPTE_REQUESTED:
		return o->map.gfn;
	case OBS_SPTE_UPDATE:
	case OBS_SPTE_CLEAR:
		return o->spte.old >> 12;
	case OBS_PREPARE_ZAP_PAGE:
	case OBS_SYNC_PAGE:
		return o->page.gfn;
	default:
		return o->gfns.gfn;
	}
}

#define PACE_LOOKAHEAD	64	/* a prediction that is not among the next so many is a wrong one */
#define EVENT_AFTER_NS	1000	/* about how long before its event a change was made */

/* Shortly before @t_ns, but not before what came last. */
static uint64_t just_before(uint64_t last_ns, uint64_t t_ns)
{
	return t_ns < last_ns + EVENT_AFTER_NS ? last_ns : t_ns - EVENT_AFTER_NS;
}

/* Of a range of @pages that one entry covers. */
static int level_of(uint64_t pages)
{
	return pages == SPTE_LEVEL_PAGES(3) ? 3 : pages == SPTE_LEVEL_PAGES(2) ? 2 : 1;
}

/* Kinds that show how far a long operation has got. */
static bool is_step(unsigned int kind)
{
	return kind == OBS_SPTE_CHANGED || kind == OBS_GET_PAGE || kind == OBS_LOG_DIRTY || kind == OBS_FLUSH_RANGE ||
	       kind == OBS_FLUSH_ALL || kind == OBS_SPTE_UPDATE || kind == OBS_SPTE_CLEAR;
}

/* The table that flush @i is for was frozen: by what time, until @next, had others put something else there? */
static uint64_t thawed(const struct guide *g, const struct rec_op *op, const struct rec_obs *obs, uint32_t i,
		       uint64_t next)
{
	for (uint32_t o = i; o-- > 0;) {
		const struct obs *at = &obs[o].o;

		if (at->kind == OBS_FLUSH_RANGE)	/* since 6.9 */
			return chains_thawed(g->job->chains, op->vm, at->gfns.gfn, level_of(at->gfns.count),
					     obs[i].t_ns, next);
		if (at->kind == OBS_SPTE_CHANGED && at->spte.level > 1)
			return chains_thawed(g->job->chains, op->vm, at->spte.gfn, at->spte.level, obs[i].t_ns, next);
	}
	return next;
}

/* A fault that made a table goes on to link it: at once, where others found it there before the record of that. */
static bool was_linked_early(const struct guide *g, const struct rec_op *op, const struct rec_obs *made,
			     const struct rec_obs *linked)
{
	if (made->o.kind != OBS_GET_PAGE || linked->o.kind != OBS_SPTE_CHANGED)
		return false;
	return chains_passed(g->job->chains, op, linked->o.spte.gfn, linked->o.spte.level, made->t_ns, linked->t_ns);
}

/*
 * After its record @i the fault made no change that is recorded: at which level did it lose to another?  At that of the
 * table it made last; or it made none, and lost the page itself (1).  0: it did not lose.
 */
static int lost_level(const struct rec_op *op, const struct rec_obs *obs, uint32_t i)
{
	int level = 1;

	while (++i < op->nr_obs) {
		if (obs[i].o.kind == OBS_SPTE_CHANGED || obs[i].o.kind == OBS_SET_SPTE)
			return 0;
		if (obs[i].o.kind == OBS_GET_PAGE)
			level = role_level(obs[i].o.page.role) + 1;
	}
	return level;
}

/* With its record @i a fault is about to look at the next entry. */
static bool is_about_to_look(const struct obs *o)
{
	return o->kind == OBS_SPTE_REQUESTED ||
	       (o->kind == OBS_SPTE_CHANGED && spte_is_table(o->spte.new, o->spte.level));
}

/* When a fault went on after its record @i. */
static uint64_t fault_resumed(const struct guide *g, const struct rec_op *op, const struct rec_obs *obs, uint32_t i,
			      uint64_t next)
{
	int lost = is_about_to_look(&obs[i].o) ? lost_level(op, obs, i) : 0;

	if (lost)
		return chains_last_way(g->job->chains, op, lost, obs[i].t_ns, op->end_ns);
	if (i + 1 < op->nr_obs && was_linked_early(g, op, &obs[i], &obs[i + 1]))
		return obs[i].t_ns;
	return just_before(obs[i].t_ns, next);
}

/*
 * When the kernel went on after its record @i.  Under the lock held for write nobody can tell;
 * a fault shares the lock, and others may have changed what it looked at next; a flush takes its time.
 */
static uint64_t resumed(const struct guide *g, const struct rec_op *op, const struct rec_obs *obs, uint32_t i)
{
	uint64_t next = i + 1 < op->nr_obs ? obs[i + 1].t_ns : yields_over(g->job->yields, g->rec, op, obs[i].t_ns);

	if (op->kind == EV_OP_FAULT)
		return fault_resumed(g, op, obs, i, next);
	/*
	 * A zapped table stays frozen until the flush is over, which takes nearly all of the time to the next
	 * record: since 6.9 that the table is gone, before that the next table.
	 */
	if (op->kind == EV_OP_MEMSLOT && obs[i].o.kind == OBS_FLUSH_ALL)
		return just_before(obs[i].t_ns, thawed(g, op, obs, i, next));
	return obs[i].t_ns;
}

/*
 * Only a zap of dirty logging flushes as one step among many, and a fault that zaps a huge page in its
 * way: the entry stays frozen, and sends others back, until the flush is over.
 */
static bool paces(const struct rec_op *op, unsigned int kind)
{
	if (kind == OBS_FLUSH_RANGE || kind == OBS_FLUSH_ALL)
		return op->kind == EV_OP_MEMSLOT || op->kind == EV_OP_FAULT;
	if (kind == OBS_SPTE_REQUESTED)
		return op->kind == EV_OP_FAULT;
	return is_step(kind);
}

void guide_pace(struct actor *a, const struct obs *o)
{
	const struct recording *rec = a->g->rec;
	struct running *r = a->top;
	const struct rec_op *op = &rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(rec, op);

	if (guide_is_arm64(a->g)) {
		guide_stage2_pace(a, o);
		return;
	}
	if (!paces(op, o->kind))
		return;
	for (uint32_t i = r->paced; i < op->nr_obs && i < r->paced + PACE_LOOKAHEAD; i++) {
		if (obs[i].o.kind != o->kind || place_of(&obs[i].o) != place_of(o))
			continue;
		r->paced = i + 1;
		rt_idle_until(resumed(a->g, op, obs, i));
		return;
	}
}

/*
 * Between two records a walk may have stood still for long.  It had not come to a table of logging's
 * end that a fault found in its place.
 */
static void pass_by(const struct guide *g, const struct rec_op *op, gfn_t gfn, uint64_t next_ns)
{
	if (op->kind == EV_OP_MEMSLOT)
		rt_idle_until(chains_replaced(g->job->chains, op->vm, gfn, rt_now_ns(), next_ns));
}

/*
 * When the step was made that @obs is the record of, the one before it at @last_ns: shortly before the record, but for
 * one that lost its CPU between the two.  Others found the entry protected then.
 */
static uint64_t step_made(const struct guide *g, const struct rec_op *op, const struct rec_obs *obs, uint64_t last_ns)
{
	uint64_t at = just_before(last_ns, obs->t_ns);

	if (obs->o.kind != OBS_SPTE_CHANGED || !(obs->o.spte.old & SPTE_W) ||
	    obs->o.spte.new != (obs->o.spte.old & ~SPTE_W))
		return at;
	return chains_found(g->job->chains, op->vm, obs->o.spte.gfn, obs->o.spte.new, last_ns, at);
}

void guide_before(struct actor *a, gfn_t gfn)
{
	const struct recording *rec = a->g->rec;
	const struct running *r = a->top;
	const struct rec_op *op = &rec->ops[r->op];
	const struct rec_obs *obs = rec_op_obs(rec, op);
	uint32_t i = r->paced;

	if (guide_is_arm64(a->g)) {
		guide_stage2_before(a, gfn);
		return;
	}
	while (i < op->nr_obs && !is_step(obs[i].o.kind))
		i++;
	if (i == op->nr_obs)
		pass_by(a->g, op, gfn, op->end_ns);
	else if (place_of(&obs[i].o) == gfn)
		rt_idle_until(step_made(a->g, op, &obs[i], i ? obs[i - 1].t_ns : op->begin_ns));
	else
		pass_by(a->g, op, gfn, obs[i].t_ns);
}
