// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ring buffer pages of one CPU.  A page: u64 time, a word of commit (its low
 * bits are the bytes used, two high ones say that records were lost before it),
 * events.  An event: u32 of 5 bits type or length and 27 bits time delta (big
 * endian: from the top), then data (kernel: include/linux/ring_buffer.h;
 * trace-cmd: kbuffer).  Every length is checked against the page before use.
 *
 * The kernel clears what it hands out behind the used bytes, so a commit that
 * lost a bit is noticed by what stands there.
 */
#include "capture/dat_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define COMMIT_BYTES	((1u << 27) - 1)
#define COMMIT_MISSED	(1u << 31)
#define COMMIT_STORED	(1u << 30)	/* how many is stored behind the last event */
#define COMMIT_FLAGS	(COMMIT_MISSED | COMMIT_STORED)
#define READ_BYTES	(64u << 10)	/* at a time, uncompressed */
#define CHUNK_BYTES_MAX	(16u << 20)	/* trace-cmd writes chunks of ten pages */
#define TIME_MSB	(0xf8ULL << 56)	/* an absolute time stamp lacks these bits */
#define EVENT_BYTES_MIN	8u		/* that carries data */

enum { LEN_IN_DATA = 0, PADDING = 29, TIME_EXTEND = 30, TIME_STAMP = 31 };

static uint32_t get32(const uint8_t *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static uint64_t get64(const uint8_t *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

static uint64_t get_word(const struct dat *d, const uint8_t *p)
{
	return d->long_size == 8 ? get64(p, d->swap) : get32(p, d->swap);
}

/* @n of @what were met: the records they held are missing before the next one. */
static void damaged(struct dat_stream *s, uint64_t n, const char *what)
{
	dat_note(s->dat, s->cpu->cpu, n, what);
	s->missed = DAT_MISSED_DAMAGED;
}

static uint8_t *grow(uint8_t *buf, size_t *cap, size_t want)
{
	if (want <= *cap)
		return buf;
	*cap = want;
	return xrealloc(buf, want);
}

/* --- bytes of the file ------------------------------------------------------------------ */

/* @len bytes at s->at, which are within the file. */
static int read_exactly(struct dat_stream *s, void *to, size_t len, struct err *e)
{
	uint8_t *p = to;

	while (len) {
		ssize_t got = pread(s->dat->file.fd, p, len, s->at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, errno, s->dat->path, "read");
		if (!got)
			return err_set(e, ERR_INPUT, "%s: it became shorter while it was read", s->dat->path);
		p += got;
		s->at += got;
		len -= got;
	}
	return 0;
}

bool dat_chunk_plausible(const struct dat *d, uint32_t page_size, uint32_t packed, uint32_t len, uint64_t left)
{
	return len && len <= CHUNK_BYTES_MAX && !(len % page_size) && packed > 8 && left >= 8 && packed <= left - 8 &&
	       packed <= len + len / 64 + 1024;
}

/* The next place from s->at on that looks like a chunk's lengths and the start of its data. */
static bool find_chunk(struct dat_stream *s)
{
	const struct dat *d = s->dat;

	for (uint64_t at = s->at; at + 16 <= s->limit; at++) {
		const uint8_t *p = d->file.p + at;

		if (dat_pack_of(p + 8) != d->pack)
			continue;
		if (!dat_chunk_plausible(d, d->page_size, get32(p, d->swap), get32(p + 4, d->swap), s->limit - at))
			continue;
		s->at = at;
		return true;
	}
	return false;
}

/* Moves what is left of the pages to the front and makes room for @len more. */
static void make_room(struct dat_stream *s, size_t len)
{
	size_t left = s->pages_len - s->next_page;

	if (left)
		memmove(s->pages, s->pages + s->next_page, left);
	s->pages_len = left;
	s->next_page = 0;
	s->pages = grow(s->pages, &s->pages_cap, left + len);
}

/* Chunks ahead that the count promised, or bytes that might be one? */
static bool more_chunks(const struct dat_stream *s)
{
	return s->limit - s->at >= 8 && (s->chunks || s->at < s->cpu->offset + 4 + s->cpu->size);
}

/* One chunk: its length packed and unpacked, and a frame.  What is no chunk is passed over. */
static int read_chunk(struct dat_stream *s, struct err *e)
{
	struct dat *d = s->dat;
	uint32_t packed, len;
	uint8_t head[8];
	int ret;

	while (more_chunks(s)) {
		ret = read_exactly(s, head, sizeof(head), e);
		if (ret)
			return ret;
		packed = get32(head, d->swap);
		len = get32(head + 4, d->swap);
		if (!dat_chunk_plausible(d, d->page_size, packed, len, s->limit - s->at + sizeof(head))) {
			damaged(s, 1, "compressed chunks whose length cannot be");
			s->at -= sizeof(head) - 1;
			if (!find_chunk(s))
				break;
			s->chunks -= s->chunks > 0;
			continue;
		}
		s->chunks -= s->chunks > 0;
		make_room(s, len);
		s->packed = grow(s->packed, &s->packed_cap, packed);
		ret = read_exactly(s, s->packed, packed, e);
		if (ret)
			return ret;
		if (dat_unpack(d, s->pages + s->pages_len, len, s->packed, packed) == len) {
			s->pages_len += len;
			return 1;
		}
		damaged(s, 1, "compressed chunks that cannot be decompressed");
		s->pages_len = 0;
		s->at -= packed;	/* its length may be what is wrong */
		if (!find_chunk(s))
			break;
	}
	if (s->chunks)
		damaged(s, s->chunks, "compressed chunks are missing");
	else if (s->at > s->cpu->offset + 4 + s->cpu->size)
		damaged(s, 1, "its data are longer than the table says");
	s->at = s->limit;
	s->chunks = 0;
	return 0;
}

static int read_plain(struct dat_stream *s, struct err *e)
{
	size_t len = min_u64(s->page_size > READ_BYTES ? s->page_size : READ_BYTES, s->limit - s->at);
	int ret;

	if (len % s->page_size && len < READ_BYTES) {
		damaged(s, 1, "half a page at the end");
		len -= len % s->page_size;
		s->limit = s->at + len;
	}
	if (!len)
		return 0;
	make_room(s, len);
	ret = read_exactly(s, s->pages + s->pages_len, len, e);
	s->pages_len += ret ? 0 : len;
	return ret ? ret : 1;
}

/* --- pages ------------------------------------------------------------------------------- */

/*
 * The events between @p and @end into s->records.  Return: behind the last one;
 * less than @end: the one there cannot be.
 */
static inline __attribute__((always_inline)) const uint8_t *decode(struct dat_stream *s, const uint8_t *p,
								   const uint8_t *end, uint64_t ts, const bool swap,
								   const bool big)
{
	struct dat_record *rec = s->records;

	while (end - p >= 4) {
		uint32_t head = get32(p, swap), type = big ? head >> 27 : head & 31;
		uint64_t delta = big ? head & ((1u << 27) - 1) : head >> 5, left = end - p - 4, len = type * 4;
		const uint8_t *data = p + 4;

		if (unlikely(type - 1 >= PADDING - 1)) {
			uint32_t array = left >= 4 ? get32(data, swap) : 0;

			if (left < 4 && (type != PADDING || delta))
				break;
			switch (type) {
			case PADDING:		/* no delta: the rest of the page */
				len = delta ? array : left;
				if (len > left)
					goto out;
				break;
			case TIME_EXTEND:
				delta += (uint64_t)array << 27;
				len = 4;
				break;
			case TIME_STAMP:
				ts = (delta + ((uint64_t)array << 27)) | (ts & TIME_MSB);
				delta = 0;
				len = 4;
				break;
			default:
				len = ((uint64_t)array + 3) & ~3ULL;
				if (array < 4 || len > left)
					goto out;
				*rec++ = (struct dat_record){ .ts = ts + delta, .data = data + 4, .size = len - 4 };
				break;
			}
			ts += delta;
			p = data + len;
			continue;
		}
		if (unlikely(len > left))
			break;
		ts += delta;
		*rec++ = (struct dat_record){ .ts = ts, .data = data, .size = len };
		p = data + len;
	}
out:
	s->end = rec;
	s->last_ts = ts;
	return p;
}

static const uint8_t *decode_any(struct dat_stream *s, const uint8_t *p, const uint8_t *end, uint64_t ts)
{
	if (likely(!s->dat->swap))
		return s->dat->big_endian ? decode(s, p, end, ts, false, true) : decode(s, p, end, ts, false, false);
	return s->dat->big_endian ? decode(s, p, end, ts, true, true) : decode(s, p, end, ts, true, false);
}

/* Are there bytes behind the used ones, where the kernel leaves none? */
static bool dirty_tail(const uint8_t *p, const uint8_t *page_end)
{
	size_t len = min_u64(page_end - p, EVENT_BYTES_MIN);

	while (len-- > 0)
		if (p[len])
			return true;
	return false;
}

/* What may stand above the bytes used: the flags, which a 64-bit kernel adds as an int, with its sign. */
static bool flags_sound(uint64_t commit)
{
	uint64_t above = commit & ~(uint64_t)(COMMIT_BYTES | COMMIT_FLAGS);

	return !above || (above == 0xffffffffULL << 32 && commit & COMMIT_MISSED);
}

static void note_missed(struct dat_stream *s, uint64_t commit, const uint8_t *tail, const uint8_t *page_end)
{
	uint64_t n = DAT_MISSED_SOME;

	if (commit & COMMIT_STORED && page_end - tail >= s->dat->long_size)
		n = get_word(s->dat, tail);
	s->missed = n < DAT_MISSED_DAMAGED ? n : DAT_MISSED_SOME;
}

static void decode_page(struct dat_stream *s, const uint8_t *page)
{
	struct dat *d = s->dat;
	const uint8_t *page_end = page + s->page_size, *first = page + s->page_head, *used_end, *p;
	uint64_t ts = get64(page, d->swap), commit = get_word(d, page + 8), used = commit & COMMIT_BYTES;
	uint64_t tail = used + (commit & COMMIT_STORED ? d->long_size : 0);
	bool sound = used <= s->page_size - s->page_head && !(used & 3) && flags_sound(commit);

	if (!ts && !commit) {
		damaged(s, 1, "pages of zeros");
		return;
	}
	if (sound && tail < s->page_size - s->page_head)
		sound = !dirty_tail(first + tail, page_end);
	if (!sound)
		used = s->page_size - s->page_head;	/* as far as there are events */
	if (ts < s->last_ts && s->started)
		damaged(s, 1, "pages whose time lies before that of the one in front");
	used_end = first + used;
	p = decode_any(s, first, used_end, ts);
	if (commit & COMMIT_MISSED && sound)
		note_missed(s, commit, first + used, page_end);
	s->next = s->records;
	if (s->next < s->end) {
		s->next->missed = s->missed;
		s->missed = 0;
	}
	if (unlikely(!sound))
		damaged(s, 1, "pages whose length cannot be");
	else if (unlikely(p < used_end))
		damaged(s, 1, "pages with an event that is longer than its page");
	s->started = true;
}

int dat_stream_page(struct dat_stream *s, struct err *e)
{
	s->next = s->end = s->records;
	while (s->next == s->end) {
		while (s->pages_len - s->next_page < s->page_size) {
			int ret = s->cpu->compressed ? read_chunk(s, e) : read_plain(s, e);

			if (ret <= 0)
				return ret;
		}
		s->next_page += s->page_size;
		decode_page(s, s->pages + s->next_page - s->page_size);
	}
	return 1;
}

void dat_stream_open(struct dat *d, const struct dat_cpu *cpu, struct dat_stream *s)
{
	*s = (struct dat_stream){ .dat = d, .cpu = cpu, .page_size = d->buffers[cpu->buffer].page_size,
				  .page_head = 8 + d->long_size };
	s->records = xmalloc(s->page_size / EVENT_BYTES_MIN * sizeof(*s->records));
	s->next = s->end = s->records;
	s->limit = min_u64(cpu->compressed ? cpu->limit : cpu->offset + cpu->size, d->file.size);
	s->at = min_u64(cpu->offset, s->limit);
	if (cpu->compressed) {
		if (s->limit - s->at >= 4)
			s->chunks = get32(d->file.p + s->at, d->swap);
		s->at = min_u64(s->at + 4, s->limit);
		if (s->chunks > (s->limit - s->at) / 16) {	/* more than could stand there */
			damaged(s, 1, "a count of compressed chunks that cannot be");
			s->chunks = 0;
		}
	}
}

void dat_stream_close(struct dat_stream *s)
{
	free(s->records);
	free(s->packed);
	free(s->pages);
	*s = (struct dat_stream){ 0 };
}
