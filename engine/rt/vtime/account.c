/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operations cost, who is to blame for waits, how long nobody else could have run. */
#include "engine/rt/vtime/machine.h"

#include <assert.h>
#include <string.h>

void rt_stretch_begin(void)
{
	rt_stretch_count(self()->op);
	self()->op->stretch_ps = 0;
}

uint64_t rt_stretch_end(void)
{
	const struct rt_task *t = self();
	uint64_t length_ps = t->nr_holds || t->rcu_depth ? rt_running.clock_ps - t->stretch_ps : 0;

	return (length_ps > t->op->stretch_ps ? length_ps : t->op->stretch_ps) / PSEC_PER_NSEC;
}

/* What the inner operation cost, the outer one paid too. */
void rt_op_end_inner(struct task_op *outer, const struct task_op *o)
{
	outer->lock_wait_ps += o->lock_wait_ps;
	outer->lock_hold_ps += o->lock_hold_ps;
	outer->ipi_ps += o->ipi_ps;
	outer->yields += o->yields;
	outer->flushes += o->flushes;
	outer->lost_cas += o->lost_cas;
}

void rt_note_lost_cas(void)
{
	self()->op->lost_cas++;
	machine.lost_cas[self()->op->op]++;
}

static void report_task(const struct rt_task *t, struct rt_task_stats *out)
{
	*out = (struct rt_task_stats){
		.think_ns = t->think_ps / PSEC_PER_NSEC,
		.busy_ns = t->busy_ps / PSEC_PER_NSEC,
		.kicked_ns = t->kicks * rt_running.cost_ps[COST_KICK] / PSEC_PER_NSEC,
		.kicks = t->kicks,
		.order_wait_ns = t->order_wait_ps / PSEC_PER_NSEC,
		.preempted_ns = t->preempted_ps / PSEC_PER_NSEC,
		.end_ns = t->end_ps / PSEC_PER_NSEC,
	};
}

void account_report(struct rt_stats *stats)
{
	struct rt_task_stats *task = stats->task;

	for (unsigned int i = 0; i < machine.nr_tasks; i++)
		for (const struct task_op *o = machine.tasks[i].op; o > machine.tasks[i].ops; o--)
			rt_stretch_count(o);
	memset(stats, 0, sizeof(*stats));
	stats->task = task;
	for (unsigned int w = 0; w < RT_MAX_OPS; w++) {
		for (unsigned int h = 0; h < RT_MAX_OPS; h++) {
			stats->blame[w][h].ns = machine.blame_ps[w][h] / PSEC_PER_NSEC;
			stats->blame[w][h].n = machine.blame_n[w][h];
		}
		stats->longest_stretch_ns[w] = rt_running.longest_stretch_ps[w] / PSEC_PER_NSEC;
		stats->yields[w] = machine.yields[w];
		stats->flushes[w] = machine.flushes[w];
		stats->lost_cas[w] = machine.lost_cas[w];
	}
	stats->switches = rt_switches();
	stats->deadlock = machine.deadlock;
	stats->rcu_freed = machine.rcu_freed;
	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		if (task)
			report_task(&machine.tasks[i], &task[i]);
		if (stats->end_ns < machine.tasks[i].end_ps / PSEC_PER_NSEC)
			stats->end_ns = machine.tasks[i].end_ps / PSEC_PER_NSEC;
	}
}
