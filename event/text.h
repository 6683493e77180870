/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_TEXT_H
#define EVENT_TEXT_H

#include <stdio.h>

#include "event/reader.h"
#include "event/writer.h"

/*
 * The text form, one record a line, both ways without loss:
 *   TIME_NS TASK KIND [flag,flag] key=value ...
 * preceded by the header as "# key: JSON" lines.
 */
int ev_text_write(struct ev_file *f, unsigned int classes, FILE *out, struct err *e);
/* @name stands for the stream in error messages ("NAME:LINE: ..."). */
int ev_text_read(FILE *in, const char *name, const char *out_path, struct err *e);

#endif
