/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_INPUT_H
#define CAPTURE_TEXT_INPUT_H

#include "base/err.h"
#include "base/types.h"

/*
 * The lines of a file, or of memory: without their newlines, a carriage return
 * before them, or a byte order mark before the first.  After a mail's "Content-Transfer-Encoding:
 * quoted-printable" lines are decoded, so that one that it broke is whole again.
 */
struct text_input;

#define TEXT_LINE_MAX	65536		/* bytes; the rest of a longer one is stepped over */

struct text_raw_line {
	const char *p;			/* not terminated; valid until the next call */
	size_t	    len;
	bool	    too_long;		/* only its beginning */
	bool	    no_end;		/* the input ends in it */
};

/* ERR_INPUT for what is not a file: it could not be read twice. */
int text_input_open(const char *path, struct text_input **out, struct err *e);
/* @bytes must live as long as the input; @name is for errors. */
int text_input_memory(const void *bytes, size_t len, const char *name, struct text_input **out);
void text_input_close(struct text_input *in);		/* NULL is fine */
/* To the first line again. */
int text_input_rewind(struct text_input *in, struct err *e);
/* Return: 1 and *line, 0 at the end, negative with @e. */
int text_input_next(struct text_input *in, struct text_raw_line *line, struct err *e);
/* The next call gives the last line again. */
void text_input_unread(struct text_input *in);
uint64_t text_input_bytes(const struct text_input *in);	/* up to the end of the last line */
const char *text_input_name(const struct text_input *in);

#endif
