/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a long walk lets others in, and how: cond_resched_rwlock_read() and _write(). */
#include "engine/rt/vtime/machine.h"

#include <assert.h>

bool rt_needbreak(const struct rt_rwlock *l)
{
	const struct policy *p = machine.config.policy;

	if (!p || p->lock_needbreak != LOCK_NEEDBREAK_CONTENDED)
		return false;
	return rt_rwlock_contended(l);
}

static uint64_t cost_of(enum cost c)
{
	return c == RT_NO_COST ? 0 : rt_running.cost_ps[c];
}

/* Would a walk that comes by a place to yield at @ps let others in, or let them run before? */
static bool yields_by(const struct rt_rwlock *l, uint64_t ps)
{
	const struct policy *p = machine.config.policy;
	const struct rt_task *t = self();

	if (ps >= rt_running.horizon_ps || (t->flags & TASK_RESCHED))
		return true;
	if (p && p->lock_resched_us && ps - t->cpu_since_ps >= p->lock_resched_us * 1000 * PSEC_PER_NSEC)
		return true;
	return p && p->lock_needbreak == LOCK_NEEDBREAK_CONTENDED && l->head;
}

/* What rt_need_resched() notes at each of the places, the last one at @last_ps. */
static void note_points(uint64_t nr, uint64_t first_ps, uint64_t step_ps, uint64_t last_ps)
{
	struct rt_task *t = self();

	if (!t->nr_holds && !t->rcu_depth)
		return;
	rt_stretch_note(t, first_ps);
	if (nr > 1) {
		t->stretch_ps = last_ps - step_ps;
		rt_stretch_note(t, last_ps);
	}
}

bool rt_charge_steps(const struct rt_rwlock *l, uint64_t nr, enum cost before, enum cost after)
{
	uint64_t step_ps = cost_of(before) + cost_of(after);
	uint64_t first_ps = rt_running.clock_ps + cost_of(before), last_ps = first_ps + (nr - 1) * step_ps;
	uint64_t end_ps = rt_running.clock_ps + nr * step_ps;

	assert(nr);
	if (rt_running.fine && end_ps >= rt_running.horizon_ps)
		return false;
	if (l) {
		if (yields_by(l, last_ps))
			return false;
		note_points(nr, first_ps, step_ps, last_ps);
	}
	rt_running.clock_ps = end_ps;
	return true;
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

	t->op->yields++;
	machine.yields[t->op->op]++;
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
