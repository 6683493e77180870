/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_MAPPING_H
#define CAPTURE_MAPPING_H

#include "base/err.h"
#include "base/types.h"

/* A recording, which is read in any order. */
struct mapping {
	const uint8_t	*p;		/* all of it; NULL: closed */
	uint64_t	 size;		/* bytes, more than 0 */
	int		 fd;		/* for pread() of what need not stay in the cache of pages */
};

/* Return: 0, or negative: ERR_INPUT when it is a pipe, a device or empty; @m is then zeroed. */
int mapping_open(const char *path, struct mapping *m, struct err *e);
void mapping_close(struct mapping *m);	/* a closed or zeroed one is fine */

/*
 * Can the file be read more than once, and in any order?  Opens nothing: that would wait for a pipe's writer.
 * Return: 0 (also when it is not there: opening it says more, as of a directory), or ERR_INPUT.
 */
int mapping_check(const char *path, struct err *e);

#endif
