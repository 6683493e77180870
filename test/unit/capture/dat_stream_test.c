// SPDX-License-Identifier: GPL-2.0-or-later
/* Ring buffer pages: every kind of event, and lengths that lie. */
#include <stdio.h>
#include <unistd.h>

#include "capture/dat_stream.h"
#include "capture/source.h"
#include "test/table.h"

#define PAGE	256
#define BASE	1000000ULL

#define EV(len4, delta)	((len4) | (uint32_t)(delta) << 5)
#define EXTEND		30
#define STAMP		31
#define PAD		29
#define MISSED		(1ULL << 31)
#define STORED		(1ULL << 30)

static const struct {
	const char	*name;
	uint64_t	 flags;		/* above the commit length */
	bool		 zero_time;
	uint32_t	 words[12];
	uint32_t	 bytes;		/* the page says it holds */
	const char	*want;		/* "ts-BASE:size[!missed] ..." and how it ended */
} rows[] = {
	{ .name = "an empty page", .bytes = 0, .want = "end" },
	{ .name = "two events, times add up", .words = { EV(1, 5), 7, EV(2, 10), 8, 9 }, .bytes = 20,
	  .want = "5:4 15:8 end" },
	{ .name = "a long event carries its length in front", .words = { EV(0, 3), 12, 1, 2 }, .bytes = 16,
	  .want = "3:8 end" },
	{ .name = "a length that is no multiple of four is rounded up", .words = { EV(0, 3), 10, 1, 2 }, .bytes = 16,
	  .want = "3:8 end" },
	{ .name = "a time extend moves the clock", .words = { EV(EXTEND, 1), 2, EV(1, 4), 7 }, .bytes = 16,
	  .want = "268435461:4 end" },
	{ .name = "an absolute time sets it", .words = { EV(STAMP, 64), 1, EV(1, 4), 7 }, .bytes = 16,
	  .want = "133217796:4 end" },
	{ .name = "a discarded event is passed over", .words = { EV(PAD, 2), 8, 0, EV(1, 4), 7 }, .bytes = 20,
	  .want = "6:4 end" },
	{ .name = "padding without a time fills the page", .words = { EV(1, 4), 7, EV(PAD, 0), 0, EV(1, 4), 7 }, .bytes = 24,
	  .want = "4:4 end" },
	{ .name = "lost records, counted", .flags = MISSED | STORED, .words = { EV(1, 1), 7, 33, 0 }, .bytes = 8,
	  .want = "1:4!33 end" },
	{ .name = "lost records, not counted", .flags = MISSED, .words = { EV(1, 1), 7, EV(1, 1), 7 }, .bytes = 16,
	  .want = "1:4!4294967295 2:4 end" },
	{ .name = "a page longer than a page yields what there is", .bytes = PAGE - 15, .words = { EV(1, 1), 7, EV(1, 1), 7 },
	  .want = "1:4 2:4 damaged" },
	{ .name = "a page shorter than its events, too", .bytes = 8, .words = { EV(1, 1), 7, EV(1, 1), 7 },
	  .want = "1:4 2:4 damaged" },
	{ .name = "lost records, the flags with their sign", .flags = MISSED | STORED | 0xffffffffULL << 32,
	  .words = { EV(1, 1), 7, 33, 0 }, .bytes = 8, .want = "1:4!33 end" },
	{ .name = "a bit above the length that is no flag", .flags = 1ULL << 45, .words = { EV(1, 1), 7 }, .bytes = 8,
	  .want = "1:4 damaged" },
	{ .name = "lost records, more than can be", .flags = MISSED | STORED, .words = { EV(1, 1), 7, ~0u, ~0u }, .bytes = 8,
	  .want = "1:4!4294967295 end" },
	{ .name = "a page of zeros", .zero_time = true, .want = "damaged" },
	{ .name = "an event longer than its page", .words = { EV(1, 1), 7, EV(9, 1) }, .bytes = 12, .want = "1:4 damaged" },
	{ .name = "a carried length beyond the page", .words = { EV(0, 1), 0xfffffff0 }, .bytes = 8, .want = "damaged" },
	{ .name = "a carried length below its own", .words = { EV(0, 1), 3, 0 }, .bytes = 12, .want = "damaged" },
	{ .name = "a discarded event beyond the page", .words = { EV(PAD, 1), 0xfffffffc }, .bytes = 8, .want = "damaged" },
	{ .name = "half an event's head", .words = { EV(1, 1), 7, EV(1, 1) }, .bytes = 12, .want = "1:4 damaged" },
	{ .name = "a length that is no multiple of four", .words = { EV(1, 1), 7, 0 }, .bytes = 10, .want = "1:4 damaged" },
	{ .name = "half a time extend", .words = { EV(EXTEND, 1) }, .bytes = 4, .want = "damaged" },
};

enum { LITTLE64, LITTLE32, BIG64, BIG32, NR_HOSTS };

static void put(uint8_t *to, uint64_t v, unsigned int len, bool big)
{
	for (unsigned int i = 0; i < len; i++)
		to[i] = v >> 8 * (big ? len - 1 - i : i);
}

/* The 5 bits of type stand at the other end of a big-endian word. */
static uint32_t event_word(uint32_t v, bool big)
{
	return big ? v >> 5 | v << 27 : v;
}

static void make_page(uint8_t *page, const typeof(rows[0]) *row, unsigned int host)
{
	bool big = host >= BIG64;
	unsigned int word = host & 1 ? 4 : 8, at = 8 + word, data = 0;

	put(page, row->zero_time ? 0 : BASE, 8, big);
	put(page + 8, row->bytes | row->flags, word, big);
	for (size_t i = 0; i < ARRAY_SIZE(row->words); i++, at += 4) {
		uint32_t v = row->words[i];
		bool head = !data && 4 * i < PAGE - 16;

		put(page + at, head ? event_word(v, big) : v, 4, big);
		if (!head)
			data--;
		else if (v)
			data = (v & 31) == 0 ? (row->words[i + 1] + 3) / 4 : (v & 31) < PAD ? v & 31 :
			       (v & 31) == PAD ? row->words[i + 1] / 4 : 1;
	}
}

static void run(const typeof(rows[0]) *row, unsigned int host)
{
	char path[] = "/tmp/mmulab-stream-XXXXXX", got[256] = "", one[64];
	struct dat_buffer buffer = { .page_size = PAGE };
	struct dat d = { .path = path, .file = { .fd = mkstemp(path), .size = PAGE }, .page_size = PAGE,
			 .buffers = &buffer, .nr_buffers = 1, .long_size = host & 1 ? 4 : 8, .big_endian = host >= BIG64 };
	const struct dat_cpu cpu = { .size = PAGE, .limit = PAGE };
	uint8_t page[PAGE] = { 0 };
	struct dat_stream s;
	struct dat_record *rec;
	struct err e;
	int ret;

	d.swap = d.big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	make_page(page, row, host);
	assert_int_equal(write(d.file.fd, page, PAGE), PAGE);
	dat_stream_open(&d, &cpu, &s);
	while ((ret = dat_stream_next(&s, &rec, &e)) > 0) {
		snprintf(one, sizeof(one), rec->missed ? "%llu:%u!%u " : "%llu:%u ",
			 (unsigned long long)(rec->ts - BASE), rec->size, rec->missed);
		strcat(got, one);
	}
	strcat(got, ret || d.nr_notes ? "damaged" : "end");
	dat_stream_close(&s);
	for (size_t i = 0; i < d.nr_notes; i++)
		free(d.notes[i].what);
	free(d.notes);
	close(d.file.fd);
	unlink(path);
	assert_string_equal(got, row->want);
}

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;

	run(row, LITTLE64);
	/* What is lost is counted in words of the host: those rows are of 64-bit little-endian ones. */
	for (unsigned int host = LITTLE64; host < NR_HOSTS && !row->flags; host++)
		run(row, host);
}

int main(void)
{
	return table_run("dat_stream", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
