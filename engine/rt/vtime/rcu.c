/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU and SRCU.  Sections and callbacks are numbered as they come.  "Before" is
 * program order of the run, which is what memory sees.
 *
 * - A section is in its list of readers from the first time its task is switched out to its end: until
 *   then it is the newest of all, and nobody else could ask.  Most sections are over before that.
 * - So the list is in order of begin, and its oldest reader, or without any the running
 *   task's own section, tells what may go on.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

static void reader_begin(struct task_reader *r)
{
	if (!r->depth++)
		r->number = ++machine.number;
}

static void list_reader(struct reader_list *l, struct task_reader *r)
{
	r->listed = true;
	r->prev = l->newest;
	r->next = NULL;
	*(l->newest ? &l->newest->next : &l->oldest) = r;
	l->newest = r;
}

static void unlist_reader(struct reader_list *l, struct task_reader *r)
{
	r->listed = false;
	*(r->prev ? &r->prev->next : &l->oldest) = r->next;
	*(r->next ? &r->next->prev : &l->newest) = r->prev;
}

void readers_list(struct rt_task *t)
{
	if (t->rcu.depth && !t->rcu.listed)
		list_reader(&machine.rcu, &t->rcu);
	if (t->srcu.depth && !t->srcu.listed)
		list_reader(&machine.srcu, &t->srcu);
}

/* Return: the section has ended. */
static bool reader_end(struct reader_list *l, struct task_reader *r)
{
	assert(r->depth);
	if (--r->depth)
		return false;
	if (r->listed)
		unlist_reader(l, r);
	return true;
}

/* The section that began first; @own is the running task's.  NULL: nobody reads. */
static const struct task_reader *oldest_reader(const struct reader_list *l, const struct task_reader *own)
{
	if (l->oldest)
		return l->oldest;
	return own->depth ? own : NULL;
}

/* The same of RCU's readers. */
static const struct task_reader *oldest_in_rcu(void)
{
	return oldest_reader(&machine.rcu, &self()->rcu);
}

/* Every section that began before @number has ended; @oldest is the first that has not. */
static bool readers_gone(const struct task_reader *oldest, uint64_t number)
{
	return !oldest || oldest->number > number;
}

static void call_first(void)
{
	struct rt_rcu_head *head = machine.rcu_first;

	machine.rcu_first = head->next;
	if (!machine.rcu_first)
		machine.rcu_last = NULL;
	machine.rcu_waiting--;
	machine.rcu_freed++;
	head->fn(head);
}

/* How many of @nr things @step apart, the first at @first, are at or before @last? */
static uint64_t count_upto(uint64_t first, uint64_t step, uint64_t nr, uint64_t last)
{
	if (first > last)
		return 0;
	return step && (last - first) / step < nr - 1 ? (last - first) / step + 1 : nr;
}

/* Decrements at or before @due_ps that came before @number; in order. */
static void decrement(uint64_t due_ps, uint64_t number)
{
	while (machine.dec_first) {
		struct rcu_decrements *d = machine.dec_first;
		uint64_t nr = count_upto(d->due_ps, d->due_step_ps, d->nr, due_ps);

		nr = nr ? count_upto(d->number, d->number_step, nr, number) : 0;
		*d->counter -= (uint32_t)nr;
		machine.rcu_freed += nr;
		d->nr -= nr;
		d->due_ps += nr * d->due_step_ps;
		d->number += nr * d->number_step;
		if (d->nr)
			return;
		machine.dec_first = d->next;
		if (!machine.dec_first)
			machine.dec_last = NULL;
		machine.rcu_waiting--;
		free(d);
	}
}

/* Callbacks and decrements whose grace period is over. */
static void __attribute__((noinline)) call_some(void)
{
	const struct task_reader *oldest = oldest_in_rcu();

	decrement(rt_running.clock_ps, oldest ? oldest->number - 1 : UINT64_MAX);
	while (machine.rcu_first && machine.rcu_first->due_ps <= rt_running.clock_ps &&
	       readers_gone(oldest, machine.rcu_first->number))
		call_first();
}

static inline void call_due(void)
{
	if (unlikely(machine.rcu_waiting))
		call_some();
}

void rt_rcu_read_lock(void)
{
	struct rt_task *t = self();

	if (t->rcu.depth) {
		t->rcu.depth++;
		return;
	}
	call_due();
	if (!t->nr_holds)
		t->stretch_ps = rt_running.clock_ps;
	reader_begin(&t->rcu);
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
	machine.rcu_waiting++;
	if (!machine.running)
		call_due();	/* nobody would come by later */
}

uint64_t rt_rcu_mark(void)
{
	return ++machine.number;
}

bool rt_rcu_passed(uint64_t mark)
{
	const struct task_reader *r = machine.rcu.oldest;

	if (r == &self()->rcu)
		r = r->next;
	return !r || r->number > mark;
}

/* @d gets one more if that keeps the spacing. */
static bool add_decrement(struct rcu_decrements *d, uint32_t *counter, uint64_t due_ps, uint64_t number)
{
	if (!d || d->counter != counter)
		return false;
	if (d->nr == 1) {
		d->due_step_ps = due_ps - d->due_ps;
		d->number_step = number - d->number;
	}
	if (due_ps != d->due_ps + d->nr * d->due_step_ps || number != d->number + d->nr * d->number_step)
		return false;
	d->nr++;
	return true;
}

void rt_rcu_decrement(uint32_t *counter)
{
	uint64_t due_ps = rt_running.clock_ps + rt_running.cost_ps[COST_RCU_GRACE], number;
	struct rcu_decrements *d;

	call_due();
	if (!machine.running) {		/* nobody reads, and nobody would come by later */
		--*counter;
		return;
	}
	number = ++machine.number;
	if (!add_decrement(machine.dec_last, counter, due_ps, number)) {
		d = xcalloc(1, sizeof(*d));
		*d = (struct rcu_decrements){ .counter = counter, .nr = 1, .due_ps = due_ps, .number = number };
		*(machine.dec_last ? &machine.dec_last->next : &machine.dec_first) = d;
		machine.dec_last = d;
		machine.rcu_waiting++;
	}
}

bool rt_rcu_alone(void)
{
	const struct reader_list *l = &machine.rcu;

	return !l->oldest || (l->oldest == l->newest && l->oldest == &self()->rcu);
}

void rcu_finish(void)
{
	decrement(UINT64_MAX, UINT64_MAX);
	while (machine.rcu_first)
		call_first();
}

/* A reader of @vm's memslots that began before @number is still there; the running task is none. */
static bool srcu_read(unsigned int vm, uint64_t number)
{
	for (const struct task_reader *r = machine.srcu.oldest; r && r->number <= number; r = r->next)
		if (r->vm == (int64_t)vm || r->vm == SRCU_ALL_VMS)
			return true;
	return false;
}

void rt_srcu_lock(unsigned int vm)
{
	struct task_reader *r = &self()->srcu;

	if (!r->depth)
		r->vm = vm;
	else if (unlikely(r->vm != (int64_t)vm))
		r->vm = SRCU_ALL_VMS;
	reader_begin(r);
}

/* Synchronisers whose readers have gone, in the order they came. */
static void __attribute__((noinline)) wake_synchronisers(void)
{
	struct rt_task **at = &machine.srcu_first, *last = NULL;

	while (*at) {
		struct rt_task *t = *at;

		if (srcu_read(t->wait_vm, t->wait_value)) {
			last = t;
			at = &t->wait_next;
			continue;
		}
		*at = t->wait_next;
		task_wake(t, rt_running.clock_ps);
	}
	machine.srcu_last = last;
}

void rt_srcu_unlock(void)
{
	if (reader_end(&machine.srcu, &self()->srcu) && unlikely(machine.srcu_first))
		wake_synchronisers();
}

/* Waits for the readers there are, and no less than the primitive costs. */
void rt_srcu_synchronize(unsigned int vm)
{
	struct rt_task *t = self();
	uint64_t done_ps;

	settle();
	assert(!t->srcu.depth);
	done_ps = rt_running.clock_ps + rt_running.cost_ps[COST_SRCU_SYNC];
	t->wait_value = ++machine.number;
	t->wait_vm = vm;
	if (srcu_read(vm, t->wait_value)) {
		t->wait_next = NULL;
		*(machine.srcu_last ? &machine.srcu_last->wait_next : &machine.srcu_first) = t;
		machine.srcu_last = t;
		task_wait(WAIT_SRCU, NULL);
	}
	rt_idle_until((done_ps + PSEC_PER_NSEC - 1) / PSEC_PER_NSEC);
}
