/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place is a time, a bit that is clear where an access is served then, and the task. */
#include "replay/served.h"

#include <stdlib.h>

#include "base/alloc.h"

#define SLOTS_PER_TASK	4
#define LEAST_SLOTS	256

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

/* Those who are still too far go back to where they were. */
static void bring_near(struct served *s)
{
	uint32_t next = s->far;

	s->far = 0;
	s->far_slot = UINT64_MAX;
	while (next) {
		struct served_task *t = &s->tasks[next - 1];

		next = t->next;
		s->nr_near++;
		served_wait(s, t);
	}
}

void served_come_round(struct served *s, uint64_t slot)
{
	if (!s->nr_near)	/* nothing happens for a while */
		s->now = s->far_slot < slot ? s->far_slot : slot;
	if (s->far && s->far_slot - s->now <= s->slot_mask)
		bring_near(s);
}

/* Slots as wide as there is one stimulus in each, if they come evenly. */
static void make_wheel(struct served *s, uint64_t last_ns, uint64_t nr_stimuli)
{
	uint64_t nr_slots = LEAST_SLOTS;

	while (nr_slots < SLOTS_PER_TASK * s->nr_tasks)
		nr_slots *= 2;
	s->slots = xcalloc(nr_slots, sizeof(*s->slots));
	s->slot_mask = nr_slots - 1;
	s->slot_shift = s->place_bits + 1;
	while (last_ns >> 1 >= nr_stimuli) {
		last_ns >>= 1;
		s->slot_shift++;
	}
	s->far_slot = UINT64_MAX;
	s->nr_near = s->nr_tasks;
}

static int open_task(struct served *s, struct ev_file *file, uint32_t task, struct err *e)
{
	struct served_task *t = &s->tasks[s->at[task]];

	t->task = task;
	t->id = s->at[task] + 1;
	return ev_cursor_open(file, task, EV_STIMULUS, &t->cursor, e);
}

int served_open(struct ev_file *file, size_t nr_vms, uint64_t last_ns, struct served *out, struct err *e)
{
	size_t nr = ev_meta(file)->nr_tasks;
	uint64_t nr_stimuli = 0;
	int ret = 0;

	*out = (struct served){ .nr_vms = nr_vms, .at = xcalloc(nr, sizeof(*out->at)) };
	for (uint32_t task = 0; task < nr; task++) {
		out->at[task] = out->nr_tasks;
		out->nr_tasks += ev_task_count(file, task, EV_STIMULUS) != 0;
		nr_stimuli += ev_task_count(file, task, EV_STIMULUS);
	}
	out->tasks = xcalloc(out->nr_tasks, sizeof(*out->tasks));
	while (BIT_ULL(out->place_bits) < out->nr_tasks)
		out->place_bits++;
	make_wheel(out, last_ns, nr_stimuli);
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
	free(s->slots);
}
