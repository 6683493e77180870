/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_PAGES_H
#define EXPORT_PAGES_H

#include "base/err.h"
#include "base/outfile.h"
#include "base/types.h"

/*
 * Ring buffer pages of all CPUs of a recording, as the kernel lays them out.  Full ones go to a file
 * without a name, so that memory is a page per CPU and 4 bytes per page, however long the recording becomes.
 */
#define PAGES_BYTES	4096u

struct pages;

/* @path: the output they are going to be part of. */
int pages_open(const char *path, uint32_t nr_cpus, struct pages **out, struct err *e);
void pages_close(struct pages *p);	/* NULL is fine */

/*
 * One record of @size bytes (a multiple of 4, 1024 at most).  Of one CPU they come in the order of their time; one that
 * does not gets the time of the one before.  An error is kept for pages_finish().
 */
void pages_add(struct pages *p, uint32_t cpu, uint64_t t_ns, const void *record, uint32_t size);

/* No more records.  Return: 0, or what the first of them met that could not be kept. */
int pages_finish(struct pages *p, struct err *e);

/* After pages_finish(): of CPU @cpu, bytes (whole pages) and records. */
uint64_t pages_bytes(const struct pages *p, uint32_t cpu);
uint64_t pages_records(const struct pages *p, uint32_t cpu);
/* Records that came before the one they followed, all CPUs. */
uint64_t pages_late(const struct pages *p);
/* Appends the pages of CPU 0, 1, ... to @o. */
int pages_append(const struct pages *p, struct outfile *o, struct err *e);

#endif
