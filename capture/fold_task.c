// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads of the recorded host, by tid, one after the other: a tid has lives.  A new
 * one begins when a record says that a thread is made or has exited, or when it runs a
 * vCPU that cannot be the one before.  A thread that runs several vCPUs in turn has a life for each,
 * which go on.
 */
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

static struct task *new_task(uint32_t tid)
{
	struct task *t = xcalloc(1, sizeof(*t));

	t->tid = tid;
	t->index = t->vm = t->vcpu = -1;
	return t;
}

static struct task *find(struct fold *f, uint32_t tid)
{
	uint32_t i;

	if (2 * (f->nr_tasks + 1) > f->cap_tasks)
		grow(f);
	i = place_of(f, tid);
	if (!f->tasks[i]) {
		f->tasks[i] = new_task(tid);
		f->nr_tasks++;
	}
	return f->tasks[i];
}

/* NULL: not seen yet. */
static struct task *task_find(struct fold *f, uint32_t tid)
{
	return f->cap_tasks ? f->tasks[place_of(f, tid)] : NULL;
}

/* @to takes @from's place: the first of its tid, and wherever that ran last. */
static struct task *take_over(struct fold *f, struct task *from, struct task *to)
{
	op_end_all(f, from);
	f->tasks[place_of(f, from->tid)] = to;
	to->cpu = from->cpu;
	for (uint32_t i = 0; i < f->nr_on_cpu; i++)
		if (f->on_cpu[i] == from)
			f->on_cpu[i] = to;
	return to;
}

struct task *task_renew(struct fold *f, struct task *t)
{
	struct task *fresh = new_task(t->tid);

	fresh->others = t;
	return take_over(f, t, fresh);
}

struct task *task_resume(struct fold *f, struct task *t, struct task *other)
{
	struct task **link = &t->others;

	while (*link != other)
		link = &(*link)->others;
	*link = other->others;
	other->others = t;
	return take_over(f, t, other);
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
	struct task *next;

	for (uint32_t i = 0; i < f->cap_tasks; i++)
		for (struct task *t = f->tasks[i]; t; t = next) {
			next = t->others;	/* @fn may free it */
			fn(f, t);
		}
}

/* --- what the scheduler says ------------------------------------------------------------------ */

/* Its files are still to be closed, which may end a VM: this life goes on for that, and for nothing else. */
void task_exits(struct fold *f, struct task *t, const struct raw *r)
{
	struct task *other = raw_has(r, 0) ? task_find(f, r->v[0]) : t;

	if (!other)
		return;
	for (t = other; t; t = t->others) {
		op_end_all(f, t);
		vm_unbind(f, t);
		t->exited = true;
	}
}

void task_is_made(struct fold *f, struct task *t, const struct raw *r)
{
	struct task *old = task_find(f, r->v[0]);

	(void)t;
	notes_forget(f, r->v[0]);
	if (!old)
		return;
	vm_unbind(f, old);
	old->exited = true;
	task_renew(f, old);
}
