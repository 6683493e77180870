/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_READER_H
#define EVENT_READER_H

#include "base/err.h"
#include "event/meta.h"

/*
 * Reads NAME.mmt.  Opening checks preamble, trailer, header and index; blocks
 * are checked (XXH3) when a cursor reaches them.  A cursor holds one block.
 */
struct ev_file;

/*
 * With EV_SALVAGE every block is checked at once and bad ones are left out and
 * counted; without a sound index the file is scanned for blocks.
 */
#define EV_SALVAGE	1u
/*
 * It will be read more than once: blocks of a class whose records fit EV_KEEP_BYTES together are unpacked once
 * and stay; larger files take no more memory than without.
 */
#define EV_KEEP		2u
#define EV_KEEP_BYTES	(256ull << 20)

struct ev_at {			/* one record in its place */
	uint64_t	 t_ns;	/* since meta.first_ns */
	uint32_t	 task;	/* index into meta.tasks */
	uint32_t	 number; /* 0-based within (task, class) */
	const struct ev	*ev;	/* valid until the next call on the same cursor */
};

/* Does @path begin as an event file does, sound or not?  False also when it cannot be read. */
bool ev_is_event_file(const char *path);

/**
 * ev_open() - open an event file for reading.
 * @flags:	EV_SALVAGE, EV_KEEP.
 * @out:	the file; untouched on failure.
 *
 * Return: 0 or negative with @e filled: not an event file, or damaged and
 * where.  What a salvage had to leave out or make up stands in meta.damage:
 * a file that lost its dictionary comes with tasks and VMs that are bare numbers.
 */
int ev_open(const char *path, unsigned int flags, struct ev_file **out, struct err *e);
void ev_close(struct ev_file *f);	/* NULL is fine */
const struct ev_meta *ev_meta(const struct ev_file *f);
const char *ev_path(const struct ev_file *f);	/* as given to ev_open() */
/* Records of @task in @cls, from the index. */
uint64_t ev_task_count(const struct ev_file *f, uint32_t task, enum ev_class cls);
/* One past the highest number of a record of @task in @cls: its count, or more after a salvage with gaps. */
uint64_t ev_task_end(const struct ev_file *f, uint32_t task, enum ev_class cls);
/* Blocks a salvage had to leave out. */
uint64_t ev_skipped_blocks(const struct ev_file *f);

/*
 * One task's stream of one class, from its start.  Cursors of one file may be
 * used by different threads.  The struct is visible so that ev_cursor_next()
 * is a few instructions inside a block; its members are cursor.c's.
 */
struct ev_cursor {
	const struct ev	*next, *end;	/* in the loaded block */
	uint64_t	 first_ns;	/* of the loaded block */
	uint32_t	 number;	/* of *next */
	uint32_t	 task;
	enum ev_class	 cls;
	struct ev_file	*file;
	const uint32_t	*order;		/* the stream's blocks (event/index.h) */
	uint32_t	 nr_blocks, next_block;
	uint32_t	 cap;		/* records in @block */
	struct ev	*block;		/* NULL where the file keeps them */
} __attribute__((aligned(64)));	/* what each record takes is in one cache line */

int ev_cursor_open(struct ev_file *f, uint32_t task, enum ev_class cls, struct ev_cursor **out, struct err *e);
void ev_cursor_close(struct ev_cursor *c);	/* NULL is fine */
/* Loads the next block.  Return: 1, 0 at the end, negative with @e naming the block that is damaged. */
int ev_cursor_load(struct ev_cursor *c, struct err *e);

/* The block is read to its end, or none is loaded. */
static inline bool ev_cursor_is_empty(const struct ev_cursor *c)
{
	return c->next == c->end;
}

/* The next record of the loaded block: it is not empty. */
static inline void ev_cursor_take(struct ev_cursor *c, struct ev_at *at)
{
	*at = (struct ev_at){
		.t_ns = c->first_ns + c->next->dt_ns,
		.task = c->task,
		.number = c->number++,
		.ev = c->next++,
	};
}

/* Return: 1 and *@at, 0 at the end, negative with @e naming the block that is damaged. */
static inline int ev_cursor_next(struct ev_cursor *c, struct ev_at *at, struct err *e)
{
	if (unlikely(ev_cursor_is_empty(c))) {
		int ret = ev_cursor_load(c, e);

		if (ret <= 0)
			return ret;
	}
	ev_cursor_take(c, at);
	return 1;
}

/*
 * Time of the record that ev_cursor_next() would return next, also when that is the first of a block not yet loaded;
 * UINT64_MAX at the end.
 */
uint64_t ev_cursor_block_ns(const struct ev_cursor *c);
static inline uint64_t ev_cursor_next_ns(const struct ev_cursor *c)
{
	return likely(c->next != c->end) ? c->first_ns + c->next->dt_ns : ev_cursor_block_ns(c);
}

/*
 * All tasks' streams of the classes in @classes (bit per enum ev_class), merged
 * by (time, task, class).  At the end of a whole class its records are compared
 * with meta.kinds.
 */
struct ev_merge;
int ev_merge_open(struct ev_file *f, unsigned int classes, struct ev_merge **out, struct err *e);
/* Records of one task and class that follow each other in memory. */
struct ev_stretch {
	const struct ev	*first, *end;
	uint64_t	 first_ns;	/* what their times count from */
	uint32_t	 task;
	uint32_t	 number;	/* of the first */
};
/*
 * @look sees each record as its stream comes to it: in the stream's own order, usually long before
 * its turn.  Of a stretch it looks at all records up to the first that is to be handed out in its turn, too, and at
 * that one.  It counts their kinds for ev_check_kinds().
 *
 * Return: that record, or the end of the stretch.
 */
typedef const struct ev *(*ev_look_fn)(void *arg, const struct ev_stretch *stretch);
int ev_merge_open_look(struct ev_file *f, unsigned int classes, ev_look_fn look, void *arg, struct ev_merge **out,
		       struct err *e);
/* Do @kinds, by kind, say what the dictionary does of @classes?  They may end where the kinds of these do. */
int ev_check_kinds(const struct ev_file *f, unsigned int classes, const uint64_t *kinds, struct err *e);
void ev_merge_close(struct ev_merge *m);	/* NULL is fine */
int ev_merge_next(struct ev_merge *m, struct ev_at *at, struct err *e);

#endif
