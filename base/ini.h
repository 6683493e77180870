/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_INI_H
#define BASE_INI_H

#include <stddef.h>

#include "base/err.h"

/**
 * ini_line_fn - called for each "name = value" of an INI file, in order.
 * @arg:	as given to ini_read().
 * @section:	text between brackets above it, "" before the first.
 * @name, @value: trimmed, comments stripped.
 * @where:	"FILE:LINE", for error messages.
 *
 * Return: 0, or what err_set() returned, which stops the reading.
 */
typedef int (*ini_line_fn)(void *arg, const char *section, const char *name, const char *value,
			   const char *where, struct err *e);

/**
 * ini_read() - read one INI file (libinih's dialect).
 *
 * Return: 0 or a negative exit status with @e filled: unreadable file, a line
 * that is neither section nor assignment, or what @line returned.
 */
int ini_read(const char *path, ini_line_fn line, void *arg, struct err *e);

/**
 * ini_nearest() - the word of @words most like @word, for "did you mean".
 * Return: a member of @words, or NULL when @nr is 0 or nothing is near
 * (Levenshtein distance over half the length of @word).
 */
const char *ini_nearest(const char *word, const char *const *words, size_t nr);

#endif
