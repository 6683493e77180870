/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_GNUPLOT_H
#define ANALYSIS_GNUPLOT_H

#include "base/err.h"
#include "base/types.h"

/**
 * gnuplot_run() - what gnuplot writes to its standard output for a script.
 * @what:	named in errors.
 * @out:	malloc()ed, *@out_len bytes and a NUL behind them.
 *
 * Return: 0; ERR_MACHINE (negative) when gnuplot is missing or fails.
 */
int gnuplot_run(const char *what, const char *script, size_t len, char **out, size_t *out_len, struct err *e);

#endif
