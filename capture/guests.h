/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_GUESTS_H
#define CAPTURE_GUESTS_H

#include "capture/source.h"

/*
 * A host's trace.dat and those of its guests, recorded together ("trace-cmd
 * record -A GUEST"), as one source: all records in the order of time, on the
 * host's clock, which the guests' files tell by sample and vCPU.
 *
 * What a guest's kernel traced says nothing of the host's MMU, so its events
 * are there to be counted, under the system "guest NAME", and have no fields.
 */
struct guests_input {
	const char *const *paths;	/* the host's and its guests', in any order */
	size_t	    nr;			/* 1: source_open() */
};

#define GUESTS_MAX	64

/*
 * @host: index of the host's recording.  ERR_INPUT, besides source_open()'s: not one
 * host, a recording that is no trace.dat, or a guest of another host's recording.
 */
int source_open_guests(const struct guests_input *in, struct source **out, size_t *host, struct err *e);

#endif
