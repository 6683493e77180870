/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU and SRCU.  Sections and callbacks are numbered as they come; readers are
 * kept in order of begin, so the oldest one tells what may go on.  "Before" is
 * program order of the run, which is what memory sees.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>

static void reader_begin(struct reader_list *l, struct task_reader *r)
{
	if (r->depth++)
		return;
	r->number = ++machine.number;
	r->prev = l->newest;
	r->next = NULL;
	*(l->newest ? &l->newest->next : &l->oldest) = r;
	l->newest = r;
}

/* Return: the section has ended. */
static bool reader_end(struct reader_list *l, struct task_reader *r)
{
	assert(r->depth);
	if (--r->depth)
		return false;
	*(r->prev ? &r->prev->next : &l->oldest) = r->next;
	*(r->next ? &r->next->prev : &l->newest) = r->prev;
	return true;
}

/* Every section that began before @number has ended. */
static bool readers_gone(const struct reader_list *l, uint64_t number)
{
	return !l->oldest || l->oldest->number > number;
}

static void call_first(void)
{
	struct rt_rcu_head *head = machine.rcu_first;

	machine.rcu_first = head->next;
	if (!machine.rcu_first)
		machine.rcu_last = NULL;
	machine.rcu_freed++;
	head->fn(head);
}

/* Callbacks whose grace period is over. */
static inline void call_due(void)
{
	while (unlikely(machine.rcu_first) && machine.rcu_first->due_ps <= rt_running.clock_ps &&
	       readers_gone(&machine.rcu, machine.rcu_first->number))
		call_first();
}

void rt_rcu_read_lock(void)
{
	struct rt_task *t = self();

	if (!t->rcu.depth) {
		call_due();
		if (!t->nr_holds)
			t->stretch_ps = rt_running.clock_ps;
	}
	reader_begin(&machine.rcu, &t->rcu);
}

void rt_rcu_read_unlock(void)
{
	struct rt_task *t = self();

	if (!reader_end(&machine.rcu, &t->rcu))
		return;
	if (!t->nr_holds)
		stretch_note(t, rt_running.clock_ps);
	call_due();
}

void rt_call_rcu(struct rt_rcu_head *head, void (*fn)(struct rt_rcu_head *head))
{
	call_due();
	head->next = NULL;
	head->fn = fn;
	head->number = ++machine.number;
	head->due_ps = rt_running.clock_ps + rt_running.cost_ps[COST_RCU_GRACE];
	*(machine.rcu_last ? &machine.rcu_last->next : &machine.rcu_first) = head;
	machine.rcu_last = head;
	if (!machine.running)
		call_due();	/* nobody would come by later */
}

uint64_t rt_rcu_mark(void)
{
	return ++machine.number;
}

bool rt_rcu_passed(uint64_t mark)
{
	return readers_gone(&machine.rcu, mark);
}

void rcu_finish(void)
{
	while (machine.rcu_first)
		call_first();
}

void rt_srcu_lock(void)
{
	reader_begin(&machine.srcu, &self()->srcu);
}

void rt_srcu_unlock(void)
{
	if (!reader_end(&machine.srcu, &self()->srcu))
		return;
	while (machine.srcu_first && readers_gone(&machine.srcu, machine.srcu_first->wait_value)) {
		struct rt_task *t = machine.srcu_first;

		machine.srcu_first = t->wait_next;
		if (!machine.srcu_first)
			machine.srcu_last = NULL;
		task_wake(t, rt_running.clock_ps);
	}
}

/* Waits for the readers there are, and no less than the primitive costs. */
void rt_srcu_synchronize(void)
{
	struct rt_task *t = self();
	uint64_t done_ps;

	settle();
	assert(!t->srcu.depth);
	done_ps = rt_running.clock_ps + rt_running.cost_ps[COST_SRCU_SYNC];
	t->wait_value = ++machine.number;
	if (!readers_gone(&machine.srcu, t->wait_value)) {
		t->wait_next = NULL;
		*(machine.srcu_last ? &machine.srcu_last->wait_next : &machine.srcu_first) = t;
		machine.srcu_last = t;
		task_wait(WAIT_SRCU, NULL);
	}
	rt_idle_until((done_ps + PSEC_PER_NSEC - 1) / PSEC_PER_NSEC);
}
