/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_JSTEXT_H
#define ANALYSIS_JSTEXT_H

#include <stdio.h>

/*
 * @text as a string of JSON, quotes included.  It may also stand in a script, in a file or
 * inside a page: '<' and '&' are escaped.  Bytes that are no UTF-8 become U+FFFD, one each.
 */
void jstext(FILE *out, const char *text);

#endif
