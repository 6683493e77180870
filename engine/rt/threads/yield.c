/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a long walk lets others in.  The kernel below does not tell a thread
 * that its time is up, so only lock.resched_us makes rt_need_resched() true.
 */
#include "engine/rt/threads/machine.h"

#include <sched.h>

bool rt_need_resched(void)
{
	const struct policy *p = machine.config.policy;

	if (!p || !p->lock_resched_us)
		return false;
	return rt_clock_ns() - self()->slice_ns >= p->lock_resched_us * 1000ull;
}

bool rt_needbreak(const struct rt_rwlock *l)
{
	const struct policy *p = machine.config.policy;

	return p && p->lock_needbreak == LOCK_NEEDBREAK_CONTENDED && rt_rwlock_contended(l);
}

/* Steps take the time they take. */
bool rt_charge_steps(const struct rt_rwlock *l, uint64_t nr, enum cost before, enum cost after)
{
	return false;
}

static void dropped(void)
{
	struct rt_task *t = self();

	sched_yield();
	op_of(t)->yields++;
	t->yields[op_of(t)->op]++;
	t->slice_ns = rt_clock_ns();
}

bool rt_cond_resched_read(struct rt_rwlock *l)
{
	if (!rt_need_resched() && !rt_needbreak(l))
		return false;
	rt_read_unlock(l);
	dropped();
	rt_read_lock(l);
	return true;
}

bool rt_cond_resched_write(struct rt_rwlock *l)
{
	if (!rt_need_resched() && !rt_needbreak(l))
		return false;
	rt_write_unlock(l);
	dropped();
	rt_write_lock(l);
	return true;
}

void rt_pause(void)
{
	sched_yield();
}
