/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include "base/err.h"
#include "base/types.h"

/*
 * A file that appears whole or not at all.  It is written without a name where
 * the filesystem can do that (O_TMPFILE), so that even SIGKILL leaves nothing;
 * elsewhere under a hidden name beside the target, removed on every failure.
 */
struct outfile;

/**
 * outfile_open() - start a file that will replace @path.
 * @path:	absent, or a regular file (a link is followed); devices and
 *		directories are refused.
 */
int outfile_open(const char *path, struct outfile **out, struct err *e);

/* Appends; all of it or an error.  After an error only outfile_abort() makes sense. */
int outfile_write(struct outfile *o, const void *data, size_t bytes, struct err *e);

/* For what writes or reads it by itself; @o's. */
int outfile_fd(const struct outfile *o);

/* Bytes written so far. */
uint64_t outfile_size(const struct outfile *o);

/**
 * outfile_commit() - fsync and put the file under its name; closes @o.
 * On failure @path is as it was before.
 */
int outfile_commit(struct outfile *o, struct err *e);

/* Gives up and closes @o.  NULL is fine. */
void outfile_abort(struct outfile *o);

/* A file of @bytes at @data, as by the calls above. */
int outfile_put(const char *path, const void *data, size_t bytes, struct err *e);

#endif
