/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_HOST_H
#define CAPTURE_LIVE_HOST_H

#include "base/types.h"

/*
 * A file of /proc or /sys, whose size nobody knows before, with '\0' behind its @len bytes; one that is
 * gzipped is unpacked.  The caller's to free().  NULL, and errno: it cannot be read.
 */
char *host_file(const char *path, size_t *len);
/* The same of a text. */
char *host_text(const char *path);
/* "Linux HOST RELEASE MACHINE"; the caller's to free(). */
char *host_uname(void);

#endif
