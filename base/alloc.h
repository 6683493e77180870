/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/*
 * Allocation for bookkeeping: out of memory prints one line and aborts, so
 * that callers need no path for it.  Free with free().  Zero bytes is fine and
 * gives a pointer that may be freed.
 */
void *xmalloc(size_t size) __attribute__((malloc));
void *xcalloc(size_t nr, size_t size) __attribute__((malloc));
/* The same on the boundary of a cache line; @size is a multiple of one. */
void *xcalloc_lines(size_t nr, size_t size) __attribute__((malloc));
void *xrealloc(void *p, size_t size);
/* @nr elements of @size bytes, checked for overflow. */
void *xreallocarray(void *p, size_t nr, size_t size);
/* A NULL @s gives NULL. */
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
