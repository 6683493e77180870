/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SERVED_H
#define REPLAY_SERVED_H

#include "event/reader.h"

/*
 * The accesses of all tasks by the order in which stimuli took effect: an access when it was served (its map is the
 * last thing a fault does), everything else when it began; what happened at one time goes by task, but for accesses
 * that were served then, which go first.  Within a task the order is that of its stream, so an access is no later
 * than the stimulus after it.
 *
 * A place in that order is a number, by which accesses can be compared with stimuli of other kinds; only
 * stimuli of one task may have the same.
 *
 * Who asks for the accesses before a place gets them as they come, in order within their tasks alone.  So they need not
 * be sorted: tasks wait in the slots of a wheel that turns with the places, each where its access at hand is.  There is
 * about one stimulus to a slot; where all tasks access at one time, who asks looks at all of them.
 */
#define SERVED_END	UINT64_MAX	/* a place behind all others */

struct served_task {		/* its access at hand */
	const struct ev	*ev;
	uint64_t	 t_ns;
	uint64_t	 place;		/* in the order */
	struct ev_cursor *cursor;	/* behind it */
	uint32_t	 task, number;
	uint32_t	 cell;		/* the caller's */
	uint32_t	 id, next;	/* + 1: which task this is, and which other waits in its slot; 0: none */
	uint16_t	 vm;
};

struct served {
	struct served_task *tasks;	/* those with stimuli */
	unsigned int	  nr_tasks, place_bits;
	uint32_t	 *at;		/* per task of the file: which of @tasks it is */
	size_t		  nr_vms;
	uint32_t	 *slots;	/* first task in each, + 1; 0: none */
	uint64_t	  slot_mask;
	unsigned int	  slot_shift;	/* of a place: its slot, counted from the beginning */
	uint64_t	  now;		/* no task waits in a slot before it */
	unsigned int	  nr_near;	/* tasks that have accesses left and are not far */
	uint32_t	  far;		/* those whose slots come after all of the wheel, + 1 ... */
	uint64_t	  far_slot;	/* ... and the first of these slots */
};

/*
 * Accesses of VMs from @nr_vms on are left out; @last_ns is the time of the last stimulus.  No task has an access at
 * hand before its first served_next().  @out is to be closed whatever the outcome.
 */
int served_open(struct ev_file *file, size_t nr_vms, uint64_t last_ns, struct served *out, struct err *e);
void served_close(struct served *s);
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
	place = (done_ns <= next_ns ? done_ns << 1 : next_ns << 1 | 1) << s->place_bits | (t->id - 1);
	t->place = place > t->place ? place : t->place;
}

/* The same past everything that is none, block by block.  Return: as ev_cursor_next(). */
int served_find(struct served *s, struct served_task *t, struct err *e);

/* Lets @t wait for its access's turn. */
static inline void served_wait(struct served *s, struct served_task *t)
{
	uint64_t slot = t->place >> s->slot_shift;
	uint32_t *first = &s->slots[slot & s->slot_mask];

	if (unlikely(slot - s->now > s->slot_mask)) {
		first = &s->far;
		s->far_slot = slot < s->far_slot ? slot : s->far_slot;
		s->nr_near--;
	}
	t->next = *first;
	*first = t->id;
}

/* To the next access of @t, which does not wait.  Return: as ev_cursor_next(). */
static inline int served_next(struct served *s, struct served_task *t, struct err *e)
{
	const struct ev_cursor *c = t->cursor;
	int ret = 1;

	if (likely(c->next != c->end && c->next->kind == EV_ACCESS && c->next->vm < s->nr_vms))
		served_take(s, t);
	else
		ret = served_find(s, t, e);
	if (likely(ret > 0))
		served_wait(s, t);
	else
		s->nr_near--;
	return ret;
}

/* The wheel has come round: whoever is far may be near now.  Nobody asks for what is behind @slot. */
void served_come_round(struct served *s, uint64_t slot);

/*
 * A task whose access at hand is before @place, which is that of stimulus @number if that is one of its own, and
 * no less than it ever was.  The task waits no longer.  Return: NULL when there is none.
 */
static inline struct served_task *served_before(struct served *s, uint64_t place, uint32_t number)
{
	uint64_t slot = place >> s->slot_shift;

	for (;;) {
		uint32_t *link = &s->slots[s->now & s->slot_mask];

		while (*link) {
			struct served_task *t = &s->tasks[*link - 1];

			if (t->place < place || (unlikely(t->place == place) && t->number < number)) {
				*link = t->next;
				return t;
			}
			link = &t->next;
		}
		if (s->now >= slot)
			return NULL;
		if (unlikely(!(++s->now & s->slot_mask)))
			served_come_round(s, slot);
	}
}

#endif
