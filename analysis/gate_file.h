/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_GATE_FILE_H
#define ANALYSIS_GATE_FILE_H

#include "analysis/gate_side.h"

/*
 * A baseline as text, small enough to be kept with the sources and read in a
 * diff: an INI file with a section per configuration.
 *
 *	[1]
 *	trace = x86-6.12-populate-4k.mmt
 *	policy = x86-6.12
 *	...				; CONFIG_TEXTS, clones, seeds; not what most have (closed pacing, ...)
 *	costs_text = 0123456789abcdef	; XXH3 of the text, to say that it is another one
 *	access.total.p99 = 5231
 *
 * Intervals need a database: rules with '@' are judged by the numbers.
 */
int gate_file_is_text(const char *path, bool *text, struct err *e);
int gate_file_read(const char *path, struct gate_side *s, struct err *e);
void gate_file_value(const struct config *c, const struct rule *rule, struct gate_value *out);

#endif
