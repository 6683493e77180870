/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_WRITER_H
#define EVENT_WRITER_H

#include "base/err.h"
#include "event/meta.h"

/*
 * Writes NAME.mmt, whole or not at all (base/outfile.h).  Memory: two open
 * blocks per task (stimuli, observations), 24 MiB of them in all, and 40 bytes
 * per block written.  One thread at a time.
 */
struct ev_writer;

/**
 * ev_writer_open() - start an event file.
 * @path:	where it will be.
 * @zstd_level:	0 none, else 1 .. 19 (1 is the default of mmulab import).
 */
int ev_writer_open(const char *path, int zstd_level, struct ev_writer **out, struct err *e);

/**
 * ev_write() - append one record to a task's stream.
 * @task:	index into the dictionary (ev_meta_add_task()).
 * @t_ns:	nanoseconds since meta.first_ns; must not step back within (task, class).
 * @ev:		dt_ns is filled in by the writer; its class follows from the kind.
 *
 * Return: 0, or negative with the error kept: it comes back from every later
 * call and from ev_writer_close().
 */
int ev_write(struct ev_writer *w, uint32_t task, uint64_t t_ns, const struct ev *ev);

/* The error ev_write() met first; its exit is ERR_OK while there is none. */
const struct err *ev_writer_err(const struct ev_writer *w);

/**
 * ev_writer_close() - write open blocks, @meta and the index, fsync, rename.
 * @meta:	its kinds are set to what was written; every task and VM that
 *		records name must be in it.
 *
 * On failure the temporary file is gone and the path is as it was.
 */
int ev_writer_close(struct ev_writer *w, struct ev_meta *meta, struct err *e);
/* Give up: remove the temporary file.  NULL is fine. */
void ev_writer_abort(struct ev_writer *w);

#endif
