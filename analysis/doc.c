/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "analysis/doc.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/alloc.h"

void doc_fini(struct doc *d)
{
	for (size_t i = 0; i < d->nr; i++) {
		free(d->v[i].text);
		free(d->v[i].more);
		free(d->v[i].name);
	}
	free(d->v);
	*d = (struct doc){ 0 };
}

/* Takes @text over. */
static struct doc_piece *put(struct doc *d, enum doc_what what, enum doc_tone tone, char *text)
{
	struct doc_piece *piece;

	if (d->nr % 256 == 0)
		d->v = xreallocarray(d->v, d->nr + 256, sizeof(*d->v));
	piece = &d->v[d->nr++];
	*piece = (struct doc_piece){ .what = what, .tone = tone, .text = text };
	return piece;
}

__attribute__((format(printf, 4, 0)))
static struct doc_piece *put_format(struct doc *d, enum doc_what what, enum doc_tone tone, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();	/* no memory */
	return put(d, what, tone, text);
}

struct doc_piece *doc_put(struct doc *d, enum doc_what what, enum doc_tone tone, const char *text)
{
	return put(d, what, tone, xstrdup(text));
}

void doc_heading(struct doc *d, int level, const char *anchor, const char *text)
{
	struct doc_piece *piece = doc_put(d, DOC_HEADING, DOC_PLAIN, text);

	piece->number = level;
	piece->more = anchor ? xstrdup(anchor) : NULL;
}

void doc_text(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(d, DOC_TEXT, tone, fmt, ap);
	va_end(ap);
}

void doc_row(struct doc *d, enum doc_row row)
{
	doc_put(d, DOC_ROW, DOC_PLAIN, "")->number = row;
}

void doc_cell(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(d, DOC_CELL, tone, fmt, ap)->number = 1;
	va_end(ap);
}

void doc_para(struct doc *d, enum doc_tone tone, const char *fmt, ...)
{
	va_list ap;

	doc_put(d, DOC_PARA, tone, "");
	va_start(ap, fmt);
	put_format(d, DOC_TEXT, DOC_PLAIN, fmt, ap);
	va_end(ap);
}

void doc_item(struct doc *d, const char *fmt, ...)
{
	va_list ap;

	doc_put(d, DOC_ITEM, DOC_PLAIN, "");
	va_start(ap, fmt);
	put_format(d, DOC_TEXT, DOC_PLAIN, fmt, ap);
	va_end(ap);
}

void doc_picture(struct doc *d, const char *name, const char *about, char *svg)
{
	struct doc_piece *piece = doc_put(d, DOC_PICTURE, DOC_PLAIN, about);

	piece->more = svg;
	piece->name = xstrdup(name);
}
