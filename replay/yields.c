/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One bit per observation; waits and holders of the lock in arrays sorted by time. */
#include "replay/yields.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "kvm/spte.h"

#define LOCK_WRITE 4u		/* flags of contention_begin */

struct span {			/* a wait for mmu_lock; an instant at which it was held */
	uint64_t begin, end, max_end;
	uint32_t task;
	uint16_t vm;
	bool	 write;
};

struct spans {
	struct span *v;
	size_t	     nr, cap;
};

struct yields {
	struct spans waits, holders;
	struct spans mapped;	/* faults that mapped, where those are no holders: see proof_of_lock() */
	bool	     to_waiters;
	uint64_t    *bits;	/* by observation */
	uint32_t     nr;
};

static void add(struct spans *s, const struct rec_op *op, uint64_t begin, uint64_t end, bool write)
{
	if (s->nr == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->v = xreallocarray(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->nr++] = (struct span){ begin, end, 0, op->task, op->vm, write };
}

static int cmp_span(const void *va, const void *vb)
{
	const struct span *a = va, *b = vb;

	return a->begin == b->begin ? 0 : a->begin < b->begin ? -1 : 1;
}

static void sort(struct spans *s)
{
	uint64_t max_end = 0;

	if (s->nr)
		qsort(s->v, s->nr, sizeof(*s->v), cmp_span);
	for (size_t i = 0; i < s->nr; i++) {
		max_end = s->v[i].end > max_end ? s->v[i].end : max_end;
		s->v[i].max_end = max_end;
	}
}

/* First that begins after @t. */
static size_t after(const struct spans *s, uint64_t t)
{
	size_t lo = 0, hi = s->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->v[mid].begin <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* What walks for @op: it, its mode, and so with whom it cannot share the lock. */
struct walker {
	const struct rec_op *op;
	bool		     shared;	/* it has the lock for read */
};

static bool changes_flags(const struct recording *r, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(r, op);

	return op->kind == EV_OP_MEMSLOT && stim && stim->slot.change == EV_SLOT_FLAGS;
}

/* Without the TDP MMU everything on x86 has the lock for write, too. */
static bool always_for_write(const struct recording *r)
{
	return r->meta->arch == KVM_ARM64 || !r->meta->tdp_mmu;
}

/* An entry was changed: the records that show how far a walk has come. */
static bool is_change(unsigned int kind)
{
	return kind == OBS_SPTE_CHANGED || kind == OBS_SPTE_UPDATE || kind == OBS_SPTE_CLEAR;
}

/*
 * Roots that a fast zap made invalid, and slots whose logging starts or stops, are walked under the lock held for
 * read; all else is for write.
 */
static struct walker walker_of(const struct recording *r, const struct rec_op *op)
{
	bool zaps = op->kind == EV_OP_MEMSLOT || op->kind == EV_OP_NX_TOGGLE;

	if (always_for_write(r))
		return (struct walker){ op, false };
	return (struct walker){ op, changes_flags(r, op) || (zaps && rec_find(r, op, OBS_ZAP_ALL_FAST, 0)) };
}

/* Is @x of somebody whom the walk keeps out? */
static bool shuts_out(const struct walker *w, const struct span *x)
{
	return x->vm == w->op->vm && x->task != w->op->task && (x->write || !w->shared);
}

/* One whom the walk keeps out and that meets @from .. @to; @inside: that lies in it. */
static bool any(const struct spans *s, const struct walker *w, uint64_t from, uint64_t to, bool inside)
{
	for (size_t i = after(s, to); i-- > 0 && s->v[i].max_end >= from;) {
		const struct span *x = &s->v[i];

		if (!shuts_out(w, x) || x->end < from)
			continue;
		if (!inside || (x->begin > from && x->end < to))
			return true;
	}
	return false;
}

/* One whom the walk keeps out had his wait end in @from .. @to. */
static bool any_end(const struct spans *s, const struct walker *w, uint64_t from, uint64_t to)
{
	for (size_t i = after(s, to); i-- > 0 && s->v[i].max_end > from;)
		if (shuts_out(w, &s->v[i]) && s->v[i].end > from && s->v[i].end < to)
			return true;
	return false;
}

/* Blocks are split where a log is cleared, too: on arm64 alone with the lock dropped. */
bool yields_walks(const struct recording *r, unsigned int kind)
{
	if (kind == EV_OP_DIRTY)
		return r->meta->arch == KVM_ARM64;
	return kind == EV_OP_INVALIDATE_START || kind == EV_OP_MEMSLOT || kind == EV_OP_ZAP_ALL ||
	       kind == EV_OP_ZAP_RANGE || kind == EV_OP_VM_DESTROY || kind == EV_OP_NX_RECOVER ||
	       kind == EV_OP_NX_TOGGLE || kind == EV_OP_SYNC_ROOTS || (kind == EV_OP_VCPU_LOAD && r->meta->shadow);
}

static bool is_flush(const struct rec_obs *o)
{
	return o->o.kind == OBS_FLUSH_ALL || o->o.kind == OBS_FLUSH_RANGE;
}

/* Under the TDP MMU logging that stops zaps tables one by one, each with a flush, and keeps the lock. */
static bool flushes_to_yield(const struct recording *r, const struct rec_op *op)
{
	return always_for_write(r) || !changes_flags(r, op);
}

/*
 * What shows that @op had the lock: a probe inside the locked section, an entry that is zapped, a root made there;
 * all for write but what a fault maps.  That is asked only where no probe shows the flushes of who yields.
 */
static const struct rec_obs *proof_of_lock(const struct recording *r, const struct rec_op *op)
{
	if (op->kind == EV_OP_FAULT && r->meta->arch == KVM_ARM64) {
		const struct rec_obs *visit = rec_find(r, op, OBS_W_MAP, 0);

		return visit ? visit : rec_find(r, op, OBS_W_ATTR, 0);
	}
	if (op->kind == EV_OP_INVALIDATE_START)
		return rec_find(r, op, r->meta->has_probes ? OBS_UNMAP_RANGE : OBS_SPTE_CHANGED, 0);
	if (op->kind == EV_OP_FAULT && always_for_write(r))
		return rec_find(r, op, OBS_SPTE_REQUESTED, 0);
	if (op->kind == EV_OP_FAULT && !r->meta->has_probes)
		return rec_find(r, op, OBS_SPTE_REQUESTED, 0);
	if (op->kind == EV_OP_INVALIDATE_END)
		return rec_find_pin(r, op, PIN_INV_END);
	if (op->kind == EV_OP_VCPU_LOAD && (r->meta->release < KVM_6_12 || always_for_write(r)))
		return rec_find(r, op, OBS_GET_PAGE, 0);
	return NULL;
}

/* A round of NX recovery takes tables away one by one, and may let go of the lock after each. */
static void note_round(const struct rec_op *op, const struct rec_obs *obs, struct spans *holders)
{
	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].o.kind == OBS_SPTE_CHANGED && spte_is_table(obs[i].o.spte.old, obs[i].o.spte.level))
			add(holders, op, obs[i].t_ns, obs[i].t_ns, true);
}

/* @op had the lock without waiting for it, as @held shows, if it does. */
static void note_holder(const struct recording *r, const struct rec_op *op, const struct rec_obs *held,
			struct spans *to)
{
	if (held && !rec_find(r, op, OBS_LOCK_WAIT, 0))
		add(to, op, held->t_ns, held->t_ns, op->kind != EV_OP_FAULT || always_for_write(r));
}

static void gather(const struct recording *r, struct yields *y)
{
	for (uint32_t i = 0; i < r->nr_ops; i++) {
		const struct rec_op *op = &r->ops[i];
		const struct rec_obs *obs = rec_op_obs(r, op);
		const struct rec_obs *held = proof_of_lock(r, op);

		for (uint32_t o = 0; o < op->nr_obs; o++)
			if (obs[o].o.kind == OBS_LOCK_WAIT)
				add(&y->waits, op, obs[o].t_ns - obs[o].o.wait.wait_ns, obs[o].t_ns,
				    obs[o].o.wait.flags & LOCK_WRITE);
		note_holder(r, op, held, &y->holders);
		if (op->kind == EV_OP_FAULT && !held)
			note_holder(r, op, rec_find(r, op, OBS_SPTE_REQUESTED, 0), &y->mapped);
		if (op->kind == EV_OP_NX_RECOVER)
			note_round(op, obs, &y->holders);
	}
	sort(&y->waits);
	sort(&y->holders);
	sort(&y->mapped);
}

struct walk {			/* of one operation: from its first record under the lock on, to its last change */
	uint32_t first, last;
};

/*
 * Walks of rmaps flush what they have come to before they yield; at its end a notifier flushes everything, and a change
 * of a slot all of the slot.
 */
static bool flushes_part(const struct recording *r, const struct rec_op *op, const struct obs *o)
{
	const struct ev *stim = rec_op_stim(r, op);

	if (o->kind != OBS_FLUSH_RANGE || r->meta->arch != KVM_X86 || r->meta->tdp_mmu)
		return false;
	return op->kind == EV_OP_INVALIDATE_START ||
	       (op->kind == EV_OP_MEMSLOT && stim && o->gfns.count < stim->slot.npages);
}

static bool find_walk(const struct recording *r, const struct rec_op *op, struct walk *w)
{
	const struct rec_obs *obs = rec_op_obs(r, op);
	bool begun = false, found = false;

	for (uint32_t i = 0; i < op->nr_obs; i++) {
		if (obs[i].o.kind == OBS_UNMAP_RANGE && !begun) {	/* it may come to nothing for long */
			w->first = i;
			begun = true;
		}
		if (!is_change(obs[i].o.kind) && obs[i].o.kind != OBS_PREPARE_ZAP_PAGE &&
		    obs[i].o.kind != OBS_SYNC_PAGE && !flushes_part(r, op, &obs[i].o) &&
		    obs[i].o.kind != OBS_W_UNMAP && obs[i].o.kind != OBS_W_ATTR && obs[i].o.kind != OBS_W_SPLIT)
			continue;
		if (!begun)
			w->first = i;
		w->last = i;
		begun = found = true;
	}
	return found;
}

static void note_op(struct yields *y, const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(r, op);
	bool flush_tells = flushes_to_yield(r, op);
	const struct walker walker = walker_of(r, op);
	struct walk w = { 0 };
	bool changed = false;

	if (!yields_walks(r, op->kind) || !find_walk(r, op, &w))
		return;
	for (uint32_t i = w.first + 1; i <= w.last; i++) {
		uint64_t from = obs[i - 1].t_ns, to = obs[i].t_ns;
		uint32_t at = op->first_obs + i;
		bool let_in = any(&y->holders, &walker, from, to, true) || (flush_tells && is_flush(&obs[i]));

		changed |= is_change(obs[i - 1].o.kind);
		if (!changed)		/* there is nothing to flush yet */
			let_in |= any(&y->mapped, &walker, from, to, true);

		if (y->to_waiters ? let_in && !any(&y->waits, &walker, from, to, false) :
		    let_in || any_end(&y->waits, &walker, from, to))
			y->bits[at / 64] |= BIT_ULL(at % 64);
	}
}

struct yields *yields_new(const struct recording *r, bool to_waiters)
{
	struct yields *y = xcalloc(1, sizeof(*y));

	y->nr = r->nr_obs;
	y->to_waiters = to_waiters;
	y->bits = xcalloc(r->nr_obs / 64 + 1, sizeof(*y->bits));
	gather(r, y);
	for (uint32_t i = 0; i < r->nr_ops; i++)
		note_op(y, r, &r->ops[i]);
	return y;
}

void yields_free(struct yields *y)
{
	if (!y)
		return;
	free(y->waits.v);
	free(y->holders.v);
	free(y->mapped.v);
	free(y->bits);
	free(y);
}

bool yields_before(const struct yields *y, uint32_t obs)
{
	return obs < y->nr && y->bits[obs / 64] & BIT_ULL(obs % 64);
}

bool yields_overtaken(const struct yields *y, const struct rec_op *op, uint64_t begin, uint64_t end)
{
	const struct walker waiter = { op, true };

	return any(&y->holders, &waiter, begin, end, true);
}

uint32_t yields_walk_start(const struct recording *r, const struct rec_op *op, uint32_t next, uint64_t t)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	while (next < op->nr_obs && obs[next].t_ns <= t &&
	       (obs[next].o.kind == OBS_LOCK_WAIT || obs[next].o.kind == OBS_PIN ||
		obs[next].o.kind == OBS_UNMAP_RANGE))
		next++;
	return next;
}

/*
 * Does the walk go on after the first of @obs?  A flush is at its end otherwise; a wait, where no probe tells
 * of the end of an invalidation, may be of that.
 */
static bool goes_on(const struct rec_obs *obs, uint32_t nr)
{
	bool again = obs->o.kind == OBS_LOCK_WAIT;

	for (uint32_t i = 1; i < nr; i++) {
		again |= obs[i].o.kind == OBS_LOCK_WAIT;
		if (is_change(obs[i].o.kind) ||
		    (again && obs[i].o.kind == OBS_PIN && obs[i].o.pin.pin == PIN_UNMAP_RET))
			return true;
	}
	return false;
}

/*
 * First begin in @from .. @until of a wait that was over by @to, of one whom the walk keeps out: it let him in.
 * Or @until, as where somebody waits at @from already: the engine finds him there.
 */
static uint64_t let_in(const struct spans *waits, const struct walker *w, uint64_t from, uint64_t until, uint64_t to)
{
	if (any(waits, w, from, from, false))
		return until;
	for (size_t i = after(waits, from); i < waits->nr && waits->v[i].begin < until; i++)
		if (shuts_out(w, &waits->v[i]) && waits->v[i].end <= to)
			return waits->v[i].begin + 1;	/* he is there */
	return until;
}

uint64_t yields_seen(const struct yields *y, const struct recording *r, const struct rec_op *op, uint32_t next)
{
	const struct rec_obs *obs = rec_op_obs(r, op) + next;
	const struct walker walker = walker_of(r, op);
	bool flush = next < op->nr_obs && is_flush(obs);
	uint64_t until, seen;

	if (!next || next >= op->nr_obs || !y->to_waiters || (flush && !flushes_to_yield(r, op)))
		return 0;
	if ((flush || obs->o.kind == OBS_LOCK_WAIT) && !goes_on(obs, op->nr_obs - next))
		return 0;
	if (flush)	/* right before it drops the lock */
		return obs->t_ns;
	until = obs->o.kind == OBS_LOCK_WAIT ? obs->t_ns - obs->o.wait.wait_ns : obs->t_ns;
	seen = let_in(&y->waits, &walker, obs[-1].t_ns, until, obs->t_ns);
	return obs->o.kind == OBS_LOCK_WAIT || seen < until ? seen : 0;
}

/* First begin in @from .. @to of another task's wait that lasted beyond @to. */
static uint64_t kept_out(const struct spans *waits, const struct walker *w, uint64_t from, uint64_t to)
{
	for (size_t i = after(waits, from); i < waits->nr && waits->v[i].begin < to; i++)
		if (shuts_out(w, &waits->v[i]) && waits->v[i].end > to)
			return waits->v[i].begin;
	return to;
}

uint64_t yields_relock(const struct yields *y, const struct recording *r, const struct rec_op *op, uint32_t *next,
		       uint64_t t)
{
	const struct rec_obs *obs = rec_op_obs(r, op);
	const struct walker walker = walker_of(r, op);
	const struct rec_obs *at;
	uint64_t begin;

	while (*next < op->nr_obs && is_flush(&obs[*next]) && flushes_to_yield(r, op))
		++*next;
	if (*next >= op->nr_obs)
		return 0;
	at = &obs[*next];
	if (at->o.kind != OBS_LOCK_WAIT)
		return kept_out(&y->waits, &walker, t, at->t_ns) - 1;
	++*next;
	begin = at->t_ns - at->o.wait.wait_ns;
	return always_for_write(r) && yields_overtaken(y, op, begin, at->t_ns) ? at->t_ns : begin;
}

/* The least end in @from .. @to of what shuts @w out, or @to. */
static uint64_t first_end(const struct spans *s, const struct walker *w, uint64_t from, uint64_t to)
{
	uint64_t first = to;

	for (size_t i = after(s, to); i-- > 0 && s->v[i].max_end > from;)
		if (shuts_out(w, &s->v[i]) && s->v[i].end > from && s->v[i].end < first)
			first = s->v[i].end;
	return first;
}

uint64_t yields_over(const struct yields *y, const struct recording *r, const struct rec_op *op, uint64_t t)
{
	const struct walker walker = walker_of(r, op);

	if (!yields_walks(r, op->kind))
		return op->end_ns;
	return first_end(&y->holders, &walker, t, first_end(&y->waits, &walker, t, op->end_ns));
}
