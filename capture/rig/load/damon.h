/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RIG_LOAD_DAMON_H
#define CAPTURE_RIG_LOAD_DAMON_H

#include <stddef.h>
#include <sys/types.h>

/*
 * DAMON through its sysfs: looks every 5 ms which parts of @memory of @pid are accessed.  Ends the
 * program where it cannot.
 */
void damon_start(pid_t pid, const void *memory, size_t bytes);
void damon_stop(void);

#endif
