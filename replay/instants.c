/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence of instants: one function per step, all from the operation's own records. */
#include "replay/instants.h"

#include "base/alloc.h"

/*
 * Without a pin: from the entry of the end notifier to the decrement, slots
 * are searched and the lock is taken.  Median over the 6.12 trace that has both probes
 * is 3.06 us with the cost of the second probe in it, least 1.69 us.
 */
#define END_AFTER_ENTRY_NS	1700
/* ... and it queues for the lock no later than that: 2.0 to 4.5 us on 6.1 and 6.12; faults return after 5.7. */
#define END_QUEUES_NS		5100

/* From a copy of the dirty log to the begin of the next call: user space, there and back. */
#define COPY_BEFORE_NEXT_NS	10000

#define LOCK_READ		2u	/* flags of contention_begin */
#define LOCK_WRITE		4u

static uint64_t clamp(uint64_t t, uint64_t lo, uint64_t hi)
{
	return t < lo ? lo : t > hi ? hi : t;
}

/* Events a fault emits under mmu_lock, after the retry test. */
static bool is_map_event(unsigned int kind)
{
	return kind == OBS_SPTE_REQUESTED || kind == OBS_GET_PAGE || kind == OBS_SPTE_CHANGED ||
	       kind == OBS_SET_SPTE || kind == OBS_PREPARE_ZAP_PAGE || kind == OBS_MARK_MMIO ||
	       kind == OBS_SPTE_UPDATE || kind == OBS_SYNC_PAGE || kind == OBS_UNSYNC_PAGE ||
	       kind == OBS_SPLIT_HUGE_PAGE || kind == OBS_S2_MAP || kind == OBS_S2_RELAX || kind == OBS_S2_MKYOUNG ||
	       kind == OBS_W_MAP || kind == OBS_WALK_LEAF || kind == OBS_W_ATTR;
}

static bool is_rmaps(const struct ev_meta *meta)
{
	return meta->arch == KVM_X86 && !meta->tdp_mmu;
}

/*
 * Without the TDP MMU room for pages is made under mmu_lock before the retry test (make_mmu_pages_available()); a page
 * that is zapped later, because it cannot be synced or has another role, follows some event of the map.
 */
static bool is_recycling(const struct ev_meta *meta, unsigned int kind)
{
	return is_rmaps(meta) && (kind == OBS_PREPARE_ZAP_PAGE || kind == OBS_SPTE_CLEAR);
}

/* Faults share the lock under the TDP MMU alone. */
static uint32_t fault_lock(const struct ev_meta *meta)
{
	if (meta->arch == KVM_ARM64)
		return LOCK_READ | LOCK_WRITE;
	return meta->tdp_mmu ? LOCK_READ : LOCK_WRITE;
}

/* What a fault's own records say. */
struct evidence {
	/* 0: not recorded */
	uint64_t snapshot, looked_up, stale, stale_ret, map, map_last, fast, marked, queued, waited;
	uint64_t child_begin, child_end, recycled;
	bool	 overtaken;
};

static void note_pin(struct evidence *ev, const struct rec_obs *o)
{
	switch ((enum obs_pin)o->o.pin.pin) {
	case PIN_SNAPSHOT:
		ev->snapshot = o->t_ns;
		break;
	case PIN_LOOKUP_RET:
		ev->looked_up = o->t_ns;
		break;
	case PIN_STALE:
		ev->stale = o->t_ns;
		break;
	case PIN_MARK_DIRTY:
		ev->marked = ev->marked ? ev->marked : o->t_ns;
		break;
	case PIN_STALE_RET:
		ev->stale_ret = o->t_ns;
		break;
	default:
		break;
	}
}

/* The first wait begins after the snapshot, the last ends before the test. */
static void note_wait(struct evidence *ev, const struct rec_obs *o)
{
	if (!ev->queued)
		ev->queued = o->t_ns - o->o.wait.wait_ns;
	ev->waited = o->t_ns;
}

static void note_map(struct evidence *ev, uint64_t t_ns)
{
	if (!ev->map)
		ev->map = t_ns;
	ev->map_last = t_ns;
}

/* It reads the entry again: where that is not what it made, somebody was faster than its event. */
static void note_fast(struct evidence *ev, const struct rec_obs *o)
{
	const struct obs_fast *f = &o->o.fast;

	ev->fast = o->t_ns;
	ev->overtaken = f->ret == RET_PF_FIXED && spte_pfn(f->old) != spte_pfn(f->new);
}

/*
 * Without the TDP MMU an end that is nested in a fault and the fault itself wait for the same lock in the same way.
 * Whose wait it was the end's return says, where a probe shows it.  Else: the end queues right after its entry, and
 * nothing in it sleeps before.  Return: the fault's own wait among the records of the end @op, or NULL.
 */
static const struct rec_obs *wait_of_fault(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *wait = rec_find(r, op, OBS_LOCK_WAIT, 0), *off = rec_find_pin(r, op, PIN_OFF_CPU);
	const struct rec_obs *ret = rec_find_pin(r, op, PIN_INV_END_RET);
	uint64_t begin;

	if (!wait || op->kind != EV_OP_INVALIDATE_END || op->parent == REC_NONE || !is_rmaps(r->meta))
		return NULL;
	if (ret)
		return ret->t_ns < wait->t_ns ? wait : NULL;
	begin = wait->t_ns - wait->o.wait.wait_ns;
	return begin > op->begin_ns + END_QUEUES_NS || (off && off->t_ns < begin) ? wait : NULL;
}

static void gather(const struct recording *r, const struct rec_op *op, struct evidence *ev)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	*ev = (struct evidence){ 0 };
	for (uint32_t i = 0; i < op->nr_obs; i++) {
		const struct rec_obs *o = &obs[i];

		if (o->o.kind == OBS_PIN)
			note_pin(ev, o);
		else if (o->o.kind == OBS_FAST_PAGE_FAULT)
			note_fast(ev, o);
		else if (o->o.kind == OBS_LOCK_WAIT && o->o.wait.flags & fault_lock(r->meta))
			note_wait(ev, o);
		else if (is_recycling(r->meta, o->o.kind))
			ev->recycled = ev->recycled ? ev->recycled : o->t_ns;
		else if (is_map_event(o->o.kind))
			note_map(ev, o->t_ns);
	}
	for (uint32_t c = op->child; c != REC_NONE; c = r->ops[c].next) {
		const struct rec_obs *own = wait_of_fault(r, &r->ops[c]);

		if (!ev->child_begin)
			ev->child_begin = r->ops[c].begin_ns;
		ev->child_end = r->ops[c].end_ns;
		if (own)
			note_wait(ev, own);
	}
}

/* The least of the times that are recorded, or @end. */
static uint64_t first_of(const uint64_t *t, size_t nr, uint64_t end)
{
	for (size_t i = 0; i < nr; i++)
		if (t[i])
			end = min_u64(end, t[i]);
	return end;
}

/* The task's next record: before it, whatever has no record of its own is over. */
static uint64_t next_begin(const struct recording *r, const struct rec_op *op)
{
	if (op->next != REC_NONE)
		return r->ops[op->next].begin_ns;
	return op->parent != REC_NONE ? r->ops[op->parent].end_ns : op->end_ns + END_AFTER_ENTRY_NS;
}

/*
 * A fault of which neither the return nor the guest's entry is recorded may have gone on until its task did
 * anything else: it may have lost its CPU.
 */
static uint64_t end_of_fault(const struct recording *r, const struct rec_op *op)
{
	if (!is_rmaps(r->meta) || r->meta->has_probes || ev_counts_get(&r->meta->sources, "kvm:kvm_entry"))
		return op->end_ns;
	return max_u64(next_begin(r, op), op->end_ns);
}

/* x86: faultin_pfn(), in which it is taken; arm64: the look-up of the page, which comes after it. */
static void place_snapshot(const struct recording *r, const struct rec_op *op, const struct evidence *ev,
			   struct instant *s)
{
	bool before = r->meta->arch == KVM_ARM64;
	const uint64_t later[] = { ev->child_begin, ev->looked_up, ev->queued, ev->stale, ev->recycled, ev->map };

	s->lo = ev->snapshot && !before ? ev->snapshot : max_u64(op->begin_ns, ev->fast);
	s->hi = max_u64(first_of(later, ARRAY_SIZE(later), end_of_fault(r, op)), s->lo);
	if (before && ev->snapshot)
		s->hi = ev->snapshot;
	s->at = before ? s->hi : s->lo;
}

static void place_check(const struct recording *r, const struct rec_op *op, const struct evidence *ev,
			struct fault_instants *f)
{
	struct instant *c = &f->check;
	const uint64_t later[] = { ev->stale_ret, ev->recycled, ev->map };	/* all of them hold the lock */

	c->lo = max_u64(max_u64(ev->child_end, ev->looked_up), max_u64(ev->waited, ev->stale));
	c->lo = max_u64(c->lo, f->snapshot.at);
	c->hi = max_u64(first_of(later, ARRAY_SIZE(later), end_of_fault(r, op)), c->lo);
	/* Holders of the lock are not preempted: who had to wait for it checks as soon as he has it. */
	c->at = ev->stale || ev->waited ? c->lo : c->hi;
}

void instants_fault(const struct recording *r, const struct rec_op *op, struct fault_instants *out)
{
	struct evidence ev;

	gather(r, op, &ev);
	out->fast = out->fast_said = ev.fast ? ev.fast : op->begin_ns;
	/* The page was marked once its entry could be written, and the event came after both. */
	if (ev.marked && ev.marked < out->fast)
		out->fast = ev.marked;
	/* ... and shows what became of the entry since: somebody else had the time to change it. */
	if (ev.overtaken)
		out->fast = op->begin_ns;
	place_snapshot(r, op, &ev, &out->snapshot);
	place_check(r, op, &ev, out);
	out->lock = instants_lock(r, op, out->check.at);
	out->looked_up = ev.looked_up ? max_u64(ev.looked_up, out->snapshot.at) : out->lock;
	out->map = max_u64(ev.map, out->check.at);
	out->mapped = ev.map;
	out->mapped_last = ev.map_last;
	out->prechecked.lo = max_u64(out->snapshot.lo, ev.child_end);
	out->prechecked.hi = max_u64(ev.looked_up ? ev.looked_up : out->check.hi, out->prechecked.lo);
	/* A return probe fires late: the prechecks may be over long before. */
	out->prechecked.at = out->looked_up;
}

uint64_t instants_lock(const struct recording *r, const struct rec_op *op, uint64_t otherwise)
{
	const struct rec_obs *wait = rec_find(r, op, OBS_LOCK_WAIT, 0);

	/* One that ends later is for the lock taken again after a yield. */
	return wait && wait->t_ns <= otherwise ? wait->t_ns - wait->o.wait.wait_ns : otherwise;
}

/*
 * End of the wait for the lock in write mode: from there on the operation holds it.  One that
 * ends after @until is for the lock taken again after a yield.
 */
static uint64_t write_wait_end(const struct recording *r, const struct rec_op *op, uint64_t until)
{
	const struct rec_obs *o = rec_find(r, op, OBS_LOCK_WAIT, 0);

	return o && (o->o.wait.flags & LOCK_WRITE) && o->t_ns <= until ? o->t_ns : 0;
}

/* First event of @op that is made under the lock, or NULL. */
static const struct rec_obs *first_change(const struct recording *r, const struct rec_op *op)
{
	const struct rec_obs *obs = rec_op_obs(r, op);

	for (uint32_t i = 0; i < op->nr_obs; i++)
		if (obs[i].o.kind != OBS_LOCK_WAIT && obs[i].o.kind != OBS_PIN)
			return &obs[i];
	return NULL;
}

/*
 * A wait for the lock with no such event after it may be that of the end, where nothing shows the two apart; but the
 * start comes first, and whoever has the lock keeps it longer than most windows are open.
 */
static void place_begin(const struct recording *r, const struct rec_op *op, struct instant *b)
{
	const struct rec_obs *handler = rec_find(r, op, OBS_UNMAP_RANGE, 0), *change = first_change(r, op);

	b->hi = change ? change->t_ns : op->end_ns;
	b->lo = max_u64(op->begin_ns, change ? write_wait_end(r, op, b->hi) : 0);
	b->at = handler ? b->hi : max_u64(b->lo, write_wait_end(r, op, b->hi));
}

/*
 * An operation of which nothing is recorded after @seen_ns, its return neither, is over before its task does anything
 * else.
 */
static uint64_t latest_end(const struct recording *r, const struct rec_op *op, uint64_t seen_ns)
{
	return op->end_ns > seen_ns ? op->end_ns : max_u64(next_begin(r, op), op->end_ns);
}

uint64_t instants_over(const struct recording *r, const struct rec_op *op)
{
	return op->flags & EV_F_OPEN ? max_u64(next_begin(r, op), op->end_ns) : op->end_ns;
}

static bool overlaps(const struct recording *r, const struct rec_op *a, const struct rec_op *b)
{
	const struct ev *x = rec_op_stim(r, a), *y = rec_op_stim(r, b);

	return x && y && x->hvas.start < y->hvas.end && y->hvas.start < x->hvas.end;
}

static bool sets_inside(const struct recording *r, const struct rec_op *start, const struct rec_op *op)
{
	const struct ev *x = rec_op_stim(r, start), *y = rec_op_stim(r, op);

	return op->kind == EV_OP_SET_SPTE && x && y && y->hvas.start - x->hvas.start < x->hvas.end - x->hvas.start;
}

/*
 * A task has windows inside windows when it splits what it unmaps (a huge page at either end of a
 * range): they are over the same addresses.  So is the new entry that a window is there for, if one
 * is set.  Anything else begins after the window is over.
 */
void instants_unseen_end(const struct recording *r, const struct rec_op *start, struct instant *out)
{
	bool set = false;

	out->lo = start->end_ns;
	out->hi = start->parent != REC_NONE ? r->ops[start->parent].end_ns : r->meta->last_ns - r->meta->first_ns;
	for (uint32_t i = start->next; i != REC_NONE; i = r->ops[i].next) {
		const struct rec_op *op = &r->ops[i];

		if (sets_inside(r, start, op)) {
			set = true;
			out->lo = op->end_ns;
		} else if (set || op->kind != EV_OP_INVALIDATE_START || !overlaps(r, start, op)) {
			out->hi = op->begin_ns;
			break;
		}
	}
	out->hi = max_u64(out->hi, out->lo);
	out->at = out->lo;
}

static void place_end(const struct recording *r, const struct rec_op *op, struct instant *e)
{
	const struct rec_obs *pin = rec_find_pin(r, op, PIN_INV_END), *off = rec_find_pin(r, op, PIN_OFF_CPU);
	const struct rec_obs *ended = rec_find_pin(r, op, PIN_INV_ENDED), *other = wait_of_fault(r, op);
	uint64_t waited = other ? 0 : write_wait_end(r, op, pin ? pin->t_ns : UINT64_MAX);

	e->lo = pin ? pin->t_ns : max_u64(op->begin_ns, waited);
	e->hi = ended ? ended->t_ns : off ? off->t_ns : latest_end(r, op, pin ? pin->t_ns : op->begin_ns);
	if (other)
		e->hi = min_u64(e->hi, other->t_ns - other->o.wait.wait_ns);
	e->hi = max_u64(e->hi, e->lo);
	e->at = pin || waited ? e->lo : clamp(op->begin_ns + END_AFTER_ENTRY_NS, e->lo, e->hi);
}

static void place_other(const struct recording *r, const struct rec_op *op, struct instant *c)
{
	const struct rec_obs *change = first_change(r, op);

	c->hi = change ? change->t_ns : op->end_ns;
	c->lo = max_u64(op->begin_ns, write_wait_end(r, op, c->hi));
	c->at = c->hi;
}

/* A GET that only copies says nothing; when it has, its task comes back and does something else. */
static bool only_copies(const struct recording *r, const struct rec_op *op)
{
	const struct ev *stim = rec_op_stim(r, op);

	return op->kind == EV_OP_DIRTY && stim && stim->kind == EV_DIRTY_GET && r->meta->vms[op->vm].dirty_manual;
}

static void place_copy(const struct recording *r, const struct rec_op *op, struct instant *c)
{
	c->lo = op->begin_ns;
	c->hi = latest_end(r, op, op->begin_ns);
	c->at = c->hi > c->lo + COPY_BEFORE_NEXT_NS ? c->hi - COPY_BEFORE_NEXT_NS : c->lo;
}

void instants_change(const struct recording *r, const struct rec_op *op, struct instant *out)
{
	if (op->kind == EV_OP_INVALIDATE_START)
		place_begin(r, op, out);
	else if (op->kind == EV_OP_INVALIDATE_END)
		place_end(r, op, out);
	else if (only_copies(r, op))
		place_copy(r, op, out);
	else
		place_other(r, op, out);
}
