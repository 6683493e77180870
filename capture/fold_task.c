// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads of the recorded host, by tid. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "capture/fold_state.h"

static uint32_t place_of(const struct fold *f, uint32_t tid)
{
	uint32_t i = prng_mix(tid) & (f->cap_tasks - 1);

	while (f->tasks[i] && f->tasks[i]->tid != tid)
		i = (i + 1) & (f->cap_tasks - 1);
	return i;
}

static void grow(struct fold *f)
{
	struct task **old = f->tasks;
	uint32_t cap = f->cap_tasks;

	f->cap_tasks = cap ? 2 * cap : 64;
	f->tasks = xcalloc(f->cap_tasks, sizeof(*f->tasks));
	for (uint32_t i = 0; i < cap; i++)
		if (old[i])
			f->tasks[place_of(f, old[i]->tid)] = old[i];
	free(old);
}

static struct task *find(struct fold *f, uint32_t tid)
{
	uint32_t i;

	if (2 * (f->nr_tasks + 1) > f->cap_tasks)
		grow(f);
	i = place_of(f, tid);
	if (!f->tasks[i]) {
		struct task *t = xcalloc(1, sizeof(*t));

		t->tid = tid;
		t->index = t->vm = t->vcpu = -1;
		f->tasks[i] = t;
		f->nr_tasks++;
	}
	return f->tasks[i];
}

struct task *task_of(struct fold *f, uint32_t tid, uint32_t cpu, uint64_t ts_ns)
{
	struct task *t;

	if (unlikely(cpu >= f->nr_on_cpu)) {
		f->on_cpu = xreallocarray(f->on_cpu, cpu + 1, sizeof(*f->on_cpu));
		while (f->nr_on_cpu <= cpu)
			f->on_cpu[f->nr_on_cpu++] = NULL;
	}
	t = f->on_cpu[cpu];
	if (!t || t->tid != tid) {
		if (t && t->cpu == cpu)
			inv_end_off_cpu(f, t, ts_ns);
		t = f->on_cpu[cpu] = find(f, tid);
	}
	t->cpu = cpu;
	return t;
}

void task_each(struct fold *f, task_fn fn)
{
	for (uint32_t i = 0; i < f->cap_tasks; i++)
		if (f->tasks[i])
			fn(f, f->tasks[i]);
}
