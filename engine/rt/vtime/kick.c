/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remote TLB flushes.  A target is in guest mode when it is on its CPU, in
 * rt_think(), and not on its way out and in for an earlier kick: then its time
 * in the guest ends COST_KICK later.  It acknowledges half-way through that,
 * after the exit; IPIs go out one after the other, so the sender is done after
 * COST_FLUSH_FIXED + targets * COST_FLUSH_TARGET + COST_KICK / 2.
 */
#include "engine/rt/vtime/machine.h"

static bool in_guest(const struct rt_task *t, uint64_t now_ps)
{
	return t->mode == MODE_GUEST && t->guest_since_ps <= now_ps && now_ps < t->clock_ps &&
	       t->kicked_until_ps <= now_ps && (t->on_cpu || !has_cpus());
}

static void kick(struct rt_task *t, uint64_t now_ps)
{
	uint64_t cost_ps = rt_running.cost_ps[COST_KICK];

	t->kicks++;
	t->kicked_ps += cost_ps;
	t->kicked_until_ps = now_ps + cost_ps;
	t->clock_ps += cost_ps;
	t->flags |= TASK_DELAYED;
}

/* It is over, and began at @begin_ps. */
static void flushed(struct rt_task *t, uint64_t begin_ps)
{
	t->op->ipi_ps += rt_running.clock_ps - begin_ps;
	t->op->flushes++;
	machine.flushes[t->op->op]++;
	settle();
}

void rt_kick_all(unsigned int vm)
{
	struct rt_task *t = self();
	unsigned int first = vm < machine.nr_vms ? machine.vm_first[vm] : 0;
	unsigned int end = vm < machine.nr_vms ? machine.vm_first[vm + 1] : 0;
	uint64_t begin_ps, targets = 0;

	settle();
	begin_ps = rt_running.clock_ps;
	for (unsigned int i = first; i < end; i++) {
		if (!in_guest(machine.vcpus[i], begin_ps))
			continue;
		kick(machine.vcpus[i], begin_ps);
		targets++;
	}
	rt_charge(COST_FLUSH_FIXED, 1);
	rt_charge(COST_FLUSH_TARGET, targets);
	if (targets)
		rt_running.clock_ps += rt_running.cost_ps[COST_KICK] / 2;
	flushed(t, begin_ps);
}

void rt_broadcast(enum cost c, uint64_t cpus)
{
	uint64_t begin_ps;

	settle();
	begin_ps = rt_running.clock_ps;
	rt_charge(c, 1);
	rt_charge(COST_TLBI_CPU, cpus);
	flushed(self(), begin_ps);
}

void rt_catch_up(void)
{
	settle();
}
