/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Condition variables: a FIFO of sleepers; who was woken before it slept does not sleep. */
#include "engine/rt/vtime/machine.h"

void rt_cond_init(struct rt_cond *c)
{
	*c = (struct rt_cond){ 0 };
}

void rt_cond_wait(struct rt_cond *c, struct rt_spinlock *held)
{
	struct rt_task *t = self();

	rt_settle();
	t->cond_next = NULL;
	t->cond_woken = false;
	*(c->tail ? &c->tail->cond_next : &c->head) = t;
	c->tail = t;
	rt_spin_unlock(held);		/* others may run here, and wake us */
	rt_settle();
	if (!t->cond_woken)
		task_wait(WAIT_COND, c);
	rt_spin_lock(held);
}

void rt_cond_wake_all(struct rt_cond *c)
{
	struct rt_task *t = c->head;

	c->head = c->tail = NULL;
	for (; t; t = t->cond_next) {
		t->cond_woken = true;
		if (t->waiting == WAIT_COND)
			task_wake(t, rt_running.clock_ps);
	}
}
