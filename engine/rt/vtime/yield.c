/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a long walk lets others in, and how: cond_resched_rwlock_read() and _write(). */
#include "engine/rt/vtime/machine.h"

bool rt_needbreak(const struct rt_rwlock *l)
{
	const struct policy *p = machine.config.policy;

	if (!p || p->lock_needbreak != LOCK_NEEDBREAK_CONTENDED)
		return false;
	return rt_rwlock_contended(l);
}

static bool should_drop(const struct rt_rwlock *l)
{
	bool resched = rt_need_resched();	/* a point at which it could yield, whatever it says */

	return resched || rt_needbreak(l);
}

/*
 * The lock has been dropped: a CPU that others wait for is gone since then
 * (unlocking is where preemption comes back); without any the slice starts anew.
 */
static void dropped(void)
{
	struct rt_task *t = self();

	op_of(t)->yields++;
	machine.yields[op_of(t)->op]++;
	t->cpu_since_ps = rt_running.clock_ps;
	rt_pin(RT_PIN_RELOCK);
}

bool rt_cond_resched_read(struct rt_rwlock *l)
{
	if (!should_drop(l))
		return false;
	rt_read_unlock(l);
	dropped();
	rt_read_lock(l);
	return true;
}

bool rt_cond_resched_write(struct rt_rwlock *l)
{
	if (!should_drop(l))
		return false;
	rt_write_unlock(l);
	dropped();
	rt_write_lock(l);
	return true;
}
