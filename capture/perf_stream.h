/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_PERF_STREAM_H
#define CAPTURE_PERF_STREAM_H

#include "capture/perf_attr.h"
#include "capture/perf_unpack.h"

/*
 * The records of a perf.data as they stand in it, compressed ones unpacked.
 * Each record that is handed out is whole, and a sample is made of exactly the
 * parts its attribute names.  Where that is not so, the record is left out, or
 * everything up to the next place from which several records in a row make
 * sense; both are noted.
 */
struct perf_record {
	const uint8_t	 *p;
	uint32_t	  type, size;
	bool		  gap;		/* something before it could not be read */
	struct perf_chunk *chunk;	/* it lies in, perf_chunk_get() keeps it; NULL: in the file's map */
	const uint8_t	 *payload;	/* TRACING_DATA: what follows the record */
	uint64_t	  payload_len;
};

struct perf_stream {
	struct perf_file	*file;
	const struct perf_attrs	*attrs;
	struct perf_notes	*damage;
	const uint8_t		*at, *end;	/* in the file's map */
	struct perf_unpack	*unpack;	/* NULL: nothing was compressed so far */
	const uint8_t		*in;		/* unpacked and not used yet */
	size_t			 in_len, in_used;
	bool			 feeding, gap;
	bool			 compressed;	/* some records were */
};

/* From the first record on; notes go to @damage.  @attrs may grow meanwhile. */
void perf_stream_init(struct perf_stream *s, struct perf_file *f, const struct perf_attrs *attrs,
		      struct perf_notes *damage);
void perf_stream_fini(struct perf_stream *s);	/* fine for a zeroed one */
/* Return: whether there is one more. */
bool perf_stream_next(struct perf_stream *s, struct perf_record *rec);

#endif
