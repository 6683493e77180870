// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace.dat version 7: sections, each with a header, found through a chain of
 * option sections; a section may be compressed, behind its two lengths.  Since
 * they stand one behind the other, they are walked from the front as well:
 * that finds what the chain, whose last link is written last, does not tell.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/dat.h"
#include "capture/source.h"

#define SECTION_COMPRESSED	1u
#define SECTION_HEAD		16
#define SECTION_BYTES_MAX	(256u << 20)	/* nothing recorded comes near; a damaged length may */
#define LINKS_MAX		256

struct section {
	unsigned int id, flags;
	uint64_t     end;		/* as its header has it; may lie beyond the file */
	struct bytes body;		/* what of it is in the file */
};

struct walk {				/* what was found of a file so far */
	struct dat *d;
	uint32_t    seen;		/* bit per section of which there is one */
	uint64_t    links[LINKS_MAX];	/* option sections that were read */
	size_t	    nr_links;
	uint64_t    buffers[LINKS_MAX];	/* buffer sections an option told of */
	size_t	    nr_buffers;
	uint64_t    starts[LINKS_MAX];	/* of any section an option told of */
	size_t	    nr_starts;
};

static void remember(uint64_t *list, size_t *nr, uint64_t v)
{
	if (*nr < LINKS_MAX)
		list[(*nr)++] = v;
}

static bool is_in(const uint64_t *list, size_t nr, uint64_t v)
{
	while (nr-- > 0)
		if (list[nr] == v)
			return true;
	return false;
}

static bool section_at(const struct dat *d, uint64_t offset, struct section *s)
{
	struct bytes b;
	uint64_t len;

	if (offset >= d->file.size)
		return false;
	b = bytes_of(d, d->file.p + offset, d->file.size - offset);
	s->id = bytes_u16(&b);
	s->flags = bytes_u16(&b);
	bytes_u32(&b);		/* where its description is */
	len = bytes_u64(&b);
	if (b.bad || s->id >= DAT_OPTIONS_END || s->flags & ~SECTION_COMPRESSED || len > (1ULL << 62))
		return false;
	s->end = offset + SECTION_HEAD + len;
	s->body = bytes_of(d, b.p, min_u64(len, b.end - b.p));
	return true;
}

/* Leaves in @body what could be decompressed. */
static void unpack(struct dat *d, struct bytes *body)
{
	uint32_t packed = bytes_u32(body), len = bytes_u32(body);
	uint64_t left = body->end - body->p;
	size_t got = 0;
	void *text = NULL;

	if (!body->bad && len <= SECTION_BYTES_MAX) {
		text = xmalloc(len);
		got = dat_unpack_part(d, text, len, body->p, min_u64(packed, left));
		d->owned = xreallocarray(d->owned, d->nr_owned + 1, sizeof(*d->owned));
		d->owned[d->nr_owned++] = text;
	}
	if (!got || got != len)
		dat_note(d, SOURCE_NO_CPU, 1, "sections that cannot be decompressed to their end");
	*body = bytes_of(d, text, got);
}

static void take_text(struct dat *d, struct section *s)
{
	uint32_t nr;

	if (!(s->flags & SECTION_COMPRESSED)) {
		d->text = (const char *)s->body.p;
		d->text_len = s->body.end - s->body.p;
		return;
	}
	nr = bytes_u32(&s->body);
	for (uint32_t i = 0; i < nr && !s->body.bad; i++) {
		struct bytes chunk = s->body;
		char *all;

		bytes_skip(&s->body, bytes_u32(&s->body) + 4ULL);
		unpack(d, &chunk);
		all = xmalloc(d->text_len + (chunk.end - chunk.p) + 1);
		memcpy(all, d->text ? d->text : "", d->text_len);
		memcpy(all + d->text_len, chunk.p, chunk.end - chunk.p);
		d->text_len += chunk.end - chunk.p;
		d->text = all;
		d->owned = xreallocarray(d->owned, d->nr_owned + 1, sizeof(*d->owned));
		d->owned[d->nr_owned++] = all;
	}
}

/* A section of the head, of which there is one each. */
static void take_section(struct walk *w, uint64_t at, struct section *s)
{
	static const struct {
		unsigned int id;
		bool (*read)(struct dat *d, struct bytes *b);
	} sections[] = {
		{ DAT_HEADER_INFO,	dat_read_headers },
		{ DAT_FTRACE_EVENTS,	dat_read_ftrace },
		{ DAT_EVENT_FORMATS,	dat_read_formats },
		{ DAT_CMDLINES,		dat_read_cmdlines },
	};

	if (w->seen & 1u << s->id)
		return;
	w->seen |= 1u << s->id;
	if (s->id == DAT_KALLSYMS)
		w->d->kallsyms_at = at;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		if (sections[i].id != s->id)
			continue;
		if (s->flags & SECTION_COMPRESSED)
			unpack(w->d, &s->body);
		sections[i].read(w->d, &s->body);
	}
}

/* The section an option of the same number points to. */
static void option_section(struct walk *w, unsigned int id, struct bytes *o)
{
	uint64_t at = bytes_u64(o);
	struct section s;

	remember(w->starts, &w->nr_starts, at);
	if (section_at(w->d, at, &s) && s.id == id)
		take_section(w, at, &s);
	else
		dat_note(w->d, SOURCE_NO_CPU, 1, "sections that are not where the options have them");
}

static void read_cpus(struct dat *d, struct bytes *o, uint32_t buffer, bool compressed, uint64_t limit)
{
	uint32_t nr = bytes_u32(o);

	if (nr > SOURCE_CPU_MAX || (uint64_t)nr * 20 > (uint64_t)(o->end - o->p))
		dat_note(d, SOURCE_NO_CPU, 1, "the table of a buffer's CPUs ends early");
	for (uint32_t i = 0; i < nr && !o->bad && o->end - o->p >= 20; i++) {
		struct dat_cpu cpu = { .buffer = buffer, .compressed = compressed, .limit = limit };

		cpu.cpu = bytes_u32(o);
		cpu.offset = bytes_u64(o);
		cpu.size = bytes_u64(o);
		dat_add_cpu(d, &cpu);
	}
}

static void read_buffer(struct walk *w, struct bytes *o)
{
	uint64_t at = bytes_u64(o);
	const char *name = bytes_str(o), *clock = bytes_str(o);
	uint32_t page_size = bytes_u32(o);
	struct dat *d = w->d;
	struct section s;
	bool found = section_at(d, at, &s) && s.id == DAT_BUFFER;

	remember(w->starts, &w->nr_starts, at);
	remember(w->buffers, &w->nr_buffers, at);
	if (o->bad) {
		dat_note(d, SOURCE_NO_CPU, 1, "the description of a buffer ends early");
		return;
	}
	if (!found)
		dat_note(d, SOURCE_NO_CPU, 1, "sections that are not where the options have them");
	read_cpus(d, o, dat_add_buffer(d, name, clock, page_size),
		  found ? s.flags & SECTION_COMPRESSED : d->pack != DAT_PACK_NONE,
		  found ? min_u64(s.end, d->file.size) : d->file.size);
}

static void read_text_buffer(struct walk *w, struct bytes *o)
{
	uint64_t at = bytes_u64(o);
	struct section s;

	remember(w->starts, &w->nr_starts, at);
	if (section_at(w->d, at, &s) && s.id == DAT_BUFFER_TEXT)
		take_text(w->d, &s);
}

static void read_option(struct walk *w, unsigned int id, struct bytes *o)
{
	switch (id) {
	case DAT_BUFFER:
		read_buffer(w, o);
		break;
	case DAT_BUFFER_TEXT:
		read_text_buffer(w, o);
		break;
	case DAT_HEADER_INFO ... DAT_CMDLINES:
		option_section(w, id, o);
		break;
	default:
		dat_option(w->d, id, o->p, o->end - o->p);
	}
}

/* Options up to DONE, which holds the offset of the next option section; 0: it is the last. */
static uint64_t read_options(struct walk *w, struct section *s)
{
	struct dat *d = w->d;
	struct bytes *b = &s->body;

	if (s->flags & SECTION_COMPRESSED)
		unpack(d, b);
	for (;;) {
		unsigned int id = bytes_u16(b);
		uint32_t len = bytes_u32(b);
		const uint8_t *body = bytes_skip(b, len);
		struct bytes o;

		if (!body) {
			dat_note(d, SOURCE_NO_CPU, 1, "options that end early");
			return 0;
		}
		o = bytes_of(d, body, len);
		if (id == DAT_DONE)
			return bytes_u64(&o);
		read_option(w, id, &o);
	}
}

/* From one option section to the next. */
static void follow(struct walk *w, uint64_t at)
{
	while (at) {
		struct section s;

		if (is_in(w->links, w->nr_links, at) || w->nr_links == LINKS_MAX || !section_at(w->d, at, &s) ||
		    s.id != DAT_DONE) {
			dat_note(w->d, SOURCE_NO_CPU, 1, "the chain of its options is broken");
			return;
		}
		remember(w->links, &w->nr_links, at);
		remember(w->starts, &w->nr_starts, at);
		at = read_options(w, &s);
	}
}

/* The first section behind @at that an option told of; the end of the file if there is none. */
static uint64_t next_start(const struct walk *w, uint64_t at)
{
	uint64_t next = w->d->file.size;

	for (size_t i = 0; i < w->nr_starts; i++)
		if (w->starts[i] > at)
			next = min_u64(next, w->starts[i]);
	return next;
}

/* What the chain of options did not lead to. */
static void take_unknown(struct walk *w, uint64_t at, struct section *s)
{
	struct dat *d = w->d;

	if (s->id == DAT_DONE && !is_in(w->links, w->nr_links, at)) {
		dat_note(d, SOURCE_NO_CPU, 1, "options the chain does not lead to");
		remember(w->links, &w->nr_links, at);
		read_options(w, s);
	} else if (s->id == DAT_BUFFER && !is_in(w->buffers, w->nr_buffers, at)) {
		dat_note(d, SOURCE_NO_CPU, 1, "a buffer without the table of its CPUs, which are counted from 0 in the order of their data");
		dat_find_cpus(d, dat_add_buffer(d, "", d->clock_name ? d->clock_name : "", d->page_size),
			      s->body.p - d->file.p, min_u64(s->end, d->file.size), s->flags & SECTION_COMPRESSED);
	} else if (s->id == DAT_BUFFER_TEXT && !d->text && !d->nr_buffers) {
		take_text(d, s);
	} else if (s->id >= DAT_HEADER_INFO) {
		take_section(w, at, s);
	}
}

static void walk_sections(struct walk *w, uint64_t at)
{
	struct dat *d = w->d;

	while (at < d->file.size) {
		uint64_t next = next_start(w, at);
		struct section s;

		if (!section_at(d, at, &s)) {
			dat_note(d, SOURCE_NO_CPU, 1, "sections whose head cannot be read");
			at = next;
			continue;
		}
		if (s.end > d->file.size)
			dat_note(d, SOURCE_NO_CPU, s.end - d->file.size, "bytes beyond the end of the file, which was cut");
		if (next < d->file.size && next < s.end)
			dat_note(d, SOURCE_NO_CPU, 1, "sections one over the other");
		take_unknown(w, at, &s);
		at = min_u64(s.end, next_start(w, at));
	}
}

static enum dat_pack pack_named(const char *name)
{
	return !strcmp(name, "none") ? DAT_PACK_NONE :
	       !strcmp(name, "zstd") ? DAT_PACK_ZSTD :
	       !strcmp(name, "zlib") ? DAT_PACK_ZLIB : DAT_PACK_UNKNOWN;
}

void dat_read_v7(struct dat *d, struct bytes *b)
{
	const char *algorithm = bytes_str(b), *version = bytes_str(b);
	uint64_t options = bytes_u64(b);
	struct walk w = { .d = d };

	if (b->bad || !version) {
		dat_note(d, SOURCE_NO_CPU, 1, "it ends within its head");
		return;
	}
	d->pack_name = algorithm;
	d->pack = pack_named(algorithm);
	if (d->pack == DAT_PACK_UNKNOWN)
		dat_note(d, SOURCE_NO_CPU, 1, "a compression of unknown name, taken for what the data look like");
	follow(&w, options ? options : UINT64_MAX);
	walk_sections(&w, b->p - d->file.p);
}
