/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RAW_H
#define CAPTURE_RAW_H

#include "capture/source.h"

/*
 * Events the fold understands, as numbers, and their fields as numbers: rows of
 * events_x86.def against the formats of one recording.
 */
enum raw_id {
	RAW_NONE,
#define RAW(id, name, fields, handler) RAW_##id,
#include "capture/events_x86.def"
#undef RAW
	RAW_NR
};

#define RAW_FIELDS_MAX	8

struct raw {			/* one record, decoded */
	uint64_t	ts_ns;
	uint64_t	v[RAW_FIELDS_MAX];	/* fields in the order of the row, sign extended */
	const char	*text;			/* '$' field; not terminated */
	uint32_t	text_len;
	uint32_t	cpu;
};

struct raw_layout {		/* of one event type of the recording */
	enum raw_id	id;	/* RAW_NONE: not known, or it lacks a field */
	unsigned int	nr;
	struct source_field field[RAW_FIELDS_MAX];
	int		text;	/* index of the '$' field, -1: none */
};

/* Compiles the layout of @s's event @event. */
void raw_compile(struct source *s, uint32_t event, struct raw_layout *out);
/* Return: false when the record is too short for its own format. */
bool raw_decode(const struct raw_layout *l, const struct source_record *rec, struct raw *out);

#endif
