/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include <stdio.h>

#include "event/reader.h"
#include "event/writer.h"

/*
 * The text form, both ways without loss; one record a line, in time order:
 *
 *	TIME_NS TASK KIND FLAGS key=value ...
 *
 * TIME_NS since first_ns of the dictionary, TASK the index into its tasks,
 * FLAGS words and numbers joined by commas or "-", fields as in field.def;
 * "vm=N" unless it is 0, fields that are absent are 0.  The dictionary comes
 * first, one line "# member: JSON" each.  Lines that begin with "##" are remarks.
 */

#define EV_TEXT_ALL_TASKS	UINT32_MAX

/*
 * @classes: bit per enum ev_class; @task: one task alone, or EV_TEXT_ALL_TASKS.
 * A closed pipe ends the text and is no error.
 */
int ev_text_write_task(struct ev_file *f, unsigned int classes, uint32_t task, FILE *out, struct err *e);
int ev_text_write(struct ev_file *f, unsigned int classes, FILE *out, struct err *e);

/* One record, as a line. */
void ev_text_write_record(const struct ev_at *at, FILE *out);

/* @name stands for the stream in error messages ("NAME:LINE: ..."). */
int ev_text_read(FILE *in, const char *name, const char *out_path, struct err *e);

#endif
