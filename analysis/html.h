/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_HTML_H
#define ANALYSIS_HTML_H

#include <stdio.h>

/* Text as it stands, whatever it holds. */
void html_text(FILE *out, const char *text);
/* printf() of text, escaped as a whole. */
void html_printf(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * html_svg() - a picture of gnuplot's svg terminal as part of a page.
 * @label:	what it shows, for those who cannot see it.
 * @nr:		tells its ids from those of the page's other pictures.
 *
 * Without XML heading and namespace addresses, which HTML does not need.
 */
void html_svg(FILE *out, const char *svg, const char *label, unsigned int nr);

/* The page's style sheet: light, or dark where the reader's system is. */
extern const char html_style[];

#endif
