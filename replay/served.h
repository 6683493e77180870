/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SERVED_H
#define REPLAY_SERVED_H

#include "base/least.h"
#include "event/reader.h"

/*
 * The accesses of all tasks in the order in which stimuli took effect: an access when it was served (its map is the
 * last thing a fault does), everything else when it began; what happened at one time goes by task, but for accesses
 * that were served then, which go first.  Within a task the order is that of its stream, so an access is no later
 * than the stimulus after it.
 *
 * A place in that order is a number, by which accesses can be compared with stimuli of other kinds; only
 * stimuli of one task may have the same.
 */
struct served_task {		/* its access at hand */
	const struct ev	*ev;
	uint64_t	 t_ns;
	uint64_t	 place;		/* in the order */
	struct ev_cursor *cursor;	/* behind it */
	uint32_t	 task, number;
	uint32_t	 cell;		/* the caller's */
	uint16_t	 vm;
};

struct served {
	struct served_task *tasks;	/* those with stimuli */
	unsigned int	  nr_tasks, place_bits;
	uint32_t	 *at;		/* per task of the file: which of @tasks it is */
	struct least	  places;	/* of the accesses at hand */
	size_t		  nr_vms;
};

/*
 * Accesses of VMs from @nr_vms on are left out.  No task has an access at hand before its first served_next().  @out
 * is to be closed whatever the outcome.
 */
int served_open(struct ev_file *file, size_t nr_vms, struct served *out, struct err *e);
void served_close(struct served *s);
/* Place of the access that is the next one; LEAST_NEVER: there is none. */
static inline uint64_t served_place(const struct served *s)
{
	return s->places.top;
}

static inline struct served_task *served_first(const struct served *s)
{
	return &s->tasks[served_place(s) & (BIT_ULL(s->place_bits) - 1)];
}

/* Place of a stimulus of @task that is no access. */
static inline uint64_t served_place_of(const struct served *s, uint32_t task, uint64_t t_ns)
{
	return (t_ns << 1 | 1) << s->place_bits | s->at[task];
}

/*
 * The access that the cursor of @t is at.  One that is held back until it was served takes its turn before whatever
 * came at that instant, and no later than the next stimulus of its own task, nor before the last one.
 */
static inline void served_take(struct served *s, struct served_task *t)
{
	struct ev_cursor *c = t->cursor;
	uint64_t done_ns, next_ns, place;

	t->ev = c->next++;
	t->t_ns = c->first_ns + t->ev->dt_ns;
	t->number = c->number++;
	t->vm = t->ev->vm;
	__builtin_prefetch(t->ev + 2);	/* its turn may come after all other tasks', and it is looked at one before */
	done_ns = t->t_ns + t->ev->access.service_ns;
	next_ns = ev_cursor_next_ns(c);
	place = (done_ns <= next_ns ? done_ns << 1 : next_ns << 1 | 1) << s->place_bits | (uint64_t)(t - s->tasks);
	t->place = place > t->place ? place : t->place;
}

/* The same past everything that is none, block by block.  Return: as ev_cursor_next(). */
int served_find(struct served *s, struct served_task *t, struct err *e);

/* To the next access of @t.  Return: as ev_cursor_next(). */
static inline int served_next(struct served *s, struct served_task *t, struct err *e)
{
	const struct ev_cursor *c = t->cursor;
	int ret = 1;

	if (likely(c->next != c->end && c->next->kind == EV_ACCESS && c->next->vm < s->nr_vms))
		served_take(s, t);
	else
		ret = served_find(s, t, e);
	least_set(&s->places, (unsigned int)(t - s->tasks), ret > 0 ? t->place : LEAST_NEVER);
	return ret;
}

#endif
