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
	uint32_t	 task, number;
	uint32_t	 cell;		/* the caller's */
	uint64_t	 place;		/* of the stimulus before what the cursor is at */
	struct ev_cursor *cursor;
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
/* To the next access of @t.  Return: as ev_cursor_next(). */
int served_next(struct served *s, struct served_task *t, struct err *e);

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

#endif
