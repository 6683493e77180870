/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU and SRCU.  Sections and callbacks are numbered as they come.  "Before" is
 * program order of the run, which is what memory sees.
 *
 * - An RCU section gets its number when somebody may ask for it: when its task is first switched out, or counts
 *   something itself.  Until then it is the newest of all.  Most sections are over before that.
 * - Those whose tasks were switched out are in the list of readers, in order of begin; its oldest, or without any
 *   the running task's own section, tells what may go on.
 * - Who waits for readers of memslots counts them, and marks them, so that each tells when it ends.
 */
#include "engine/rt/vtime/machine.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

/* The running task counts something, or is switched out: its section came before. */
static inline void number_section(struct rt_task *t)
{
	if (t->rcu_depth && !t->rcu_number)
		t->rcu_number = ++machine.number;
}

void rcu_list_reader(struct rt_task *t)
{
	if (t->rcu_listed)
		return;
	number_section(t);
	t->rcu_listed = true;
	t->rcu_prev = machine.rcu_newest;
	t->rcu_next = NULL;
	*(machine.rcu_newest ? &machine.rcu_newest->rcu_next : &machine.rcu_oldest) = t;
	machine.rcu_newest = t;
}

void rt_rcu_end_known(struct rt_task *t)
{
	t->rcu_number = 0;
	if (!t->rcu_listed)
		return;
	t->rcu_listed = false;
	*(t->rcu_prev ? &t->rcu_prev->rcu_next : &machine.rcu_oldest) = t->rcu_next;
	*(t->rcu_next ? &t->rcu_next->rcu_prev : &machine.rcu_newest) = t->rcu_prev;
}

/* Whose section began first; NULL: nobody reads. */
static const struct rt_task *oldest_reader(void)
{
	struct rt_task *t = self();

	if (machine.rcu_oldest)
		return machine.rcu_oldest;
	number_section(t);
	return t->rcu_depth ? t : NULL;
}

static void call_first(void)
{
	struct rt_rcu_head *head = machine.rcu_first;

	machine.rcu_first = head->next;
	if (!machine.rcu_first)
		machine.rcu_last = NULL;
	rt_running.rcu_waiting--;
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
		rt_running.rcu_waiting--;
		free(d);
	}
}

/* Callbacks and decrements whose grace period is over. */
void rt_rcu_call_due(void)
{
	const struct rt_task *oldest = oldest_reader();
	uint64_t last = oldest ? oldest->rcu_number - 1 : UINT64_MAX;

	decrement(rt_running.clock_ps, last);
	while (machine.rcu_first && machine.rcu_first->due_ps <= rt_running.clock_ps &&
	       machine.rcu_first->number <= last)
		call_first();
}

/* Comes before the running task counts something. */
static inline void count_begins(void)
{
	number_section(self());
	if (unlikely(rt_running.rcu_waiting))
		rt_rcu_call_due();
}

void rt_call_rcu(struct rt_rcu_head *head, void (*fn)(struct rt_rcu_head *head))
{
	count_begins();
	head->next = NULL;
	head->fn = fn;
	head->number = ++machine.number;
	head->due_ps = rt_running.clock_ps + rt_running.cost_ps[COST_RCU_GRACE];
	*(machine.rcu_last ? &machine.rcu_last->next : &machine.rcu_first) = head;
	machine.rcu_last = head;
	rt_running.rcu_waiting++;
	if (!machine.running)
		rt_rcu_call_due();	/* nobody would come by later */
}

uint64_t rt_rcu_mark(void)
{
	number_section(self());
	return ++machine.number;
}

bool rt_rcu_passed(uint64_t mark)
{
	const struct rt_task *t = machine.rcu_oldest;

	if (t == self())
		t = t->rcu_next;
	return !t || t->rcu_number > mark;
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

	count_begins();
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
		rt_running.rcu_waiting++;
	}
}

bool rt_rcu_alone(void)
{
	return !machine.rcu_oldest || (machine.rcu_oldest == machine.rcu_newest && machine.rcu_oldest == self());
}

void rcu_finish(void)
{
	decrement(UINT64_MAX, UINT64_MAX);
	while (machine.rcu_first)
		call_first();
}

/* The section of @reader is of @t's business: it was there when @t came, and reads the same memslots. */
static bool is_awaited(const struct rt_task *reader, const struct rt_task *t)
{
	return reader->srcu_synced && reader->srcu_synced <= t->wait_number &&
	       (reader->srcu_vm == t->wait_vm || reader->srcu_vm == SRCU_ALL_VMS);
}

void rt_srcu_widen(unsigned int vm)
{
	struct rt_task *t = self();
	uint32_t vm_before = t->srcu_vm;

	t->srcu_vm = SRCU_ALL_VMS;
	for (struct rt_task *s = machine.srcu_first; s; s = s->wait_next)
		if (is_awaited(t, s) && vm_before != SRCU_ALL_VMS && vm_before != s->wait_vm)
			s->wait_value++;
}

/* Synchronisers that waited for nobody else go on, in the order they came. */
void rt_srcu_end_awaited(struct rt_task *t)
{
	struct rt_task **at = &machine.srcu_first, *last = NULL;

	while (*at) {
		struct rt_task *s = *at;

		if (!is_awaited(t, s) || --s->wait_value) {
			last = s;
			at = &s->wait_next;
			continue;
		}
		*at = s->wait_next;
		task_wake(s, rt_running.clock_ps);
	}
	machine.srcu_last = last;
	t->srcu_synced = 0;
}

/* Marks all readers.  Return: how many of them @t has to wait for. */
static uint64_t await_readers(struct rt_task *t, unsigned int vm)
{
	uint64_t nr = 0;

	t->wait_number = ++machine.srcu_synced;
	t->wait_vm = vm;
	for (unsigned int i = 0; machine.running && i < machine.nr_tasks; i++) {
		struct rt_task *reader = &machine.tasks[i];

		if (!reader->srcu_depth)
			continue;
		if (!reader->srcu_synced)
			reader->srcu_synced = t->wait_number;
		nr += is_awaited(reader, t);
	}
	return nr;
}

/* Waits for the readers there are, and no less than the primitive costs. */
void rt_srcu_synchronize(unsigned int vm)
{
	struct rt_task *t = self();
	uint64_t done_ps;

	rt_settle();
	assert(!t->srcu_depth);
	done_ps = rt_running.clock_ps + rt_running.cost_ps[COST_SRCU_SYNC];
	t->wait_value = await_readers(t, vm);
	if (t->wait_value) {
		t->wait_next = NULL;
		*(machine.srcu_last ? &machine.srcu_last->wait_next : &machine.srcu_first) = t;
		machine.srcu_last = t;
		task_wait(WAIT_SRCU, NULL);
	}
	rt_idle_until((done_ps + PSEC_PER_NSEC - 1) / PSEC_PER_NSEC);
}
