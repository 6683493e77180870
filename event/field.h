/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EVENT_FIELD_H
#define EVENT_FIELD_H

#include <stdio.h>

#include "event/event.h"

/*
 * The fields of a record as names and values, for the text form.  What a
 * record's flags and payload hold comes back bit for bit.
 */

/* Writes " key=value" for each field of @ev's kind. */
void field_write_all(const struct ev *ev, FILE *out);

/**
 * field_read() - set one field.
 * @ev:		kind is set.
 * @key, @value: as field_write_all() wrote them.
 *
 * Return: NULL, or what is wrong: no such field, no such value, too large.
 */
const char *field_read(struct ev *ev, const char *key, const char *value);

/* Writes the flags as "w,pfn,0x80", "-" for none: words where the kind has one, else the number. */
void field_write_flags(const struct ev *ev, FILE *out);

/* Takes them back.  Return: NULL, or what is wrong.  @text is cut up. */
const char *field_read_flags(struct ev *ev, char *text);

/* A whole decimal or 0x number. */
bool field_number(const char *text, uint64_t *out);

#endif
