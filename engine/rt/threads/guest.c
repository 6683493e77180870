/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time outside the engine, and kicks.  Guests and sleeps sleep, other exits
 * use the CPU.  No single one lasts longer than CLIP_NS, so that a trace's
 * long silences do not have to be waited for.
 */
#include "engine/rt/threads/machine.h"

#include <time.h>

#define CLIP_NS		(10 * 1000 * 1000ull)
#define SPIN_NS		20000ull	/* below this sleeping overshoots by more than it waits */

static void spin_until(uint64_t ns)
{
	while (rt_clock_ns() < ns)
		cpu_relax();
}

static uint64_t clip(uint64_t ns)
{
	return ns < CLIP_NS ? ns : CLIP_NS;
}

static void sleep_for(uint64_t ns)
{
	uint64_t until_ns, abs_ns;
	struct timespec ts;

	if (!machine.running || !ns)
		return;
	until_ns = rt_clock_ns() + clip(ns);
	abs_ns = machine.start_ns + until_ns;
	ts = (struct timespec){ .tv_sec = abs_ns / NSEC_PER_SEC, .tv_nsec = abs_ns % NSEC_PER_SEC };
	if (ns < SPIN_NS)
		spin_until(until_ns);
	else
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
			;
	self()->slice_ns = rt_clock_ns();
}

/* Kicks that came while in the guest prolong it by what the costs say. */
static void pay_for_kicks(struct rt_task *t)
{
	const struct costs *c = machine.config.costs;
	uint32_t kicks = atomic_load(&t->kicked) ? atomic_exchange(&t->kicked, 0) : 0;
	uint64_t ns = c ? kicks * c->ps[COST_KICK] / PSEC_PER_NSEC : 0;

	t->kicks += kicks;
	t->kicked_ns += ns;
	if (ns)
		spin_until(rt_clock_ns() + clip(ns));
}

void rt_think(uint64_t ns)
{
	struct rt_task *t = self();

	t->think_ns += ns;
	atomic_store(&t->in_guest, true);
	sleep_for(ns);
	atomic_store(&t->in_guest, false);
	pay_for_kicks(t);
}

void rt_busy(uint64_t ns)
{
	if (!machine.running)
		return;
	self()->busy_ns += ns;
	spin_until(rt_clock_ns() + clip(ns));
}

void rt_idle(uint64_t ns)
{
	sleep_for(ns);
}

void rt_idle_until(uint64_t ns)
{
	uint64_t now_ns = rt_clock_ns();

	if (ns > now_ns)
		rt_idle(ns - now_ns);
}

void rt_pin_wait(unsigned int pin)
{
	uint64_t ns;

	if (!machine.config.pin)
		return;
	ns = machine.config.pin(machine.config.pin_arg, rt_self(), pin);
	if (ns)
		rt_idle_until(ns);
}

static void flushed(struct rt_task *t, uint64_t begin_ns)
{
	op_of(t)->ipi_ns += rt_clock_ns() - begin_ns;
	op_of(t)->flushes++;
	t->flushes[op_of(t)->op]++;
}

/* There is no IPI to send: whoever is in the guest finds a note when it leaves. */
void rt_kick_all(unsigned int vm)
{
	struct rt_task *t = self();
	uint64_t begin_ns = rt_clock_ns();

	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		struct rt_task *vcpu = &machine.tasks[i];

		if (vcpu != t && vcpu->def->vm == (int)vm && atomic_load(&vcpu->in_guest))
			atomic_fetch_add(&vcpu->kicked, 1);
	}
	flushed(t, begin_ns);
}

/* The machine has no such thing to offer: what it costs is not measured here. */
void rt_broadcast(enum cost c, uint64_t cpus)
{
	(void)c;
	(void)cpus;
	flushed(self(), rt_clock_ns());
}

void rt_catch_up(void)
{
}
