/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_DAT_STREAM_H
#define CAPTURE_DAT_STREAM_H

#include "capture/dat.h"

/*
 * The records of one CPU of one buffer, in the order they were written.  Holds
 * a few pages, or one decompressed chunk, whatever the recording's length.
 */
struct dat_stream;

struct dat_record {		/* the one the stream stands at */
	uint64_t	ts;
	const uint8_t  *data;	/* common header first; valid until the next call */
	uint32_t	size;
	uint32_t	missed;	/* records the kernel lost just before this one, or DAT_MISSED_SOME */
};

#define DAT_MISSED_SOME	UINT32_MAX	/* it did not count them */

int dat_stream_open(const struct dat *d, const struct dat_cpu *cpu, struct dat_stream **out, struct err *e);
void dat_stream_close(struct dat_stream *s);	/* NULL is fine */
/* Return: 1 and *@rec, 0 at the end, negative with @e for damaged data. */
int dat_stream_next(struct dat_stream *s, struct dat_record *rec, struct err *e);

#endif
