/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks: their cursors, the order between them, and their end. */
#include <stdlib.h>

#include "base/alloc.h"
#include "replay/drive/drive.h"

static void find_await(struct drive_task *t)
{
	t->await_from = t->next_edge < t->nr_edges ? t->edges[t->next_edge].number : EV_NO_STIMULUS;
}

static int task_init(struct drive *d, struct drive_task *t, uint32_t recorded, unsigned int copy, struct err *e)
{
	const struct ev_task *rec = &d->meta->tasks[recorded];

	t->drive = d;
	t->recorded = recorded;
	t->copy = copy;
	t->vm = rec->vm;
	t->vcpu = -1;
	t->root = t->emulated = UINT64_MAX;
	if (rec->vcpu >= 0 && rec->vm >= 0 && (size_t)rec->vm < d->meta->nr_vms)
		t->vcpu = rec->vcpu + (int)(copy * d->vms[rec->vm].clone.vcpus);
	if (t->vcpu >= 0)
		t->guest = &d->vms[t->vm];
	else
		rt_word_init(&d->hosts_left, rt_peek(&d->hosts_left) + 1);
	t->edges = plan_edges(d->job->plan, recorded, &t->nr_edges);
	find_await(t);
	t->awaited = plan_is_awaited(d->job->plan, recorded);
	rt_gate_init(&t->gate);
	return ev_cursor_open(d->job->file, recorded, EV_STIMULUS, &t->cursor, e);
}

static unsigned int count_active(const struct drive *d)
{
	unsigned int nr = 0;

	for (uint32_t i = 0; i < d->meta->nr_tasks; i++)
		nr += ev_task_count(d->job->file, i, EV_STIMULUS) != 0;
	return nr;
}

int tasks_make(struct drive *d, struct err *e)
{
	uint32_t recorded = (uint32_t)d->meta->nr_tasks;
	unsigned int copies = d->job->clones, active = count_active(d), nr = 0;

	if ((uint64_t)active * copies + (vms_have_workers(d) ? d->meta->nr_vms : 0) + d->nr_nx_workers > RT_MAX_TASKS)
		return err_set(e, ERR_USAGE, "%u tasks times %u clones are more than the %d tasks one run may have",
			       active, copies, RT_MAX_TASKS);
	d->nr_tasks = active * copies;
	d->tasks = xcalloc_lines(d->nr_tasks, sizeof(*d->tasks));
	sampler_bufs(&d->sampler, RT_IS_VIRTUAL ? 1 : d->nr_tasks);
	d->by_copy = xcalloc((size_t)copies * recorded, sizeof(struct drive_task *));
	for (unsigned int copy = 0; copy < copies; copy++)
		for (uint32_t i = 0; i < recorded; i++) {
			struct drive_task *t = &d->tasks[nr];
			int rc;

			if (!ev_task_count(d->job->file, i, EV_STIMULUS))
				continue;
			d->by_copy[(size_t)copy * recorded + i] = t;
			t->samples = sampler_buf(&d->sampler, nr++);
			rc = task_init(d, t, i, copy, e);
			if (rc)
				return rc;
		}
	return 0;
}

void tasks_free(struct drive *d)
{
	for (unsigned int i = 0; i < d->nr_tasks && d->tasks; i++) {
		ev_cursor_close(d->tasks[i].cursor);
		free(d->tasks[i].windows);
		free(d->tasks[i].nested);
		free(d->tasks[i].writes.v);
		free(d->tasks[i].emulations.v);
	}
	free(d->tasks);
	free(d->by_copy);
}

void task_fail(struct drive *d, const struct err *e, int rc)
{
	pthread_mutex_lock(&d->err_lock);
	if (!d->rc) {
		d->rc = rc;
		if (d->err)
			*d->err = *e;
	}
	pthread_mutex_unlock(&d->err_lock);
	rt_store(&d->failed, 1);
}

bool task_load(struct drive_task *t)
{
	struct err e;	/* large, and nearly never used: not cleared */
	int rc = ev_cursor_load(t->cursor, &e);

	if (rc < 0)
		task_fail(t->drive, &e, rc);
	return rc > 0;
}

void task_move(struct drive_task *t, struct stim *s)
{
	const struct drive *d = t->drive;

	if (s->ev->vm >= d->meta->nr_vms)
		return;
	t->moved = *s->ev;
	clone_move(&d->vms[t->moved.vm].clone, t->copy, &t->moved);
	s->ev = &t->moved;
}

void task_await_edges(struct drive_task *t, uint32_t number)
{
	const struct drive *d = t->drive;

	while (task_waits(t, number)) {
		const struct plan_edge *edge = &t->edges[t->next_edge++];
		struct drive_task *other = d->by_copy[(size_t)t->copy * d->meta->nr_tasks + edge->task];

		find_await(t);
		if (t->nr_windows)
			t->n.order_skipped++;
		else
			rt_gate_wait(&other->gate, (uint64_t)edge->after + 1);
	}
}

static void stop_workers(struct drive *d)
{
	for (unsigned int i = 0; i < d->nr_workers; i++)
		mmu_worker_stop(d->vms[i].mmu);
}

void task_finish(struct drive_task *t)
{
	op_close_windows(t);
	sampler_flush(&t->drive->sampler, t->samples);
	rt_gate_raise(&t->gate, UINT64_MAX);
	if (rt_fetch_add(&t->drive->live, -1ULL) == 1)
		stop_workers(t->drive);
}
