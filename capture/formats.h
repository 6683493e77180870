/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_FORMATS_H
#define CAPTURE_FORMATS_H

#include "capture/source.h"

/*
 * The event types of one recording, compiled from its format files (tracefs
 * events/SYSTEM/NAME/format, which trace.dat and perf.data carry):
 *
 *	name: kvm_entry
 *	ID: 1234
 *	format:
 *		field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *		...
 *	print fmt: ...
 *
 * The parser is our own: only the field lines are of use here, libtraceevent
 * wants the print format too and cannot parse all of them, and text that is
 * damaged must neither crash nor print.  What a text cannot mean (fields that
 * overlap or are missing though its own print format names them, common fields
 * unlike the other events') is told by formats_damage().
 *
 * A reader embeds one, adds every format it meets and lends the source its
 * events.  Records carry the number in common_type, 16 bits.
 */
#define FORMATS_IDS	65536
#define FORMATS_NONE	UINT32_MAX

struct format_field {
	char		   *name;
	struct source_field at;
};

struct format {			/* one event type; its index is the source_event's */
	struct format_field *fields;	/* none: the recording has no format of it */
	uint32_t	     nr;
	uint32_t	     hash;	/* of the text */
	uint32_t	     min_size, max_size; /* of its records, bytes; formats_finish() */
	const char	    *wrong;	/* what is wrong with the text; NULL: nothing */
};

struct formats {
	struct source	*source;	/* its events are kept here */
	struct format	*v;		/* as many as the source's events, in their order */
	uint32_t	*by_id;		/* [FORMATS_IDS]: index or FORMATS_NONE */
	bool		 swap;
	uint32_t	 unnamed;	/* texts without a name or number */
	uint32_t	 twice;		/* a number that had another format already */
	uint16_t	 pid_offset;	/* of common_pid, 4 bytes, in every record; formats_finish() */
};

/* @swap: numbers in the records are in the other byte order than this machine's. */
void formats_init(struct formats *f, struct source *s, bool swap);
void formats_fini(struct formats *f);	/* fine for a zeroed one; the source has no events afterwards */
/* Compiles one format file; @system and @text need not outlive the call.  Nothing can be so wrong that it fails. */
void formats_add(struct formats *f, const char *system, const char *text, size_t len);
/*
 * After the last formats_add(): finds the common fields.  Return: false when no event tells common_type and
 * common_pid.
 */
bool formats_finish(struct formats *f);
/* Index of event number @id; one without a format is called "unknown:event ID" from its first record on. */
uint32_t formats_event(struct formats *f, uint16_t id);
/* One that has no number and no format: samples of a hardware counter. */
uint32_t formats_plain(struct formats *f, const char *system, const char *name);
/* As source_ops.field. */
bool formats_field(const struct formats *f, uint32_t event, const char *name, struct source_field *out);
static inline bool formats_known(const struct formats *f, uint32_t event)
{
	return f->v[event].nr != 0;
}

/* Has a record of @event a size its fields allow?  After formats_finish(). */
static inline bool formats_size_fits(const struct formats *f, uint32_t event, uint32_t size)
{
	return size - f->v[event].min_size <= f->v[event].max_size - f->v[event].min_size;
}

/* What is wrong with the formats; as source_ops.damage, without a CPU (SOURCE_NO_CPU). */
void formats_damage(const struct formats *f, source_note_fn fn, void *arg);

/*
 * Any other text of field lines, such as events/header_page: calls @fn with each.
 * Return: how many lines said "field:" and could not be read.
 */
typedef void (*format_line_fn)(void *arg, const char *name, size_t name_len, const struct source_field *at);
uint32_t format_lines(const char *text, size_t len, bool swap, format_line_fn fn, void *arg);

#endif
