/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queued rwlock, by the kernel's rules (kernel/locking/qrwlock.c):
 *
 * - A reader enters when nobody writes and nobody is queued, a writer when
 *   nobody is inside and nobody is queued; everybody else queues, FIFO.
 * - When the lock is released the head enters if it may; after a reader the
 *   next one is looked at, so that consecutive readers enter back to back.
 *   A writer at the head keeps every newcomer out.
 * - The k-th to enter at one release does so k COST_HANDOVER later: the queue
 *   is handed on from one to the next.
 * - The lock word is one cache line.  Whoever changes it without waiting, and
 *   was not the last to do so, pays COST_LINE_MOVE, after those who asked for
 *   the line before (so many readers slow each other down).  The change itself
 *   counts from the instant of the call.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>

void rt_rwlock_init(struct rt_rwlock *l, const char *name)
{
	*l = (struct rt_rwlock){ .name = name, .inside = { .prev = &l->inside, .next = &l->inside } };
}

/* The lock was last used in an earlier run, whose times mean nothing now. */
static void forget_times(struct rt_rwlock *l)
{
	l->run = rt_running.run;
	l->line_owner = 0;
	l->line_free_ps = l->time_ps = 0;
}

/* The wait since the last change is the fault of whoever has been inside longest. */
static void blame_inside(struct rt_rwlock *l)
{
	unsigned int holder = l->inside.next->op;
	uint64_t ps = rt_running.clock_ps - l->time_ps;

	for (uint64_t mask = l->waiting_mask; mask; mask &= mask - 1) {
		unsigned int op = __builtin_ctzll(mask);

		machine.blame_ps[op][holder] += ps * l->waiting[op];
	}
}

/*
 * After rt_settle(): everything before now has happened, and l->time_ps becomes now.  The heap
 * orders by ns: up to one may have to be added for time not to go back.
 */
static inline void arrive(struct rt_rwlock *l)
{
	if (unlikely(l->run != rt_running.run))
		forget_times(l);
	if (unlikely(rt_running.clock_ps < l->time_ps))
		rt_running.clock_ps = l->time_ps;
	if (unlikely(l->waiting_mask))
		blame_inside(l);
	l->time_ps = rt_running.clock_ps;
}

static inline void move_line(struct rt_rwlock *l, const struct rt_task *t)
{
	unsigned int me = t->id + 1u;

	if (l->line_owner != me && l->line_owner) {
		if (rt_running.clock_ps < l->line_free_ps)
			rt_running.clock_ps = l->line_free_ps;
		rt_charge(COST_LINE_MOVE, 1);
		l->line_free_ps = rt_running.clock_ps;
	}
	l->line_owner = me;
}

static inline struct rt_hold *find_hold(struct rt_task *t, const struct rt_rwlock *l)
{
	for (struct rt_hold *h = t->holds; h < &t->holds[TASK_MAX_HOLDS]; h++)
		if (h->lock == l)
			return h;
	return NULL;
}

/* @t is inside from now on; its hold is counted from @since_ps. */
static inline void enter(struct rt_rwlock *l, struct rt_task *t, bool write, uint64_t since_ps)
{
	struct rt_hold *h = find_hold(t, NULL);

	assert(h);
	h->lock = l;
	h->op = (uint8_t)t->op->op;
	h->next = &l->inside;
	h->prev = l->inside.prev;
	h->prev->next = l->inside.prev = h;
	l->writing = write;
	if (!t->nr_holds++) {
		t->held_since_ps = since_ps;
		if (!t->rcu_depth)
			t->stretch_ps = since_ps;
	}
}

static inline void leave(struct rt_rwlock *l, struct rt_hold *h)
{
	h->prev->next = h->next;
	h->next->prev = h->prev;
	l->writing = false;
	l->inside.op = h->op;
	h->lock = NULL;
}

static void wait(struct rt_rwlock *l, enum task_wait what)
{
	struct rt_task *t = self();
	unsigned int op = t->op->op;

	assert(!is_free(l) && !find_hold(t, l));
	t->waiting = what;
	t->wait_on = l;
	t->wait_since_ps = rt_running.clock_ps;
	t->wait_next = NULL;
	*(l->tail ? &l->tail->wait_next : &l->head) = t;
	l->tail = t;
	l->waiting_mask |= BIT_ULL(op);
	l->waiting[op]++;
	machine.blame_n[op][l->inside.next->op]++;
	if (unlikely(machine.config.wait != NULL))
		machine.config.wait(machine.config.wait_arg, t->id, l->name, what == WAIT_WRITE, true);
	sched_block();
	if (unlikely(machine.config.wait != NULL))
		machine.config.wait(machine.config.wait_arg, t->id, l->name, what == WAIT_WRITE, false);
}

static struct rt_task *dequeue(struct rt_rwlock *l)
{
	struct rt_task *t = l->head;
	unsigned int op = t->op->op;

	l->head = t->wait_next;
	if (!l->head)
		l->tail = NULL;
	if (!--l->waiting[op])
		l->waiting_mask &= ~BIT_ULL(op);
	return t;
}

/* @t, just taken off the queue, has the lock at @at_ps; the hand-over is the leaver's fault. */
static void grant(struct rt_rwlock *l, struct rt_task *t, uint64_t at_ps)
{
	bool write = t->waiting == WAIT_WRITE;

	enter(l, t, write, at_ps);
	machine.blame_ps[t->op->op][l->inside.op] += at_ps - l->time_ps;
	t->op->lock_wait_ps += at_ps - t->wait_since_ps;
	l->line_owner = t->id + 1;
	t->waiting = WAIT_NONE;
	if (t->clock_ps < at_ps)
		t->clock_ps = at_ps;
	if (has_cpus())
		cpu_lock_granted(t);
	else
		sched_push(t);
}

/* Somebody left: whoever may enter now, does. */
static __attribute__((noinline)) void let_in(struct rt_rwlock *l)
{
	uint64_t at_ps = l->time_ps;

	while (l->head && !l->writing && !(l->head->waiting == WAIT_WRITE && !is_free(l))) {
		at_ps += rt_running.cost_ps[COST_HANDOVER];
		grant(l, dequeue(l), at_ps);
	}
}

static inline void acquired(struct rt_rwlock *l, bool write, enum cost cost)
{
	struct rt_task *t = self();

	rt_charge(cost, 1);
	move_line(l, t);
	enter(l, t, write, rt_running.clock_ps);
}

static inline void write_lock(struct rt_rwlock *l, enum cost cost)
{
	arrive(l);
	if (likely(is_free(l)))
		acquired(l, true, cost);
	else
		wait(l, WAIT_WRITE);
}

static inline void unlock(struct rt_rwlock *l, bool write)
{
	struct rt_task *t = self();
	struct rt_hold *h = find_hold(t, l);

	assert(h && l->writing == write);
	arrive(l);
	leave(l, h);
	if (!--t->nr_holds) {
		t->op->lock_hold_ps += rt_running.clock_ps - t->held_since_ps;
		if (!t->rcu_depth)
			rt_stretch_note(t, rt_running.clock_ps);
	}
	move_line(l, t);
	if (l->head)
		let_in(l);
	if (unlikely(t->flags & TASK_RESCHED))
		cpu_preempt();
}

void rt_read_lock_settled(struct rt_rwlock *l)
{
	arrive(l);
	if (likely(!l->writing && !l->head))
		acquired(l, false, COST_READ_LOCK);
	else
		wait(l, WAIT_READ);
}

void rt_read_unlock_settled(struct rt_rwlock *l)
{
	unlock(l, false);
}

void rt_write_lock_settled(struct rt_rwlock *l)
{
	write_lock(l, COST_WRITE_LOCK);
}

void rt_write_unlock_settled(struct rt_rwlock *l)
{
	unlock(l, true);
}

bool rt_rwlock_contended(const struct rt_rwlock *l)
{
	rt_settle();
	return l->head;
}

bool rt_rwlock_held_write(const struct rt_rwlock *l)
{
	return l->writing && find_hold(self(), l);
}

bool rt_rwlock_held(const struct rt_rwlock *l)
{
	return find_hold(self(), l);
}

/* A FIFO spinlock is the same queue without readers. */
void rt_spin_init(struct rt_spinlock *l)
{
	rt_rwlock_init(&l->queue, "a spinlock");
}

void rt_spin_lock_settled(struct rt_spinlock *l)
{
	write_lock(&l->queue, COST_SPIN_LOCK);
}

void rt_spin_unlock_settled(struct rt_spinlock *l)
{
	unlock(&l->queue, true);
}
