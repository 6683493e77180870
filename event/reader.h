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
struct ev_cursor;

/* With EV_SALVAGE a file without a sound index is scanned and bad blocks are skipped and counted. */
#define EV_SALVAGE	1u

struct ev_at {			/* one record in its place */
	uint64_t	 t_ns;	/* since meta.first_ns */
	uint32_t	 task;	/* index into meta.tasks */
	uint32_t	 number; /* 0-based within (task, class) */
	const struct ev	*ev;	/* valid until the next call on the same cursor */
};

int ev_open(const char *path, unsigned int flags, struct ev_file **out, struct err *e);
void ev_close(struct ev_file *f);	/* NULL is fine */
const struct ev_meta *ev_meta(const struct ev_file *f);
/* Records of @task in @cls, from the index. */
uint64_t ev_task_count(const struct ev_file *f, uint32_t task, enum ev_class cls);
/* Blocks and records a salvage had to leave out. */
uint64_t ev_skipped_blocks(const struct ev_file *f);

/* One task's stream of one class, from its start.  Cursors of one file may be used by different threads. */
int ev_cursor_open(struct ev_file *f, uint32_t task, enum ev_class cls, struct ev_cursor **out, struct err *e);
void ev_cursor_close(struct ev_cursor *c);
/* Return: 1 and *@at, 0 at the end, negative with @e naming the block that is damaged. */
int ev_cursor_next(struct ev_cursor *c, struct ev_at *at, struct err *e);

/* All tasks' streams of the classes in @classes (bit per enum ev_class), merged by (time, task, class). */
struct ev_merge;
int ev_merge_open(struct ev_file *f, unsigned int classes, struct ev_merge **out, struct err *e);
void ev_merge_close(struct ev_merge *m);
int ev_merge_next(struct ev_merge *m, struct ev_at *at, struct err *e);

#endif
