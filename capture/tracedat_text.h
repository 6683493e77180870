/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_TRACEDAT_TEXT_H
#define CAPTURE_TRACEDAT_TEXT_H

#include "capture/dat.h"
#include "capture/source.h"

/*
 * A trace.dat of a latency tracer (wakeup, irqsoff, ...) holds no records but the
 * text of tracefs's trace file: the text reader's, with what the head of the file tells.
 *
 * @d: with a text; the source's from now on, closed also on failure.
 */
int source_open_tracedat_text(struct dat *d, struct source **out, struct err *e);

#endif
