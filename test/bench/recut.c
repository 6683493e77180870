// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes another recording of a recorded one: shorter, or many times as long,
 * in another version or compression.
 *
 *	recut [-s SKIP] [-p PAGES] [-n TIMES] [-7 none|zstd|zlib] IN -o OUT
 *
 * IN is what "trace-cmd convert --file-version 6" makes of any trace.dat with
 * one buffer.  OUT is of version 6, or with -7 of version 7.  Of every CPU, -s
 * leaves out the first pages and -p takes so many; -n writes all of them again
 * and again, each time a span later.  Formats of events that do not occur and
 * the symbol tables stay behind; the counts the kernel gave of each CPU become
 * those of the new file.  Prints its records, the most in one page,
 * and from which to which byte the pages are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/bench/datout.h"
#include "test/bench/rec6.h"

#define PAGE		4096
#define PAGE_HEAD	16
#define TIME_MSB	(0xf8ULL << 56)
#define ABSOLUTE_MAX	(1ULL << 59)
#define OPTION_CPUSTAT	2
#define GAP_NS		1000000

struct count {
	uint64_t *per_cpu;		/* records of one round */
	uint64_t  first_ns, last_ns;
	uint32_t  most;			/* in one page */
};

static void take_pages(struct rec6 *r, uint64_t skip, uint64_t pages)
{
	for (uint32_t i = 0; i < r->nr_cpus; i++) {
		struct rec6_blob *b = &r->cpus[i];
		uint64_t left = b->len / PAGE, from = skip < left ? skip : left;

		left -= from;
		b->p += from * PAGE;
		b->len = (pages && pages < left ? pages : left) * PAGE;
	}
}

static void mark(struct rec6 *r, unsigned int id)
{
	for (size_t i = 0; i < r->nr_formats; i++)
		r->formats[i].used |= r->formats[i].id == id;
}

static uint64_t page_end_ns(const uint8_t *page)
{
	const uint8_t *end = page + PAGE_HEAD + rec6_page_used(page);
	uint64_t ns = rec6_u64(page);
	struct rec6_event ev;

	for (uint8_t *p = (uint8_t *)page + PAGE_HEAD; p < end; p = ev.next) {
		uint32_t head = rec6_u32(p);

		ev = rec6_event_at(p, end);
		if (ev.absolute)
			ns = ev.absolute | (ns & TIME_MSB);
		else if ((head & 31) == 30)
			ns += (head >> 5) + ((uint64_t)rec6_u32(p + 4) << 27);
		else
			ns += head >> 5;
	}
	return ns;
}

static void count_page(struct rec6 *r, const uint8_t *page, uint8_t *seen, uint64_t *cpu, struct count *c)
{
	const uint8_t *end = page + PAGE_HEAD + rec6_page_used(page);
	struct rec6_event ev;
	uint32_t n = 0;

	for (uint8_t *p = (uint8_t *)page + PAGE_HEAD; p < end; p = ev.next) {
		ev = rec6_event_at(p, end);
		if (!ev.data)
			continue;
		n++;
		if (!seen[ev.id])
			mark(r, ev.id);
		seen[ev.id] = 1;
	}
	*cpu += n;
	if (n > c->most)
		c->most = n;
}

static void count_all(struct rec6 *r, struct count *c)
{
	uint8_t *seen = calloc(1, 65536);

	*c = (struct count){ .per_cpu = calloc(r->nr_cpus, sizeof(uint64_t)), .first_ns = UINT64_MAX };
	for (uint32_t i = 0; i < r->nr_cpus; i++) {
		const struct rec6_blob *b = &r->cpus[i];

		for (uint64_t at = 0; at < b->len; at += PAGE)
			count_page(r, b->p + at, seen, &c->per_cpu[i], c);
		if (!b->len)
			continue;
		if (rec6_u64(b->p) < c->first_ns)
			c->first_ns = rec6_u64(b->p);
		if (page_end_ns(b->p + b->len - PAGE) > c->last_ns)
			c->last_ns = page_end_ns(b->p + b->len - PAGE);
	}
	free(seen);
}

/* "CPU: N\n...read events: M\n": M becomes what the new file holds. */
static void restate(struct rec6 *r, const struct count *c, uint64_t times)
{
	for (size_t i = 0; i < r->nr_options; i++) {
		struct rec6_blob *b = &r->options[i].body;
		const char *read = r->options[i].id == OPTION_CPUSTAT ?
				   memmem(b->p, b->len, "read events: ", 13) : NULL;
		unsigned int cpu;
		char *text;

		if (!read || sscanf((const char *)b->p, "CPU: %u", &cpu) != 1 || cpu >= r->nr_cpus)
			continue;
		b->len = asprintf(&text, "%.*s%llu\n", (int)(read + 13 - (const char *)b->p), (const char *)b->p,
				  (unsigned long long)(c->per_cpu[cpu] * times)) + 1;
		b->p = (uint8_t *)text;
	}
}

/* The page @by ns later. */
static void later(uint8_t *page, uint64_t by)
{
	const uint8_t *end = page + PAGE_HEAD + rec6_page_used(page);
	uint64_t ns = rec6_u64(page) + by;
	struct rec6_event ev;

	memcpy(page, &ns, 8);
	for (uint8_t *p = page + PAGE_HEAD; p < end; p = ev.next) {
		ev = rec6_event_at(p, end);
		if (ev.absolute) {
			uint64_t at = (ev.absolute + by) & (ABSOLUTE_MAX - 1);
			uint32_t words[2] = { 31 | (uint32_t)(at & ((1u << 27) - 1)) << 5, at >> 27 };

			memcpy(p, words, sizeof(words));
		}
	}
}

static void write_all(struct rec6 *r, const struct count *c, uint64_t times, struct datout *d)
{
	uint64_t span = c->last_ns - c->first_ns + GAP_NS;
	uint8_t page[PAGE];

	for (uint32_t i = 0; i < r->nr_cpus; i++) {
		datout_cpu(d);
		for (uint64_t n = 0; n < times; n++) {
			for (uint64_t at = 0; at < r->cpus[i].len; at += PAGE) {
				memcpy(page, r->cpus[i].p + at, PAGE);
				if (n)
					later(page, n * span);
				datout_pages(d, page, 1);
			}
		}
	}
}

static int codec_of(const char *name)
{
	static const char *const names[] = { "none", "zstd", "zlib" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

int main(int argc, char **argv)
{
	uint64_t skip = 0, pages = 0, times = 1, records = 0, from, to;
	int opt, version = 6, codec = 0;
	const char *out = NULL;
	struct datout *d;
	struct count c;
	struct rec6 r;

	while ((opt = getopt(argc, argv, "s:p:n:7:o:")) != -1) {
		if (opt == 's')
			skip = strtoull(optarg, NULL, 0);
		else if (opt == 'p')
			pages = strtoull(optarg, NULL, 0);
		else if (opt == 'n')
			times = strtoull(optarg, NULL, 0);
		else if (opt == '7' && (codec = codec_of(optarg)) >= 0)
			version = 7;
		else if (opt == 'o')
			out = optarg;
		else
			return 2;
	}
	if (optind != argc - 1 || !out || !times) {
		fputs("usage: recut [-s SKIP] [-p PAGES] [-n TIMES] [-7 none|zstd|zlib] IN.v6 -o OUT\n", stderr);
		return 2;
	}
	rec6_open(&r, argv[optind]);
	if (r.page_size != PAGE) {
		fputs("recut: only pages of 4096 bytes\n", stderr);
		return 3;
	}
	take_pages(&r, skip, pages);
	count_all(&r, &c);
	restate(&r, &c, times);
	d = datout_open(out, &r, version, codec);
	write_all(&r, &c, times, d);
	from = datout_begin(d);
	to = datout_close(d);
	for (uint32_t i = 0; i < r.nr_cpus; i++)
		records += c.per_cpu[i] * times;
	printf("%llu records, at most %u in a page, data at %llu .. %llu\n", (unsigned long long)records, c.most,
	       (unsigned long long)from, (unsigned long long)to);
	return 0;
}
