/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remote TLB flushes.  A target is in guest mode when it is on its CPU, in
 * rt_think(), and not on its way out and in for an earlier kick: then its time
 * in the guest ends COST_KICK later.  It acknowledges half-way through that,
 * after the exit; IPIs go out one after the other, so the sender is done after
 * COST_FLUSH_FIXED + targets * COST_FLUSH_TARGET + COST_KICK / 2.
 */
#include "engine/rt/vtime/machine.h"

static inline bool in_guest(const struct rt_task *t, uint64_t now_ps)
{
	return t->mode == MODE_GUEST && t->guest_from_ps <= now_ps && now_ps < t->clock_ps;
}

static inline void kick(struct rt_task *t, uint64_t now_ps, uint64_t cost_ps)
{
	t->kicks++;
	t->guest_from_ps = now_ps + cost_ps;
	if (unlikely(has_cpus()))
		t->kicked_until_ps = t->guest_from_ps;
	t->clock_ps += cost_ps;
	t->flags |= TASK_DELAYED;
}

/* It is over, and began at @begin_ps. */
static void flushed(struct rt_task *t, uint64_t begin_ps)
{
	t->op->ipi_ps += rt_running.clock_ps - begin_ps;
	t->op->flushes++;
	machine.flushes[t->op->op]++;
	rt_settle();
}

void rt_kick_all(unsigned int vm)
{
	struct rt_task *const *first = vm < machine.nr_vms ? &machine.vcpus[machine.vm_first[vm]] : NULL;
	struct rt_task *const *end = vm < machine.nr_vms ? &machine.vcpus[machine.vm_first[vm + 1]] : NULL;
	uint64_t begin_ps, targets = 0, cost_ps = rt_running.cost_ps[COST_KICK];

	rt_settle();
	begin_ps = rt_running.clock_ps;
	for (struct rt_task *const *vcpu = first; vcpu < end; vcpu++) {
		if (!in_guest(*vcpu, begin_ps))
			continue;
		kick(*vcpu, begin_ps, cost_ps);
		targets++;
	}
	rt_charge(COST_FLUSH_FIXED, 1);
	rt_charge(COST_FLUSH_TARGET, targets);
	if (targets)
		rt_running.clock_ps += cost_ps / 2;
	flushed(self(), begin_ps);
}

void rt_broadcast(enum cost c, uint64_t cpus)
{
	uint64_t begin_ps;

	rt_settle();
	begin_ps = rt_running.clock_ps;
	rt_charge(c, 1);
	rt_charge(COST_TLBI_CPU, cpus);
	flushed(self(), begin_ps);
}
