/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates.  A raise is no hand-over: the raiser's clock may be ahead of a waiter
 * that comes later in program order, so a gate remembers when its last two
 * values were reached and a waiter never passes before that.
 */
#include "engine/rt/vtime/machine.h"

void rt_gate_init(struct rt_gate *g)
{
	*g = (struct rt_gate){ 0 };
}

/* The gate was last raised in an earlier run: that is long ago. */
void rt_gate_forget(struct rt_gate *g)
{
	g->run = rt_running.run;
	g->raised_ps = g->prev_ps = 0;
}

/* Those who wait for its value of now. */
void rt_gate_wake(struct rt_gate *g)
{
	while (g->waiters && g->waiters->wait_value <= g->value) {
		struct rt_task *t = g->waiters;

		g->waiters = t->wait_next;
		task_wake(t, g->raised_ps);
	}
}

/* Sorted by value, first come first among equals. */
static void add_waiter(struct rt_gate *g, struct rt_task *t)
{
	struct rt_task **at = &g->waiters;

	while (*at && (*at)->wait_value <= t->wait_value)
		at = &(*at)->wait_next;
	t->wait_next = *at;
	*at = t;
}

void rt_gate_wait(struct rt_gate *g, uint64_t value)
{
	struct rt_task *t = self();
	uint64_t begin_ps;

	rt_settle();
	begin_ps = rt_running.clock_ps;
	if (unlikely(g->run != rt_running.run))
		rt_gate_forget(g);
	if (value <= g->value) {
		uint64_t reached_ps = value <= g->prev_value ? g->prev_ps : g->raised_ps;

		if (reached_ps > begin_ps)
			rt_idle_until((reached_ps + PSEC_PER_NSEC - 1) / PSEC_PER_NSEC);
	} else {
		t->wait_value = value;
		add_waiter(g, t);
		task_wait(WAIT_GATE, g);
	}
	t->order_wait_ps += rt_running.clock_ps - begin_ps;
}
