/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates and condition variables.  No wake-up is lost: a waiter first says that
 * it is there and then looks at the value, a raiser first sets the value and
 * then looks for waiters, all sequentially consistent.
 */
#include "engine/rt/threads/machine.h"

void rt_gate_init(struct rt_gate *g)
{
	atomic_init(&g->value, 0);
	atomic_init(&g->nr_waiters, 0);
	pthread_mutex_init(&g->guard, NULL);
	g->waiters = NULL;
}

static void wake_reached(struct rt_gate *g)
{
	struct rt_task **at = &g->waiters;
	uint64_t value;

	pthread_mutex_lock(&g->guard);
	value = atomic_load(&g->value);
	while (*at) {
		struct rt_task *t = *at;

		if (t->wait_value > value) {
			at = &t->wait_next;
			continue;
		}
		*at = t->wait_next;
		atomic_fetch_sub(&g->nr_waiters, 1);
		park_wake(&t->park);
	}
	pthread_mutex_unlock(&g->guard);
}

void rt_gate_raise(struct rt_gate *g, uint64_t value)
{
	uint64_t old = atomic_load_explicit(&g->value, memory_order_relaxed);

	while (old < value && !atomic_compare_exchange_weak(&g->value, &old, value))
		;
	if (atomic_load(&g->nr_waiters))
		wake_reached(g);
}

static void gate_sleep(struct rt_gate *g, struct rt_task *t, uint64_t value)
{
	bool wait;

	pthread_mutex_lock(&g->guard);
	atomic_fetch_add(&g->nr_waiters, 1);
	wait = atomic_load(&g->value) < value;
	if (wait) {
		park_prepare(&t->park);
		t->wait_value = value;
		t->wait_next = g->waiters;
		g->waiters = t;
	} else {
		atomic_fetch_sub(&g->nr_waiters, 1);
	}
	pthread_mutex_unlock(&g->guard);
	if (wait)
		park_wait(&t->park);
}

void rt_gate_wait(struct rt_gate *g, uint64_t value)
{
	struct rt_task *t = self();
	uint64_t begin_ns;

	if (atomic_load_explicit(&g->value, memory_order_acquire) >= value)
		return;
	begin_ns = rt_clock_ns();
	gate_sleep(g, t, value);
	t->slice_ns = rt_clock_ns();
	t->order_wait_ns += t->slice_ns - begin_ns;
}

void rt_cond_init(struct rt_cond *c)
{
	pthread_mutex_init(&c->guard, NULL);
	c->waiters = NULL;
}

void rt_cond_wait(struct rt_cond *c, struct rt_spinlock *held)
{
	struct rt_task *t = self();

	park_prepare(&t->cond_park);
	pthread_mutex_lock(&c->guard);
	t->cond_next = c->waiters;
	c->waiters = t;
	pthread_mutex_unlock(&c->guard);
	rt_spin_unlock(held);
	park_wait(&t->cond_park);
	t->slice_ns = rt_clock_ns();
	rt_spin_lock(held);
}

void rt_cond_wake_all(struct rt_cond *c)
{
	struct rt_task *t, *next;

	pthread_mutex_lock(&c->guard);
	t = c->waiters;
	c->waiters = NULL;
	pthread_mutex_unlock(&c->guard);
	for (; t; t = next) {
		next = t->cond_next;
		park_wake(&t->cond_park);
	}
}
