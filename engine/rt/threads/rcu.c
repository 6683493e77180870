/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU by liburcu (or, under ThreadSanitizer, by epochs), SRCU by epochs. */
#include "engine/rt/threads/machine.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>

#include "base/alloc.h"

static struct epoch srcu_epoch = { 1 };

/* The time without a chance for others counts from the outermost section on. */
static inline void section_begin(struct rt_task *t)
{
	if (!t->rcu.depth && !t->nr_holds)
		t->stretch_ns = rt_clock_ns();
}

static inline void section_end(struct rt_task *t)
{
	if (!t->rcu.depth && !t->nr_holds)
		stretch_note(t, rt_clock_ns());
}

static void freed(struct rt_rcu_head *head)
{
	atomic_fetch_add_explicit(&machine.rcu_freed, 1, memory_order_relaxed);
	head->fn(head);
}

/* Callbacks of nobody's: called by the thread that sets up and tears down. */
static struct rt_rcu_head *outside_callbacks;

static void run_outside(void)
{
	while (outside_callbacks && !machine.outside.rcu.depth) {
		struct rt_rcu_head *head = outside_callbacks;

		outside_callbacks = head->next;
		head->fn(head);
	}
}

static void call_outside(struct rt_rcu_head *head)
{
	head->next = outside_callbacks;
	outside_callbacks = head;
	run_outside();
}

#ifdef RT_OWN_RCU
static struct epoch rcu_epoch = { 1 };
static pthread_mutex_t pending_guard = PTHREAD_MUTEX_INITIALIZER;
static struct rt_rcu_head *pending_first, *pending_last;	/* by epoch */

void rcu_thread_begin(void)
{
}

void rcu_thread_end(void)
{
}

static uint64_t oldest_reader(void)
{
	uint64_t oldest = UINT64_MAX;

	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		uint64_t since = atomic_load(&machine.tasks[i].rcu.since);

		if (since && since < oldest)
			oldest = since;
	}
	return oldest;
}

/* Callbacks whose epoch has no readers left. */
static void call_due(void)
{
	struct rt_rcu_head *due, *last = NULL;
	uint64_t oldest;

	pthread_mutex_lock(&pending_guard);
	due = pending_first;
	oldest = due ? oldest_reader() : 0;
	while (pending_first && pending_first->epoch <= oldest) {
		last = pending_first;
		pending_first = last->next;
	}
	if (!pending_first)
		pending_last = NULL;
	if (last)
		last->next = NULL;
	pthread_mutex_unlock(&pending_guard);
	for (struct rt_rcu_head *next; last && due; due = next) {
		next = due->next;
		freed(due);
	}
}

void rcu_finish(void)
{
	call_due();
	assert(!pending_first);
}

void rt_rcu_read_lock(void)
{
	section_begin(self());
	epoch_enter(&rcu_epoch, &self()->rcu);
}

void rt_rcu_read_unlock(void)
{
	struct rt_task *t = self();

	epoch_leave(&t->rcu);
	section_end(t);
	if (!t->rcu.depth)
		rt_current ? call_due() : run_outside();
}

void rt_call_rcu(struct rt_rcu_head *head, void (*fn)(struct rt_rcu_head *head))
{
	head->fn = fn;
	if (!rt_current) {
		call_outside(head);
		return;
	}
	pthread_mutex_lock(&pending_guard);
	head->next = NULL;
	head->epoch = epoch_advance(&rcu_epoch);
	*(pending_last ? &pending_last->next : &pending_first) = head;
	pending_last = head;
	pthread_mutex_unlock(&pending_guard);
}
#else
void rcu_thread_begin(void)
{
	urcu_memb_register_thread();
}

void rcu_thread_end(void)
{
	urcu_memb_unregister_thread();
}

void rcu_finish(void)
{
	urcu_memb_barrier();
}

void rt_rcu_read_lock(void)
{
	struct rt_task *t = self();

	section_begin(t);
	if (!t->rcu.depth++ && rt_current)
		urcu_memb_read_lock();
}

void rt_rcu_read_unlock(void)
{
	struct rt_task *t = self();

	assert(t->rcu.depth);
	if (!--t->rcu.depth)
		rt_current ? urcu_memb_read_unlock() : run_outside();
	section_end(t);
}

static void from_urcu(struct rcu_head *urcu)
{
	freed((struct rt_rcu_head *)(void *)urcu);
}

void rt_call_rcu(struct rt_rcu_head *head, void (*fn)(struct rt_rcu_head *head))
{
	head->fn = fn;
	if (rt_current)
		urcu_memb_call_rcu(&head->urcu, from_urcu);
	else
		call_outside(head);
}
#endif

struct decrement {
	struct rt_rcu_head head;	/* first member */
	uint32_t	  *counter;
};

static void decremented(struct rt_rcu_head *head)
{
	struct decrement *d = (struct decrement *)head;

	__atomic_fetch_sub(d->counter, 1, __ATOMIC_RELAXED);
	free(d);
}

void rt_rcu_decrement(uint32_t *counter)
{
	struct decrement *d = xcalloc(1, sizeof(*d));

	d->counter = counter;
	rt_call_rcu(&d->head, decremented);
}

bool rt_rcu_alone(void)
{
	return false;
}

/* The VM is there before the section is seen to begin, and before anything is read for another one. */
void rt_srcu_lock(unsigned int vm)
{
	struct rt_task *t = self();

	if (!t->srcu.depth)
		atomic_store(&t->srcu_vm, vm);
	else if (atomic_load(&t->srcu_vm) != (int64_t)vm)
		atomic_store(&t->srcu_vm, SRCU_ALL_VMS);
	epoch_enter(&srcu_epoch, &t->srcu);
}

void rt_srcu_unlock(void)
{
	assert(self()->srcu.depth);
	epoch_leave(&self()->srcu);
}

/* @t reads the memslots of @vm, and began before @epoch. */
static bool srcu_reads(struct rt_task *t, unsigned int vm, uint64_t epoch)
{
	uint64_t since = atomic_load(&t->srcu.since);
	int64_t of = atomic_load(&t->srcu_vm);

	return since && since < epoch && (of == (int64_t)vm || of == SRCU_ALL_VMS);
}

void rt_srcu_synchronize(unsigned int vm)
{
	uint64_t epoch = epoch_advance(&srcu_epoch);

	assert(!self()->srcu.depth);
	for (unsigned int i = 0; i < machine.nr_tasks; i++)
		while (srcu_reads(&machine.tasks[i], vm, epoch))
			sched_yield();
	self()->slice_ns = rt_clock_ns();
}

/* Nobody here knows who reads since when; vtime does. */
uint64_t rt_rcu_mark(void)
{
	return 0;
}

bool rt_rcu_passed(uint64_t mark)
{
	return true;
}
