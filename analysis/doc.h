/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DOC_H
#define ANALYSIS_DOC_H

#include <stdio.h>

#include "base/types.h"

/*
 * A document: what is said, as a list of pieces in the order of reading, without
 * how it looks.  A block lasts up to the next one; texts are parts of the block they follow.
 * Each form is one walk over the list (doc_html.c, doc_markdown.c, doc_mail.c).
 */
enum doc_what {
	DOC_HEADING,		/* number: level 1 .. 3; more: anchor, or NULL */
	DOC_PARA, DOC_ITEM,	/* tone: of the whole */
	DOC_TEXT,		/* more: anchor it leads to, or NULL */
	DOC_TABLE,		/* up to DOC_TABLE_END: rows of cells */
	DOC_ROW,		/* number: enum doc_row */
	DOC_CELL,		/* number: columns it spans; more: what to call it where that is too long, or NULL */
	DOC_TABLE_END,
	DOC_COMMANDS,		/* text: lines for a shell */
	DOC_FOLD, DOC_FOLD_END,	/* around what only some readers want; text: its title; left out of mails */
	DOC_WIDE, DOC_WIDE_END,	/* around what needs long lines: left out of mails */
	DOC_LINES,		/* text as it stands: a file */
	DOC_PICTURE,		/* text: what it shows; more: the SVG; name */
};

enum doc_row { DOC_BODY, DOC_HEAD, DOC_SECTION };

enum doc_tone { DOC_PLAIN, DOC_STRONG, DOC_GOOD, DOC_BAD, DOC_SOFT, DOC_CODE, DOC_ANSWER };

struct doc_piece {
	enum doc_what	 what;
	enum doc_tone	 tone;
	int		 number;
	int		 shade;		/* of a cell: 0 .. 1000 */
	char		*text, *more, *name;
};

struct doc {
	struct doc_piece *v;
	size_t		  nr;
};

void doc_fini(struct doc *d);		/* zeroed: fine */

/* Adds a piece; what is not given is empty.  Valid until the next one. */
struct doc_piece *doc_put(struct doc *d, enum doc_what what, enum doc_tone tone, const char *text);
void doc_heading(struct doc *d, int level, const char *anchor, const char *text);
void doc_text(struct doc *d, enum doc_tone tone, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void doc_row(struct doc *d, enum doc_row row);
void doc_cell(struct doc *d, enum doc_tone tone, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A paragraph, or an item of a list, of one text. */
void doc_para(struct doc *d, enum doc_tone tone, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void doc_item(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes @svg over. */
void doc_picture(struct doc *d, const char *name, const char *about, char *svg);

/* A page that needs nothing beside itself. */
void doc_html(const struct doc *d, FILE *out);
/* As GitHub shows it.  Pictures are files NAME.svg beside it, or left out. */
void doc_markdown(const struct doc *d, bool pictures, FILE *out);
/* Plain text of 72 columns at most, for a cover letter: no picture, and no fold. */
#define DOC_MAIL_WIDTH 72
void doc_mail(const struct doc *d, FILE *out);

#endif
