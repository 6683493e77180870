/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_OUT_SPOOL_H
#define CAPTURE_OUT_SPOOL_H

#include "base/err.h"
#include "base/outfile.h"
#include "base/types.h"

/*
 * A CPU's pages until all of them are known: a file without a name beside the
 * output, so that a capture that is killed leaves nothing on the disk.
 */

/* @path: the output it is going to be part of.  Return: its descriptor, or the negative exit status. */
int spool_open(const char *path, struct err *e);

/*
 * Appends the first @bytes of @fd to @o.  What was appended is given back to the filesystem at once, where it can
 * do that: a recording never needs the disk twice.
 */
int spool_append(int fd, uint64_t bytes, const char *path, struct outfile *o, struct err *e);

#endif
