/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_BENCH_TRACEDAT6_H
#define TEST_BENCH_TRACEDAT6_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes trace.dat version 6, front to back: head, then the records of CPU 0,
 * of CPU 1, and so on.  Memory: one page.  Any failure to write ends the program.
 */
struct td6;

struct td6_field {
	const char *type, *name;	/* "u64", "gfn" */
	uint16_t    offset, size;	/* in the record; the first 8 bytes are the common header */
	int	    is_signed;
};

struct td6_event {
	const char *system, *name;
	uint16_t    id, size;		/* of the whole record */
	const struct td6_field *fields;	/* ends with one without a name */
};

/* @events ends with one without a name; events of one system stand together. */
struct td6 *td6_open(const char *path, const struct td6_event *events, unsigned int nr_cpus, const char *cmdlines);
/* What follows is of @cpu: 0, 1, ... in order. */
void td6_cpu(struct td6 *t, unsigned int cpu);
/* @record begins with the 8 common bytes; type and pid are filled in.  Times must not step back within a CPU. */
void td6_record(struct td6 *t, uint64_t ts_ns, const struct td6_event *ev, uint32_t pid, void *record);
void td6_close(struct td6 *t);

#endif
