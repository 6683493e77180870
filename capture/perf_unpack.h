/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_UNPACK_H
#define CAPTURE_PERF_UNPACK_H

#include "base/types.h"

/*
 * The records inside PERF_RECORD_COMPRESSED: one zstd stream over all of them,
 * so each can be read only after those before it.  What comes out stays where
 * it is, in chunks, until its last user lets go; beyond 16 MiB the chunks'
 * bytes wait in an unlinked temporary file, at the same addresses.
 */
struct perf_unpack;
struct perf_chunk;

struct perf_unpack *perf_unpack_new(void);
void perf_unpack_free(struct perf_unpack *u);	/* NULL is fine */
/* One record's payload; what the last one held must have been asked for up to its end. */
void perf_unpack_feed(struct perf_unpack *u, const uint8_t *in, size_t len);

/**
 * perf_unpack_more() - get more bytes behind those not used yet.
 * @used:	how many at *@p of the last call are done with.
 * @p:		bytes from there on, in one piece and growing with each call.
 * @len:	how many.
 *
 * Return: 1 when there are more than before, 0 when the payload is used up, -1
 * when it is damaged: then no payload can be read until one begins a new stream.
 */
int perf_unpack_more(struct perf_unpack *u, size_t used, const uint8_t **p, size_t *len);

/* The chunk the last perf_unpack_more() wrote to; it goes with the next call unless it is got. */
struct perf_chunk *perf_unpack_chunk(struct perf_unpack *u);
void perf_chunk_get(struct perf_chunk *c);				/* NULL is fine */
void perf_chunk_put(struct perf_unpack *u, struct perf_chunk *c);	/* NULL is fine */
/* Pages that came back from the temporary file may go again. */
void perf_unpack_drop(struct perf_unpack *u);

#endif
