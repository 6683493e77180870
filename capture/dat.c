// SPDX-License-Identifier: GPL-2.0-or-later
/* What versions 6 and 7 of trace.dat have in common, and the way in and out. */
#include "capture/dat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "capture/formats.h"
#include "capture/source.h"

#define PAGE_SIZE_MAX	(1u << 20)

static const uint8_t magic[10] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };

bool dat_magic(const uint8_t *p, size_t len)
{
	return len >= sizeof(magic) && !memcmp(p, magic, sizeof(magic));
}

void dat_note(struct dat *d, uint32_t cpu, uint64_t n, const char *what)
{
	for (size_t i = 0; i < d->nr_notes; i++)
		if (d->notes[i].cpu == cpu && !strcmp(d->notes[i].what, what)) {
			d->notes[i].n += n;
			return;
		}
	d->notes = xreallocarray(d->notes, d->nr_notes + 1, sizeof(*d->notes));
	d->notes[d->nr_notes++] = (struct dat_note){ cpu, xstrdup(what), n };
}

/* --- bytes --------------------------------------------------------------------------- */

struct bytes bytes_of(const struct dat *d, const void *p, uint64_t len)
{
	return bytes_part(p, len, d->swap);
}

/* --- parts of the head ------------------------------------------------------------------ */

struct page_head {
	uint32_t commit_at, data_at, data_size;
};

static void page_line(void *arg, const char *name, size_t len, const struct source_field *at)
{
	struct page_head *h = arg;

	if (len == 6 && !memcmp(name, "commit", 6))
		h->commit_at = at->offset;
	if (len == 4 && !memcmp(name, "data", 4)) {
		h->data_at = at->offset;
		h->data_size = at->size;
	}
}

/* "header_page": time, commit, data.  Only the size of the data differs between hosts of one word size. */
static void read_header_page(struct dat *d, const uint8_t *text, uint64_t len)
{
	struct page_head h = { 0 };
	uint32_t size;

	format_lines((const char *)text, len, false, page_line, &h);
	size = h.data_at + h.data_size;
	if (h.commit_at != 8 || h.data_at != 8 + d->long_size || size & (size - 1) || size < 1024 ||
	    size > PAGE_SIZE_MAX)
		dat_note(d, SOURCE_NO_CPU, 1, "its header_page is not one of a kernel of its word size");
	else
		d->sub_page_size = size;
}

bool dat_read_headers(struct dat *d, struct bytes *b)
{
	static const char *const names[] = { "header_page", "header_event" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = bytes_str(b);
		uint64_t len = bytes_u64(b);
		const uint8_t *text = bytes_skip(b, len);

		if (!text) {
			dat_note(d, SOURCE_NO_CPU, 1, "the description of its pages is damaged");
			return false;
		}
		if (strcmp(name, names[i]))
			dat_note(d, SOURCE_NO_CPU, 1, "the description of its pages is damaged");
		else if (!i)
			read_header_page(d, text, len);
	}
	return true;
}

static void add_format(struct dat *d, const char *system, const uint8_t *text, uint64_t len)
{
	if (!(d->nr_formats & (d->nr_formats + 1)))	/* at 0, 1, 3, 7, ... */
		d->formats = xreallocarray(d->formats, 2 * d->nr_formats + 2, sizeof(*d->formats));
	d->formats[d->nr_formats++] = (struct dat_format){ system, (const char *)text, len };
}

static bool read_system(struct dat *d, struct bytes *b, const char *system)
{
	uint32_t nr = bytes_u32(b);

	for (uint32_t i = 0; i < nr && !b->bad; i++) {
		uint64_t len = bytes_u64(b);
		const uint8_t *text = bytes_skip(b, len);

		if (text)
			add_format(d, system, text, len);
	}
	if (b->bad)
		dat_note(d, SOURCE_NO_CPU, 1, "the formats of its events end early");
	return !b->bad;
}

bool dat_read_ftrace(struct dat *d, struct bytes *b)
{
	return read_system(d, b, "ftrace");
}

bool dat_read_formats(struct dat *d, struct bytes *b)
{
	uint32_t systems = bytes_u32(b);

	for (uint32_t i = 0; i < systems; i++) {
		const char *system = bytes_str(b);

		if (!read_system(d, b, system ? system : ""))
			return false;
	}
	return true;
}

bool dat_read_cmdlines(struct dat *d, struct bytes *b)
{
	uint64_t len = bytes_u64(b);
	const uint8_t *text = bytes_skip(b, len);

	if (!text) {
		dat_note(d, SOURCE_NO_CPU, 1, "its list of threads ends early");
		return false;
	}
	d->cmdlines = (const char *)text;
	d->cmdlines_len = len;
	return true;
}

uint32_t dat_add_buffer(struct dat *d, const char *name, const char *clock, uint32_t page_size)
{
	d->buffers = xreallocarray(d->buffers, d->nr_buffers + 1, sizeof(*d->buffers));
	d->buffers[d->nr_buffers] = (struct dat_buffer){ xstrdup(name), xstrdup(clock), page_size };
	return d->nr_buffers++;
}

void dat_add_cpu(struct dat *d, const struct dat_cpu *cpu)
{
	if (!cpu->size)
		return;
	if (cpu->cpu > SOURCE_CPU_MAX) {
		dat_note(d, SOURCE_NO_CPU, 1, "data of a CPU whose number is none");
		return;
	}
	d->cpus = xreallocarray(d->cpus, d->nr_cpus + 1, sizeof(*d->cpus));
	d->cpus[d->nr_cpus++] = *cpu;
}

/* --- the way in and out -------------------------------------------------------------------- */

static bool good_page_size(uint32_t size)
{
	return size >= 64 && size <= PAGE_SIZE_MAX && !(size & (size - 1));
}

/* Version, byte order, word and page size: without them nothing can be read. */
static int read_start(struct dat *d, struct bytes *b, struct err *e)
{
	const uint8_t *endian, *word;
	const char *version;
	bool big_host = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	if (!dat_magic(d->file.p, d->file.size))
		return err_set(e, ERR_INPUT, "%s: not a trace.dat", d->path);
	bytes_skip(b, sizeof(magic));
	version = bytes_str(b);
	endian = bytes_skip(b, 1);
	word = bytes_skip(b, 1);
	d->big_endian = endian && *endian;
	b->swap = d->swap = d->big_endian != big_host;
	d->page_size = bytes_u32(b);
	if (b->bad || !endian || !word)
		return err_set(e, ERR_INPUT, "%s: it ends within its head; copy or record it again", d->path);
	if (strcmp(version, "6") && strcmp(version, "7"))
		return err_set(e, ERR_INPUT, "%s: trace.dat version %.8s; versions 6 and 7 can be read",
			       d->path, version);
	d->version = *version - '0';
	d->long_size = *word;
	if (*endian > 1 || (d->long_size != 4 && d->long_size != 8) || !good_page_size(d->page_size))
		return err_set(e, ERR_INPUT, "%s: its head is damaged (byte order %u, %u bytes per word, %u per page); "
			       "copy or record it again", d->path, *endian, d->long_size, d->page_size);
	return 0;
}

/* Sub-buffers larger than a page (6.8 on): trace-cmd before 3.2.1 wrote the page's size all the same. */
static void settle_page_sizes(struct dat *d)
{
	for (size_t i = 0; i < d->nr_buffers; i++) {
		struct dat_buffer *b = &d->buffers[i];

		if (!good_page_size(b->page_size)) {
			dat_note(d, SOURCE_NO_CPU, 1, "the page size of a buffer is none");
			b->page_size = d->page_size;
		}
		if (d->sub_page_size > b->page_size && b->page_size == d->page_size && !*b->name)
			b->page_size = d->sub_page_size;
	}
}

/* Nothing in it says by what it was compressed, neither the name nor the data. */
static int refuse_pack(const struct dat *d, struct err *e)
{
	size_t plain = strspn(d->pack_name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return err_set(e, ERR_INPUT, "%s: compressed by '%.*s'; zstd, zlib and none can be read: `trace-cmd convert "
		       "--compression zstd -i OLD -o NEW` makes it one of them", d->path, (int)min_u64(plain, 20), d->pack_name);
}

static int read_all(struct dat *d, struct err *e)
{
	struct bytes b = bytes_of(d, d->file.p, d->file.size);
	int ret = read_start(d, &b, e);

	if (ret)
		return ret;
	if (d->version == 6)
		dat_read_v6(d, &b);
	else
		dat_read_v7(d, &b);
	if (d->pack == DAT_PACK_UNKNOWN && d->packed_unread)
		return refuse_pack(d, e);
	settle_page_sizes(d);
	dat_place_cpus(d);
	if (!d->text && (!d->nr_buffers || (!d->nr_cpus && d->nr_notes)))
		return err_set(e, ERR_INPUT, "%s: no ring buffer is left in it, it is damaged or cut short, or the "
			       "recording was not finished; copy or record it again", d->path);
	return 0;
}

int dat_open(const char *path, struct dat **out, struct err *e)
{
	struct dat *d = xcalloc(1, sizeof(*d));
	int ret;

	d->path = xstrdup(path);
	ret = mapping_open(path, &d->file, e);
	if (!ret)
		ret = read_all(d, e);
	if (ret) {
		dat_close(d);
		return ret;
	}
	*out = d;
	return 0;
}

static void free_lists(struct dat *d)
{
	for (size_t i = 0; i < d->nr_owned; i++)
		free(d->owned[i]);
	for (size_t i = 0; i < d->nr_stats; i++)
		free(d->stats[i].buffer);
	for (size_t i = 0; i < d->nr_notes; i++)
		free(d->notes[i].what);
	for (size_t i = 0; i < d->nr_guests; i++)
		free(d->guests[i].name);
	for (uint32_t i = 0; i < d->clock.nr_sync; i++)
		free(d->clock.sync[i].v);
	for (size_t i = 0; i < d->nr_buffers; i++) {
		free(d->buffers[i].name);
		free(d->buffers[i].clock);
	}
}

void dat_close(struct dat *d)
{
	if (!d)
		return;
	mapping_close(&d->file);
	free_lists(d);
	ZSTD_freeDCtx(d->zstd);
	free(d->owned);
	free(d->stats);
	free(d->notes);
	free(d->guests);
	free(d->clock.sync);
	free(d->buffers);
	free(d->cpus);
	free(d->formats);
	free(d->stat_buffer);
	free(d->uname);
	free(d->clock_name);
	free(d->path);
	free(d);
}
