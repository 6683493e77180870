/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rt_run(): sets up the machine, runs the tasks, reports. */
#include "engine/rt/vtime/machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/rt/vtime/fiber.h"

/* vCPU tasks grouped by VM, in task order (a counting sort). */
static void group_vcpus(const struct rt_task_def *defs, unsigned int nr)
{
	unsigned int *first;

	for (unsigned int i = 0; i < nr; i++)
		if (defs[i].vm >= (int)machine.nr_vms)
			machine.nr_vms = defs[i].vm + 1;
	first = machine.vm_first = xcalloc(machine.nr_vms + 2, sizeof(*first));
	machine.vcpus = xcalloc(nr, sizeof(*machine.vcpus));
	for (unsigned int i = 0; i < nr; i++)
		if (defs[i].vm >= 0)
			first[defs[i].vm + 2]++;
	for (unsigned int vm = 1; vm <= machine.nr_vms; vm++)
		first[vm + 1] += first[vm];
	for (unsigned int i = 0; i < nr; i++)
		if (defs[i].vm >= 0)
			machine.vcpus[first[defs[i].vm + 1]++] = &machine.tasks[i];
}

/* Cache-line aligned, all zero. */
static struct rt_task *tasks_alloc(unsigned int nr)
{
	size_t size = ((size_t)nr + !nr) * sizeof(struct rt_task);
	struct rt_task *tasks = aligned_alloc(64, size);

	if (!tasks)
		abort();
	memset(tasks, 0, size);
	return tasks;
}

static void take_costs(const struct costs *c)
{
	if (c)
		memcpy(rt_running.cost_ps, c->ps, sizeof(rt_running.cost_ps));
	else
		memset(rt_running.cost_ps, 0, sizeof(rt_running.cost_ps));
}

static void machine_init(const struct rt_config *config, const struct rt_task_def *defs, unsigned int nr,
			 struct err *e)
{
	memset(&machine, 0, sizeof(machine));
	machine.home.ops[0].op = OP_NONE;
	machine.home.op = machine.home.ops;
	machine.config = *config;
	machine.err = e;
	machine.nr_tasks = machine.nr_live = nr;
	machine.tick_ns = UINT64_MAX;
	machine.horizon_mask = config->shuffle ? 0 : UINT64_MAX;
	machine.free_cpus = config->host.cpus;
	machine.period_ns = config->host.hz ? NSEC_PER_SEC / config->host.hz : 0;
	prng_seed(&machine.ties, config->seed);
	heap_init(&machine.heap, nr);
	machine.tasks = tasks_alloc(nr);
	group_vcpus(defs, nr);
	machine.max_switches = machine.switches_left = config->max_switches;
	rt_running.clock_ps = 0;
	rt_running.rcu_waiting = 0;	/* an earlier run may have been given up */
	memset(rt_running.longest_stretch_ps, 0, sizeof(rt_running.longest_stretch_ps));
	rt_running.run++;
	rt_running.fine = config->grain == RT_GRAIN_ACCESS;
	rt_running.pinned = config->pin;
	rt_running.shuffled = config->shuffle;
	take_costs(config->costs);
	if (config->shuffle)
		shuffle_init();
	fiber_home(&machine.home);
}

static void machine_fini(void)
{
	for (unsigned int i = 0; i < machine.nr_tasks; i++)
		task_fini(&machine.tasks[i]);
	task_stacks_free();
	heap_fini(&machine.heap);
	free(machine.tasks);
	free(machine.vcpus);
	free(machine.vm_first);
	machine.tasks = NULL;
	machine.config = (struct rt_config){ 0 };
	rt_running.clock_ps = 0;
	rt_running.pinned = rt_running.shuffled = false;
	take_costs(NULL);
}

static void start_tasks(const struct rt_task_def *defs)
{
	for (unsigned int i = 0; i < machine.nr_tasks; i++) {
		struct rt_task *t = &machine.tasks[i];

		task_init(t, i, &defs[i]);
		task_wake(t, t->clock_ps);
	}
}

int rt_run(const struct rt_config *config, const struct rt_task_def *tasks, unsigned int nr_tasks,
	   struct rt_stats *stats, struct err *e)
{
	int ret = 0;

	assert(!machine.running);
	if (nr_tasks > RT_MAX_TASKS)
		return err_set(e, ERR_MACHINE, "%u tasks, but a run has at most %u; replay fewer vCPUs", nr_tasks,
			       RT_MAX_TASKS);
	for (unsigned int i = 0; i < nr_tasks; i++)
		if (tasks[i].start_ns >= HEAP_MAX_NS)
			return err_set(e, ERR_MACHINE, "task %u would start after 78 hours of virtual time, the most a run can have",
				       i);
	machine_init(config, tasks, nr_tasks, e);
	if (nr_tasks)
		ret = task_stacks_alloc(nr_tasks, e);
	if (!ret && nr_tasks) {
		machine.running = true;
		start_tasks(tasks);
		ret = sched_run();
		machine.running = false;
	}
	if (!ret || ret == -ERR_NO)
		rcu_finish();
	account_report(stats);
	machine_fini();
	return ret;
}
