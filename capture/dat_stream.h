/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_DAT_STREAM_H
#define CAPTURE_DAT_STREAM_H

#include "capture/dat.h"

/*
 * The records of one CPU of one buffer, in the order they were written.  Holds
 * a few pages, or one decompressed chunk, and the records of one page, whatever
 * the recording's length.  Damage is noted in the dat and passed over: what is
 * delivered are the records of a page up to the first that cannot be.
 */
struct dat_record {
	uint64_t	ts;	/* of the ring buffer; dat_clock_ns() */
	const uint8_t  *data;	/* common header first; valid until the next call */
	uint32_t	size;
	uint32_t	missed;	/* records the kernel lost just before this one, or one of: */
};

#define DAT_MISSED_SOME	UINT32_MAX		/* it did not count them */
#define DAT_MISSED_DAMAGED (UINT32_MAX - 1)	/* not the kernel lost them: the file is damaged here */

struct dat_stream {
	struct dat_record *next, *end;	/* of the page's that are left */
	/* The rest is dat_stream.c's. */
	struct dat	*dat;
	const struct dat_cpu *cpu;
	struct dat_record *records;	/* room for those of a page */
	uint32_t	page_size, page_head;
	uint64_t	at, limit;	/* in the file: what is not read yet */
	uint32_t	chunks;		/* compressed: how many are left */
	uint8_t		*packed;	/* what was read last, compressed */
	size_t		 packed_cap;
	uint8_t		*pages;		/* what was read last */
	size_t		 pages_cap, pages_len, next_page;
	uint64_t	 last_ts;
	uint32_t	 missed;	/* before the next record */
	bool		 started;
};

void dat_stream_open(struct dat *d, const struct dat_cpu *cpu, struct dat_stream *s);
void dat_stream_close(struct dat_stream *s);	/* a zeroed one is fine */
/* Return: 1 when there are records between s->next and s->end, 0 at the end, negative with @e when reading fails. */
int dat_stream_page(struct dat_stream *s, struct err *e);

/* Return: 1 and *@rec, 0 at the end, negative with @e when reading fails. */
static inline int dat_stream_next(struct dat_stream *s, struct dat_record **rec, struct err *e)
{
	if (unlikely(s->next == s->end)) {
		int ret = dat_stream_page(s, e);

		if (ret <= 0)
			return ret;
	}
	*rec = s->next++;
	return 1;
}

/* Can a compressed chunk of @packed bytes hold @len bytes of pages, with @left bytes of file from its lengths on? */
bool dat_chunk_plausible(const struct dat *d, uint32_t page_size, uint32_t packed, uint32_t len, uint64_t left);

#endif
