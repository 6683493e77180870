/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUs as a resource: host.cpus of them, one FIFO run queue, ticks at whole
 * multiples of 1/hz on all CPUs.
 *
 * - At a tick, as many tasks as wait for a CPU are told to give theirs up,
 *   those that have had one longest first.  Guests and other exits are
 *   preempted there and then; a task in the middle of an operation at its next
 *   hand-over point, or, holding a lock, when it has dropped it (the kernel
 *   disables preemption there; with host.preempt_locked it does not help).
 * - A task that spins for a lock keeps its CPU, unless host.preempt_locked is
 *   set or the holder has no CPU: then spinning is pointless, and mutexes stop.
 * - Getting a CPU costs COST_SWITCH.  A tick that comes before that is over passes the task by, as a scheduler
 *   lets whoever has not run yet run: else ticks that come faster than switches would let nobody get on.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>

/* --- the two lists; a task is in one at most --- */

static void list_add(struct rt_task **head, struct rt_task **tail, struct rt_task *t)
{
	t->cpu_prev = *tail;
	t->cpu_next = NULL;
	*(*tail ? &(*tail)->cpu_next : head) = t;
	*tail = t;
}

static void list_del(struct rt_task **head, struct rt_task **tail, struct rt_task *t)
{
	*(t->cpu_prev ? &t->cpu_prev->cpu_next : head) = t->cpu_next;
	*(t->cpu_next ? &t->cpu_next->cpu_prev : tail) = t->cpu_prev;
}

static void arm_tick(uint64_t now_ps)
{
	uint64_t period = machine.period_ns;

	if (!period)
		return;
	machine.tick_ns = (now_ps / PSEC_PER_NSEC / period + 1) * period;
	sched_horizon();
}

/* @t wants a CPU from @now_ps on. */
static void enqueue(struct rt_task *t, uint64_t now_ps)
{
	t->ready_ps = now_ps;
	list_add(&machine.queue_head, &machine.queue_tail, t);
	machine.nr_queued++;
	if (machine.tick_ns == UINT64_MAX)
		arm_tick(now_ps);
}

/*
 * CPUs are alike, and which one a task is on decides nothing: it goes back to the one it had, if that is free, and else
 * takes the first.  Of hosts with more CPUs than tasks as many are told apart as there can be tasks.
 */
static void number_cpu(struct rt_task *t)
{
	unsigned int cpu = t->cpu;

	if (machine.cpu_taken[cpu / 64] & BIT_ULL(cpu % 64))
		for (cpu = 0; !~machine.cpu_taken[cpu / 64]; cpu += 64)
			;
	if (machine.cpu_taken[cpu / 64] & BIT_ULL(cpu % 64))
		cpu += __builtin_ctzll(~machine.cpu_taken[cpu / 64]);
	machine.cpu_taken[cpu / 64] |= BIT_ULL(cpu % 64);
	t->cpu = cpu;
}

unsigned int rt_cpu_of_self(void)
{
	return has_cpus() ? self()->cpu : rt_self();
}

static void take_cpu_from(struct rt_task *t)
{
	machine.cpu_taken[t->cpu / 64] &= ~BIT_ULL(t->cpu % 64);
	list_del(&machine.cpu_oldest, &machine.cpu_newest, t);
	t->on_cpu = false;
	if (t->mode == MODE_GUEST)
		t->mode = MODE_PREEMPTED;
	t->flags &= ~TASK_RESCHED;
	machine.free_cpus++;
}

static void give_cpu_to(struct rt_task *t, uint64_t now_ps)
{
	uint64_t runs_ps = now_ps + rt_running.cost_ps[COST_SWITCH];

	machine.free_cpus--;
	number_cpu(t);
	list_add(&machine.cpu_oldest, &machine.cpu_newest, t);
	t->on_cpu = true;
	t->cpu_since_ps = runs_ps;
	if (t->waiting) {		/* spins on; the lock comes no earlier than the CPU */
		if (t->clock_ps < runs_ps)
			t->clock_ps = runs_ps;
		return;
	}
	if (now_ps >= t->ready_ps) {
		t->preempted_ps += now_ps - t->ready_ps;
		t->clock_ps += runs_ps - t->ready_ps;
	} else if (t->clock_ps < runs_ps) {	/* the CPU comes before its lock does */
		t->clock_ps = runs_ps;
	}
	if (t->mode == MODE_PREEMPTED) {
		t->mode = MODE_GUEST;
		t->guest_from_ps = t->kicked_until_ps > runs_ps ? t->kicked_until_ps : runs_ps;
	}
	if (t->flags & TASK_PARKED)
		t->flags = (t->flags & ~TASK_PARKED) | TASK_DELAYED;
	else
		sched_push(t);
}

/* Free CPUs go to those who wait longest. */
static void dispatch(uint64_t now_ps)
{
	while (machine.free_cpus && machine.queue_head) {
		struct rt_task *t = machine.queue_head;

		list_del(&machine.queue_head, &machine.queue_tail, t);
		machine.nr_queued--;
		give_cpu_to(t, now_ps);
	}
}

static bool may_be_preempted(const struct rt_task *t)
{
	return !t->nr_holds || machine.config.host.preempt_locked;
}

bool cpu_admit(struct rt_task *t)
{
	if (t->flags & TASK_NEEDS_CPU) {
		t->flags &= ~TASK_NEEDS_CPU;
		enqueue(t, t->clock_ps);
		dispatch(t->clock_ps);
		return false;
	}
	if (!may_be_preempted(t))
		return true;
	t->flags &= ~TASK_RESCHED;
	if (!machine.queue_head)
		return true;
	take_cpu_from(t);
	enqueue(t, t->clock_ps);
	dispatch(t->clock_ps);
	return false;
}

void cpu_release(void)
{
	take_cpu_from(self());
	dispatch(rt_running.clock_ps);
}

void cpu_lock_granted(struct rt_task *t)
{
	if (t->on_cpu)
		sched_push(t);
	else			/* in the run queue */
		t->ready_ps = t->clock_ps;
}

void cpu_preempt(void)
{
	struct rt_task *t = self();

	if (!may_be_preempted(t))
		return;
	rt_settle();		/* may have preempted it already */
	if (t->flags & TASK_RESCHED)
		sched_requeue();
}

/* Whether a task that waits for a lock would rather not spin. */
static bool spins_in_vain(const struct rt_task *t)
{
	const struct rt_rwlock *l = t->wait_on;

	return machine.config.host.preempt_locked || !machine.tasks[l->inside.next->task].on_cpu;
}

/* @t loses its CPU at the tick or is told to give it up. */
static void preempt_at_tick(struct rt_task *t, uint64_t now_ps)
{
	bool now = t->waiting ? spins_in_vain(t) : t->mode != MODE_HOST && may_be_preempted(t);

	if (now) {
		if (!t->waiting)
			t->flags |= TASK_PARKED;
		take_cpu_from(t);
		enqueue(t, now_ps);
	} else {
		t->flags |= TASK_RESCHED;
	}
}

void cpu_tick(void)
{
	uint64_t now_ps = machine.tick_ns * PSEC_PER_NSEC;
	struct rt_task *t = machine.cpu_oldest, *next;
	unsigned int waiting = machine.nr_queued;	/* whom we preempt queues, too */

	for (; t && waiting; t = next) {
		next = t->cpu_next;
		if (t->cpu_since_ps >= now_ps)
			continue;
		preempt_at_tick(t, now_ps);
		waiting--;
	}
	dispatch(now_ps);
	machine.tick_ns = UINT64_MAX;
	if (machine.queue_head)
		arm_tick(now_ps);
	else
		sched_horizon();
}

bool cpu_tick_helps(void)
{
	bool ready = false, gives_way = false;

	for (const struct rt_task *t = machine.queue_head; t; t = t->cpu_next)
		ready |= !t->waiting;
	for (const struct rt_task *t = machine.cpu_oldest; t; t = t->cpu_next)
		gives_way |= spins_in_vain(t);
	return ready && gives_way;
}

bool rt_need_resched(void)
{
	struct rt_task *t = self();
	const struct policy *p = machine.config.policy;

	rt_settle();
	if (t->nr_holds || t->rcu_depth)
		rt_stretch_note(t, rt_running.clock_ps);
	if (unlikely(rt_running.pinned) && machine.config.pin(machine.config.pin_arg, rt_self(), RT_PIN_RESCHED))
		return true;
	if (p && p->lock_resched_us &&
	    rt_running.clock_ps - t->cpu_since_ps >= p->lock_resched_us * 1000 * PSEC_PER_NSEC) {
		if (has_cpus())
			t->flags |= TASK_RESCHED;
		return true;
	}
	return t->flags & TASK_RESCHED;
}
