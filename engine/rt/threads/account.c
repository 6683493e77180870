/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operations cost by the clock; added up over tasks when they have ended. */
#include "engine/rt/threads/machine.h"

#include <assert.h>
#include <string.h>

void stretch_note(struct rt_task *t, uint64_t ns)
{
	uint64_t *longest = &t->longest_stretch_ns[op_of(t)->op];

	if (ns - t->stretch_ns > *longest)
		*longest = ns - t->stretch_ns;
	if (ns - t->stretch_ns > t->watched_ns)
		t->watched_ns = ns - t->stretch_ns;
	t->stretch_ns = ns;
}

void rt_stretch_begin(void)
{
	self()->watched_ns = 0;
}

uint64_t rt_stretch_end(void)
{
	const struct rt_task *t = self();
	uint64_t length_ns = t->nr_holds || t->rcu.depth ? rt_clock_ns() - t->stretch_ns : 0;

	return length_ns > t->watched_ns ? length_ns : t->watched_ns;
}

void rt_op_begin(unsigned int op)
{
	struct rt_task *t = self();
	uint64_t now_ns = rt_clock_ns();

	assert(op < RT_MAX_OPS && t->nr_ops < TASK_MAX_OPS);
	t->nr_ops++;
	*op_of(t) = (struct task_op){ .op = op, .begin_ns = now_ns };
	t->stretch_ns = now_ns;
}

/* What the inner operation cost, the outer one paid too. */
static void add_to_outer(struct task_op *outer, const struct task_op *o)
{
	outer->lock_wait_ns += o->lock_wait_ns;
	outer->lock_hold_ns += o->lock_hold_ns;
	outer->ipi_ns += o->ipi_ns;
	outer->yields += o->yields;
	outer->flushes += o->flushes;
	outer->lost_cas += o->lost_cas;
}

void rt_op_end(struct rt_sample *out)
{
	struct rt_task *t = self();
	struct task_op *o = op_of(t);

	assert(t->nr_ops);
	if (out)
		*out = (struct rt_sample){
			.total_ns = rt_clock_ns() - o->begin_ns,
			.lock_wait_ns = o->lock_wait_ns,
			.lock_hold_ns = o->lock_hold_ns,
			.ipi_ns = o->ipi_ns,
			.yields = o->yields,
			.flushes = o->flushes,
			.lost_cas = o->lost_cas,
		};
	t->nr_ops--;
	if (t->nr_ops)
		add_to_outer(op_of(t), o);
}

void rt_note_lost_cas(void)
{
	struct rt_task *t = self();

	op_of(t)->lost_cas++;
	t->lost_cas[op_of(t)->op]++;
}

static void report_task(const struct rt_task *t, struct rt_task_stats *out)
{
	*out = (struct rt_task_stats){
		.think_ns = t->think_ns,
		.busy_ns = t->busy_ns,
		.kicked_ns = t->kicked_ns,
		.kicks = t->kicks,
		.order_wait_ns = t->order_wait_ns,
		.end_ns = t->end_ns,
	};
}

static void add_ops(const struct rt_task *t, struct rt_stats *s)
{
	for (unsigned int w = 0; w < RT_MAX_OPS; w++) {
		for (unsigned int h = 0; h < RT_MAX_OPS; h++) {
			s->blame[w][h].ns += t->blame[w][h].ns;
			s->blame[w][h].n += t->blame[w][h].n;
		}
		if (s->longest_stretch_ns[w] < t->longest_stretch_ns[w])
			s->longest_stretch_ns[w] = t->longest_stretch_ns[w];
		s->yields[w] += t->yields[w];
		s->flushes[w] += t->flushes[w];
		s->lost_cas[w] += t->lost_cas[w];
	}
}

void account_report(struct rt_stats *stats)
{
	struct rt_task_stats *task = stats->task;

	memset(stats, 0, sizeof(*stats));
	stats->task = task;
	stats->rcu_freed = atomic_load(&machine.rcu_freed);
	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		const struct rt_task *t = &machine.tasks[i];

		add_ops(t, stats);
		stats->switches += t->switches;
		if (stats->end_ns < t->end_ns)
			stats->end_ns = t->end_ns;
		if (task)
			report_task(t, &task[i]);
	}
}
