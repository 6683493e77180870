/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_BODY_H
#define CAPTURE_TEXT_BODY_H

#include "capture/text_word.h"

/*
 * The body of one event's lines: fields with numbers.  Events of text_events.def have a grammar of
 * their own; a kprobe's body says its fields' names itself ("(symbol) name=value ..."), and its
 * grammar learns them as they come.  The body of any other event is not looked at.
 */
#define TEXT_FIELDS	24		/* more are not kept */

struct text_values {
	uint64_t	v[TEXT_FIELDS];	/* by field, sign extended */
	uint32_t	have;		/* bit by field: the line says it */
	const char	*text;		/* of a field that is text; into the line */
	uint32_t	 text_len;
};

enum text_fit {
	TEXT_FITS,
	TEXT_WORDS,		/* so do name=value words; there may be more on a line that follows */
	TEXT_UNFIT,		/* it is cut short, or not how that event is printed */
};

struct text_grammar;

/* For an event of this name; its first line has @body. */
struct text_grammar *text_grammar_new(const char *event, const char *body, size_t len);
void text_grammar_free(struct text_grammar *g);		/* NULL is fine */
const char *text_grammar_system(const struct text_grammar *g);
/* Return: the field's number, -1: it has none of that name (so far). */
int text_grammar_field(const struct text_grammar *g, const char *name);
bool text_grammar_is_text(const struct text_grammar *g, unsigned int field);

enum text_fit text_body_parse(struct text_grammar *g, struct text_context *c, const char *body, size_t len,
			      struct text_values *out);
/* Nothing but name=value words: what is left of a wrapped line. */
bool text_is_words(const char *p, size_t len);

#endif
