// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace.dat version 7: sections, each with a header, found through a chain of
 * option sections; a section may be one zstd frame behind its two lengths.
 */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/alloc.h"
#include "capture/dat.h"

#define SECTION_COMPRESSED	1
#define SECTION_BYTES_MAX	(1u << 30)	/* nothing recorded comes near; a damaged length may */

struct section {
	unsigned int id, flags;
	struct bytes body;
};

static int unpack(struct dat *d, struct bytes *body, unsigned int id, struct err *e)
{
	uint32_t packed = bytes_u32(body), len = bytes_u32(body);
	const uint8_t *p = bytes_skip(body, packed);
	void *text;
	size_t got;

	if (!p || len > SECTION_BYTES_MAX)
		return dat_damaged(d, e, "section %u ends early", id);
	text = xmalloc(len);
	got = ZSTD_decompress(text, len, p, packed);
	d->owned = xreallocarray(d->owned, d->nr_owned + 1, sizeof(*d->owned));
	d->owned[d->nr_owned++] = text;
	if (ZSTD_isError(got) || got != len)
		return dat_damaged(d, e, "section %u cannot be decompressed", id);
	*body = bytes_of(text, len);
	return 0;
}

static int section_at(struct dat *d, uint64_t offset, struct section *s, struct err *e)
{
	struct bytes b;
	const uint8_t *body;
	uint64_t len;

	if (offset >= d->size)
		return dat_damaged(d, e, "a section at byte %llu lies beyond the end of the file",
				   (unsigned long long)offset);
	b = bytes_of(d->map + offset, d->size - offset);
	s->id = bytes_u16(&b);
	s->flags = bytes_u16(&b);
	bytes_u32(&b);		/* where its description is */
	len = bytes_u64(&b);
	body = bytes_skip(&b, len);
	if (!body)
		return dat_damaged(d, e, "the section at byte %llu ends early", (unsigned long long)offset);
	s->body = bytes_of(body, len);
	return 0;
}

/* The section an option of the same number points to, decompressed. */
static int option_section(struct dat *d, unsigned int id, struct bytes *option, struct section *s, struct err *e)
{
	int ret = section_at(d, bytes_u64(option), s, e);

	if (ret)
		return ret;
	if (s->id != id)
		return dat_damaged(d, e, "section %u is not where it should be", id);
	return s->flags & SECTION_COMPRESSED ? unpack(d, &s->body, id, e) : 0;
}

static int read_buffer(struct dat *d, struct bytes *o, struct err *e)
{
	struct section s;
	int ret = section_at(d, bytes_u64(o), &s, e);
	const char *name = bytes_str(o), *clock = bytes_str(o);
	uint32_t page_size = bytes_u32(o), nr = bytes_u32(o), buffer;

	if (ret)
		return ret;
	if (o->bad || s.id != DAT_BUFFER)
		return dat_damaged(d, e, "the description of a buffer ends early");
	if (page_size != d->page_size)
		return dat_damaged(d, e, "buffer %s has pages of %u bytes, the file says %u", name, page_size,
				   d->page_size);
	buffer = dat_add_buffer(d, name, clock);
	for (uint32_t i = 0; i < nr; i++) {
		struct dat_cpu cpu = { .buffer = buffer, .compressed = s.flags & SECTION_COMPRESSED };

		cpu.cpu = bytes_u32(o);
		cpu.offset = bytes_u64(o);
		cpu.size = bytes_u64(o);
		if (o->bad)
			return dat_damaged(d, e, "the table of its CPUs' data ends early");
		ret = dat_add_cpu(d, &cpu, e);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_option(struct dat *d, unsigned int id, struct bytes *o, struct err *e)
{
	static const struct {
		unsigned int id;
		int (*read)(struct dat *d, struct bytes *b, struct err *e);
	} sections[] = {
		{ DAT_HEADER_INFO,	dat_read_headers },
		{ DAT_FTRACE_EVENTS,	dat_read_ftrace },
		{ DAT_EVENT_FORMATS,	dat_read_formats },
		{ DAT_CMDLINES,		dat_read_cmdlines },
	};
	struct section s;

	if (id == DAT_BUFFER)
		return read_buffer(d, o, e);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		int ret;

		if (sections[i].id != id)
			continue;
		ret = option_section(d, id, o, &s, e);
		return ret ? ret : sections[i].read(d, &s.body, e);
	}
	if (id == DAT_KALLSYMS)
		d->kallsyms_at = bytes_u64(o);
	else
		dat_option(d, id, o->p, o->end - o->p);
	return 0;
}

/* Options up to DONE, which holds the offset of the next option section. */
static int read_options(struct dat *d, struct bytes *b, uint64_t *next, struct err *e)
{
	for (;;) {
		unsigned int id = bytes_u16(b);
		uint32_t len = bytes_u32(b);
		const uint8_t *body = bytes_skip(b, len);
		struct bytes o;
		int ret;

		if (!body)
			return dat_damaged(d, e, "its options end early");
		o = bytes_of(body, len);
		if (id == DAT_DONE) {
			*next = bytes_u64(&o);
			return o.bad ? dat_damaged(d, e, "its options end early") : 0;
		}
		ret = read_option(d, id, &o, e);
		if (ret)
			return ret;
	}
}

/* Behind the last options stand whole sections (descriptions) or nothing. */
static int check_tail(struct dat *d, uint64_t at, struct err *e)
{
	while (at < d->size) {
		struct section s;
		int ret = section_at(d, at, &s, e);

		if (ret)
			return ret;
		at = s.body.end - d->map;
	}
	return 0;
}

int dat_read_v7(struct dat *d, struct bytes *b, struct err *e)
{
	const char *algorithm = bytes_str(b), *version = bytes_str(b);
	uint64_t at = bytes_u64(b), end = 0;

	if (b->bad || !version)
		return dat_damaged(d, e, "it ends within its head");
	if (strcmp(algorithm, "zstd") && strcmp(algorithm, "none"))
		return err_set(e, ERR_INPUT, "%s: compressed with %.16s; \"trace-cmd convert --compression zstd\" makes it "
			       "readable", d->path, algorithm);
	for (unsigned int links = 0; at; links++) {
		struct section s;
		int ret = section_at(d, at, &s, e);

		if (ret)
			return ret;
		if (s.id != DAT_DONE || links > 4096)
			return dat_damaged(d, e, "the chain of its options is broken");
		end = s.body.end - d->map;
		ret = s.flags & SECTION_COMPRESSED ? unpack(d, &s.body, s.id, e) : 0;
		if (!ret)
			ret = read_options(d, &s.body, &at, e);
		if (ret)
			return ret;
	}
	if (end && check_tail(d, end, e))
		return -ERR_INPUT;
	if (!d->nr_buffers)
		return dat_damaged(d, e, "there is no buffer in it: the recording was not finished");
	return 0;
}
