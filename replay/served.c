/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place is a time, a bit that is clear where an access is served then, and the task; the least is the next one's. */
#include "replay/served.h"

#include <stdlib.h>

#include "base/alloc.h"

int served_find(struct served *s, struct served_task *t, struct err *e)
{
	struct ev_cursor *c = t->cursor;

	for (;;) {
		if (c->next == c->end) {
			int ret = ev_cursor_load(c, e);

			if (ret <= 0)
				return ret;
		}
		if (c->next->kind == EV_ACCESS) {
			served_take(s, t);
			if (t->vm < s->nr_vms)
				return 1;
		} else {
			t->place = served_place_of(s, t->task, c->first_ns + c->next->dt_ns);
			c->next++;
			c->number++;
		}
	}
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
