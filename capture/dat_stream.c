// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ring buffer pages of one CPU.  A page: u64 time, u64 commit (its low bits are
 * the bytes used, two high ones say that records were lost before it), events.
 * An event: u32 of 5 bits type or length and 27 bits time delta, then data
 * (kernel: include/linux/ring_buffer.h; trace-cmd: kbuffer).  Every length is
 * checked against the page before use.
 */
#include "capture/dat_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"

#define PAGE_HEAD	16
#define COMMIT_BYTES	((1u << 27) - 1)
#define COMMIT_MISSED	(1u << 31)
#define COMMIT_STORED	(1u << 30)	/* how many is stored behind the last event */
#define READ_BYTES	(64u << 10)	/* at a time, uncompressed */
#define CHUNK_BYTES_MAX	(64u << 20)	/* trace-cmd writes chunks of ten pages */
#define TIME_MSB	(0xf8ULL << 56)	/* an absolute time stamp lacks these bits */

enum { LEN_IN_DATA = 0, PADDING = 29, TIME_EXTEND = 30, TIME_STAMP = 31 };

struct dat_stream {
	const struct dat *dat;
	const struct dat_cpu *cpu;
	uint64_t	at, end;	/* in the file: what is not read yet */
	uint32_t	chunks;		/* compressed: how many are left */
	ZSTD_DCtx	*zstd;
	uint8_t		*packed;
	size_t		 packed_cap;
	uint8_t		*pages;		/* what was read last */
	size_t		 pages_cap, pages_len, next_page;
	const uint8_t	*p, *page_end;	/* next event of the page, its end */
	uint64_t	 ts;
	uint32_t	 missed;
};

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static int damaged(const struct dat_stream *s, struct err *e, const char *what)
{
	return dat_damaged(s->dat, e, "CPU %u: %s near byte %llu", s->cpu->cpu, what, (unsigned long long)s->at);
}

static uint8_t *grow(uint8_t *buf, size_t *cap, size_t want)
{
	if (want <= *cap)
		return buf;
	*cap = want;
	return xrealloc(buf, want);
}

static int read_exactly(struct dat_stream *s, void *to, size_t len, struct err *e)
{
	uint8_t *p = to;

	if (len > s->end - s->at)
		return damaged(s, e, "its data end early");
	while (len) {
		ssize_t got = pread(s->dat->fd, p, len, s->at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, errno, s->dat->path, "read");
		if (!got)
			return damaged(s, e, "its data end early");
		p += got;
		s->at += got;
		len -= got;
	}
	return 0;
}

/* One chunk: its length packed and unpacked, and a zstd frame. */
static int read_chunk(struct dat_stream *s, struct err *e)
{
	uint8_t head[8];
	uint32_t packed, len;
	size_t got;
	int ret;

	if (!s->chunks)
		return 0;
	s->chunks--;
	ret = read_exactly(s, head, sizeof(head), e);
	if (ret)
		return ret;
	packed = get32(head);
	len = get32(head + 4);
	if (len > CHUNK_BYTES_MAX || packed > s->end - s->at || len % s->dat->page_size)
		return damaged(s, e, "a compressed chunk has an impossible length");
	s->packed = grow(s->packed, &s->packed_cap, packed);
	s->pages = grow(s->pages, &s->pages_cap, len);
	ret = read_exactly(s, s->packed, packed, e);
	if (ret)
		return ret;
	got = ZSTD_decompressDCtx(s->zstd, s->pages, len, s->packed, packed);
	if (ZSTD_isError(got) || got != len)
		return damaged(s, e, "a compressed chunk cannot be decompressed");
	s->pages_len = len;
	return 1;
}

static int read_pages(struct dat_stream *s, struct err *e)
{
	size_t len = s->dat->page_size > READ_BYTES ? s->dat->page_size : READ_BYTES;
	int ret;

	if (len > s->end - s->at)
		len = s->end - s->at;
	if (!len)
		return 0;
	if (len % s->dat->page_size)
		return damaged(s, e, "half a page");
	s->pages = grow(s->pages, &s->pages_cap, len);
	ret = read_exactly(s, s->pages, len, e);
	if (ret)
		return ret;
	s->pages_len = len;
	return 1;
}

/* Return: 1 when s->p .. s->page_end is a page, 0 at the end. */
static int next_page(struct dat_stream *s, struct err *e)
{
	const uint8_t *page;
	uint64_t commit, used;

	while (s->next_page >= s->pages_len) {
		int ret = s->cpu->compressed ? read_chunk(s, e) : read_pages(s, e);

		if (ret <= 0)
			return ret;
		s->next_page = 0;
	}
	page = s->pages + s->next_page;
	s->next_page += s->dat->page_size;
	commit = get64(page + 8);
	used = commit & COMMIT_BYTES;
	if (used > s->dat->page_size - PAGE_HEAD)
		return damaged(s, e, "a page is longer than a page");
	s->ts = get64(page);
	s->p = page + PAGE_HEAD;
	s->page_end = s->p + used;
	if (commit & COMMIT_MISSED)
		s->missed = commit & COMMIT_STORED && used + PAGE_HEAD + 8 <= s->dat->page_size ?
			    get64(s->page_end) : DAT_MISSED_SOME;
	return 1;
}

/*
 * One event at s->p: moves on, keeps the time.  Return: true when it is data.
 * @bad: its length does not fit into the page.
 */
static bool step(struct dat_stream *s, struct dat_record *rec, bool *bad)
{
	uint64_t left = s->page_end - s->p, delta, len;
	uint32_t head, array = 0;
	unsigned int type;
	bool data = false;

	if (left < 4)
		goto out_of_page;
	head = get32(s->p);
	type = head & 31;
	delta = head >> 5;
	if (type == LEN_IN_DATA || type >= PADDING) {
		if (left >= 8)
			array = get32(s->p + 4);
		else if (type != PADDING || delta)
			goto out_of_page;
	}
	switch (type) {
	case PADDING:
		len = delta ? 4 + (uint64_t)array : left;	/* no delta: the rest of the page */
		break;
	case TIME_EXTEND:
		delta += (uint64_t)array << 27;
		len = 8;
		break;
	case TIME_STAMP:
		s->ts = (delta + ((uint64_t)array << 27)) | (s->ts & TIME_MSB);
		delta = 0;
		len = 8;
		break;
	case LEN_IN_DATA:
		len = 4 + (((uint64_t)array + 3) & ~3ULL);
		if (array < 4)
			goto out_of_page;
		rec->data = s->p + 8;
		rec->size = len - 8;
		data = true;
		break;
	default:
		len = 4 + type * 4;
		rec->data = s->p + 4;
		rec->size = type * 4;
		data = true;
		break;
	}
	if (len > left)
		goto out_of_page;
	s->ts += delta;
	s->p += len;
	return data;
out_of_page:
	*bad = true;
	return false;
}

int dat_stream_next(struct dat_stream *s, struct dat_record *rec, struct err *e)
{
	bool bad = false;

	for (;;) {
		while (s->p >= s->page_end) {
			int ret = next_page(s, e);

			if (ret <= 0)
				return ret;
		}
		if (step(s, rec, &bad))
			break;
		if (bad)
			return damaged(s, e, "an event is longer than its page");
	}
	rec->ts = s->ts;
	rec->missed = s->missed;
	s->missed = 0;
	return 1;
}

int dat_stream_open(const struct dat *d, const struct dat_cpu *cpu, struct dat_stream **out, struct err *e)
{
	struct dat_stream *s = xcalloc(1, sizeof(*s));
	uint8_t head[4];
	int ret = 0;

	s->dat = d;
	s->cpu = cpu;
	s->at = cpu->offset;
	s->end = cpu->offset + cpu->size;
	if (cpu->compressed) {
		/* The recorded size leaves the chunk count out. */
		if (s->end < d->size)
			s->end = d->size - s->end < sizeof(head) ? d->size : s->end + sizeof(head);
		s->zstd = ZSTD_createDCtx();
		if (!s->zstd)
			ret = err_set(e, ERR_MACHINE, "%s: out of memory for zstd", d->path);
		else
			ret = read_exactly(s, head, sizeof(head), e);
		if (!ret)
			s->chunks = get32(head);
	}
	if (ret) {
		dat_stream_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

void dat_stream_close(struct dat_stream *s)
{
	if (!s)
		return;
	ZSTD_freeDCtx(s->zstd);
	free(s->packed);
	free(s->pages);
	free(s);
}
