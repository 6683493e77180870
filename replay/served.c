/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place is a time, a bit that is clear where an access is served then, and the task; the least is the next one's. */
#include "replay/served.h"

#include <stdlib.h>

#include "base/alloc.h"

/*
 * An access that is held back until it was served takes its turn before whatever came at that instant, and no
 * later than the next stimulus of its own task, nor before the last one.
 */
static inline uint64_t place_of(const struct served *s, const struct served_task *t)
{
	uint64_t done_ns = t->t_ns + t->ev->access.service_ns, next_ns = ev_cursor_next_ns(t->cursor);
	uint64_t when = done_ns <= next_ns ? done_ns << 1 : next_ns << 1 | 1;
	uint64_t place = when << s->place_bits | (uint64_t)(t - s->tasks);

	return place > t->place ? place : t->place;
}

/* To the next access, past everything else.  Return: as ev_cursor_next(). */
static inline int find_access(struct served *s, struct served_task *t, struct err *e)
{
	struct ev_cursor *c = t->cursor;

	for (;;) {
		if (c->next == c->end) {
			int ret = ev_cursor_load(c, e);

			if (ret <= 0)
				return ret;
		}
		t->ev = c->next++;
		t->t_ns = c->first_ns + t->ev->dt_ns;
		t->number = c->number++;
		__builtin_prefetch(t->ev + 2);	/* its turn may come after all other tasks' */
		if (t->ev->kind != EV_ACCESS) {
			t->place = served_place_of(s, t->task, t->t_ns);
			continue;
		}
		t->place = place_of(s, t);
		if (t->ev->vm < s->nr_vms)
			return 1;
	}
}

int served_next(struct served *s, struct served_task *t, struct err *e)
{
	int ret = find_access(s, t, e);

	least_set(&s->places, (unsigned int)(t - s->tasks), ret > 0 ? t->place : LEAST_NEVER);
	return ret;
}

static int open_task(struct served *s, struct ev_file *file, uint32_t task, struct err *e)
{
	struct served_task *t = &s->tasks[s->at[task]];

	t->task = task;
	return ev_cursor_open(file, task, EV_STIMULUS, &t->cursor, e);
}

int served_open(struct ev_file *file, size_t nr_vms, struct served *out, struct err *e)
{
	size_t nr = ev_meta(file)->nr_tasks;
	int ret = 0;

	*out = (struct served){ .nr_vms = nr_vms, .at = xcalloc(nr, sizeof(*out->at)) };
	for (uint32_t task = 0; task < nr; task++) {
		out->at[task] = out->nr_tasks;
		out->nr_tasks += ev_task_count(file, task, EV_STIMULUS) != 0;
	}
	out->tasks = xcalloc(out->nr_tasks, sizeof(*out->tasks));
	while (BIT_ULL(out->place_bits) < out->nr_tasks)
		out->place_bits++;
	least_init(&out->places, out->nr_tasks);
	for (uint32_t task = 0; task < nr && !ret; task++)
		if (ev_task_count(file, task, EV_STIMULUS))
			ret = open_task(out, file, task, e);
	return ret;
}

void served_close(struct served *s)
{
	for (unsigned int i = 0; i < s->nr_tasks; i++)
		ev_cursor_close(s->tasks[i].cursor);
	free(s->tasks);
	free(s->at);
	least_fini(&s->places);
}
