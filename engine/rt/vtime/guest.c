/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time a task spends outside the engine: in the guest, in other exits, asleep; pins. */
#include "engine/rt/vtime/machine.h"

void rt_think(uint64_t ns)
{
	struct rt_task *t = self();
	uint64_t ps = span_of(ns);

	t->think_ps += ps;
	t->guest_since_ps = rt_running.clock_ps;
	t->mode = MODE_GUEST;
	rt_running.clock_ps += ps;
	settle();
	t->mode = MODE_HOST;
}

void rt_busy(uint64_t ns)
{
	struct rt_task *t = self();
	uint64_t ps = span_of(ns);

	t->busy_ps += ps;
	t->mode = MODE_BUSY;
	rt_running.clock_ps += ps;
	settle();
	t->mode = MODE_HOST;
}

/* Off the CPU until @ps. */
static void sleep_until(uint64_t ps)
{
	struct rt_task *t = self();

	if (!machine.running || ps <= rt_running.clock_ps)
		return;
	if (has_cpus()) {
		settle();
		cpu_release();
		t->flags |= TASK_NEEDS_CPU;
	}
	if (rt_running.clock_ps < ps)
		rt_running.clock_ps = ps;
	t->cpu_since_ps = rt_running.clock_ps;
	if (has_cpus())
		sched_requeue();
	else
		settle();
}

void rt_idle(uint64_t ns)
{
	sleep_until(rt_running.clock_ps + span_of(ns));
}

void rt_idle_until(uint64_t ns)
{
	sleep_until(ps_of(ns));
}

void rt_pin_wait(unsigned int pin)
{
	uint64_t ns = machine.config.pin(machine.config.pin_arg, rt_running.self, pin);

	if (ns)
		rt_idle_until(ns);
}
