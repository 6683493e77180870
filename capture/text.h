/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TEXT_H
#define CAPTURE_TEXT_H

#include "capture/source.h"

/*
 * A trace printed as text: tracefs's trace and trace_pipe, trace-cmd report, perf
 * script, and what people paste of them into mails (text_line.h says which lines, text_events.def
 * which bodies).  It is taken when a line in its first MiB is an event; each other line is counted.
 *
 * It is read twice: the fold wants to know beforehand which events there are.  Memory grows with threads and
 * events only.  Each record is a row of numbers, eight bytes each, in the order of its event's grammar;
 * what a line does not say its event does not have, so an event of which lines say different things is several,
 * of one name.
 */

/* Could a file be text that begins with these bytes?  Nothing is said of what the text is. */
bool text_magic(const void *head, size_t len);
/* ERR_INPUT, one line: no event line, or not a file that can be read twice. */
int source_open_text(const char *path, struct source **out, struct err *e);
/* @bytes must live as long as the source; @name is for errors. */
int source_open_text_memory(const void *bytes, size_t len, const char *name, struct source **out, struct err *e);

#endif
