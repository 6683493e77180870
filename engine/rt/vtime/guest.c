/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time a task spends outside the engine: in the guest, in other exits, asleep; pins. */
#include "engine/rt/vtime/machine.h"

void rt_busy(uint64_t ns)
{
	struct rt_task *t = self();
	uint64_t ps = rt_span_ps(ns);

	t->busy_ps += ps;
	t->mode = MODE_BUSY;
	rt_running.clock_ps += ps;
	rt_settle();
	t->mode = MODE_HOST;
}

/* Off the CPU until @ps. */
static void sleep_until(uint64_t ps)
{
	struct rt_task *t = self();

	if (!machine.running || ps <= rt_running.clock_ps)
		return;
	if (has_cpus()) {
		rt_settle();
		cpu_release();
		t->flags |= TASK_NEEDS_CPU;
	}
	if (rt_running.clock_ps < ps)
		rt_running.clock_ps = ps;
	t->cpu_since_ps = rt_running.clock_ps;
	if (has_cpus())
		sched_requeue();
	else
		rt_settle();
}

void rt_idle(uint64_t ns)
{
	sleep_until(rt_running.clock_ps + rt_span_ps(ns));
}

void rt_idle_until(uint64_t ns)
{
	sleep_until(rt_ps_of(ns));
}

void rt_pin_wait(unsigned int pin)
{
	uint64_t ns = machine.config.pin(machine.config.pin_arg, rt_self(), pin);

	if (ns)
		rt_idle_until(ns);
}
