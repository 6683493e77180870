/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EXPORT_SHAPE_H
#define EXPORT_SHAPE_H

#include "kvm/release.h"

/*
 * What a record of one event looks like, and the format file that says so: from a row of events_ARCH.def.
 * Fields of a tracepoint are laid out as a C compiler does it, a probe's are packed.
 */
enum shape_sort { SHAPE_TRACEPOINT, SHAPE_PROBE, SHAPE_RETURN };

struct shape_row {
	const char	*system, *name;
	enum shape_sort	 sort;
	const char	*symbol;		/* probes: the function; else NULL */
	const char	*fields;		/* "u32 slot; u64 gpa" */
	const char	*print;			/* tracepoints; of a probe it follows from the fields */
	enum kvm_release first, last;		/* releases that have it */
};

#define SHAPE_FIELDS_MAX	10

struct shape_field {
	uint16_t	offset, size;
};

struct shape {
	uint16_t	 id;			/* common_type */
	uint16_t	 size;			/* bytes, common fields included; a multiple of 4 */
	unsigned int	 nr;
	struct shape_field field[SHAPE_FIELDS_MAX];	/* those of the row, in its order */
};

#define SHAPE_COMMON_BYTES	8		/* common_type, _flags, _preempt_count, _pid */

/*
 * Aborts on a row that cannot be read: it is part of the program.
 * Return: the format file's text, the caller's to free.
 */
char *shape_of(const struct shape_row *row, uint16_t id, struct shape *out);

/* Writes one record: @out has shape->size bytes; @ip: of a probe.  As many values as the row has fields. */
void shape_encode(const struct shape *s, const struct shape_row *row, int32_t pid, uint64_t ip, const uint64_t *values,
		  uint8_t *out);

#endif
