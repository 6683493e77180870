/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_ORDER_H
#define CAPTURE_TEXT_ORDER_H

#include "capture/source.h"
#include "capture/text_body.h"

/*
 * Records on their way out, in order of time.  Lines of one time keep the order of the text.  A line that comes
 * later than the window is long cannot be put back: it is given the time of the record before it.
 */
struct text_record {
	struct source_record rec;		/* @data: @values.v, or @text */
	struct text_values values;
	char		*text;			/* a copy of its own */
	size_t		 text_cap;
};

struct text_order;

/* @window: records kept back to find their order; 0: they come in order. */
struct text_order *text_order_new(unsigned int window);
void text_order_free(struct text_order *o);		/* NULL is fine */
/* A place to fill for the next record of the text; then text_order_put(). */
struct text_record *text_order_slot(struct text_order *o);
void text_order_put(struct text_order *o);
/* Is the first one's place certain?  @at_end: nothing more comes. */
bool text_order_ready(const struct text_order *o, bool at_end);
/* Takes the first one out; valid until the next text_order_slot(). */
const struct source_record *text_order_get(struct text_order *o);
uint64_t text_order_late(const struct text_order *o);	/* records that could not be put back */

#endif
