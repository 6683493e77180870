// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat versions 6 and 7 (trace-cmd.dat.v6(5), trace-cmd.dat.v7(5)), written. */
#include "test/bench/datout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define PAGE		4096
#define CHUNK_PAGES	10		/* trace-cmd's */
#define SECTION_PACKED	1

enum { BUFFER = 3, HEADER = 16, FTRACE, FORMATS, CMDLINES = 21 };

struct datout {
	FILE		  *out;
	uint64_t	   at;
	const struct rec6 *r;
	int		   version;
	enum datout_codec  codec;
	uint64_t	   section[CMDLINES + 1];	/* where each begins */
	uint64_t	   options_at, next_at;		/* numbers to be filled in: first and next options */
	uint64_t	   table;			/* version 6: offset and size per CPU */
	uint32_t	   nr_cpus;
	uint64_t	  *offset, *size;
	uint32_t	   chunks;			/* of the last CPU */
	uint8_t		   chunk[CHUNK_PAGES * PAGE];
	uint32_t	   fill;
	ZSTD_CCtx	  *zstd;
};

static void put(struct datout *d, const void *p, size_t len)
{
	if (len && fwrite(p, 1, len, d->out) != len) {
		perror("write");
		exit(4);
	}
	d->at += len;
}

static void put16(struct datout *d, uint16_t v)
{
	put(d, &v, 2);
}

static void put32(struct datout *d, uint32_t v)
{
	put(d, &v, 4);
}

static void put64(struct datout *d, uint64_t v)
{
	put(d, &v, 8);
}

static void put_at(struct datout *d, uint64_t at, const void *p, size_t len)
{
	fseeko(d->out, at, SEEK_SET);
	put(d, p, len);
	d->at -= len;
	fseeko(d->out, d->at, SEEK_SET);
}

static void align(struct datout *d)
{
	while (d->at % PAGE)
		put(d, "", 1);
}

/* Two lengths and the packed bytes. */
static void put_packed(struct datout *d, const void *p, size_t len)
{
	uLongf bound = d->codec == DATOUT_ZSTD ? ZSTD_compressBound(len) : compressBound(len);
	uint8_t *packed = malloc(bound);
	size_t n;

	if (d->codec == DATOUT_ZSTD) {
		n = ZSTD_compressCCtx(d->zstd, packed, bound, p, len, 3);
	} else {
		compress(packed, &bound, p, len);
		n = bound;
	}
	put32(d, n);
	put32(d, len);
	put(d, packed, n);
	free(packed);
}

/* --- what both versions have: text gathered in memory, then put ------------------------- */

struct text {
	char	*p;
	size_t	 len;
	FILE	*f;
};

static struct text text_begin(void)
{
	return (struct text){ 0 };
}

static void text_open(struct text *t)
{
	t->f = open_memstream(&t->p, &t->len);
}

static void text_put(struct text *t, const void *p, size_t len)
{
	fwrite(p, 1, len, t->f);
}

static void text_blob(struct text *t, const struct rec6_blob *b)
{
	text_put(t, &b->len, 8);
	text_put(t, b->p, b->len);
}

static void headers(struct text *t, const struct rec6 *r)
{
	text_put(t, "header_page", 12);
	text_blob(t, &r->header_page);
	text_put(t, "header_event", 13);
	text_blob(t, &r->header_event);
}

/* The used ones of the system that @i is of. */
static uint32_t used_of(const struct rec6 *r, size_t i)
{
	const char *system = r->formats[i].system;
	uint32_t n = 0;

	for (; i < r->nr_formats && r->formats[i].system == system; i++)
		n += r->formats[i].used;
	return n;
}

static void used_formats(struct text *t, const struct rec6 *r, const char *system)
{
	for (size_t i = 0; i < r->nr_formats; i++)
		if (r->formats[i].used && r->formats[i].system == system)
			text_blob(t, &r->formats[i].text);
}

static void ftrace(struct text *t, const struct rec6 *r)
{
	uint32_t used = r->nr_formats && !r->formats[0].system ? used_of(r, 0) : 0;

	text_put(t, &used, 4);
	used_formats(t, r, NULL);
}

/* Does a system other than ftrace begin at @i, and is any of its events used?  How many. */
static uint32_t system_at(const struct rec6 *r, size_t i)
{
	const char *system = r->formats[i].system;

	return system && (!i || system != r->formats[i - 1].system) ? used_of(r, i) : 0;
}

static void formats(struct text *t, const struct rec6 *r)
{
	uint32_t systems = 0, used;

	for (size_t i = 0; i < r->nr_formats; i++)
		systems += system_at(r, i) != 0;
	text_put(t, &systems, 4);
	for (size_t i = 0; i < r->nr_formats; i++) {
		used = system_at(r, i);
		if (!used)
			continue;
		text_put(t, r->formats[i].system, strlen(r->formats[i].system) + 1);
		text_put(t, &used, 4);
		used_formats(t, r, r->formats[i].system);
	}
}

static void cmdlines(struct text *t, const struct rec6 *r)
{
	text_blob(t, &r->cmdlines);
}

/* --- version 6 ---------------------------------------------------------------------------- */

static void put_text6(struct datout *d, void (*fill)(struct text *t, const struct rec6 *r))
{
	struct text t = text_begin();

	text_open(&t);
	fill(&t, d->r);
	fclose(t.f);
	put(d, t.p, t.len);
	free(t.p);
}

static void head6(struct datout *d)
{
	put_text6(d, headers);
	put_text6(d, ftrace);
	put_text6(d, formats);
	put32(d, 0);		/* kallsyms, printk */
	put32(d, 0);
	put_text6(d, cmdlines);
	put32(d, d->r->nr_cpus);
	put(d, "options  ", 10);
	for (size_t i = 0; i < d->r->nr_options; i++) {
		put16(d, d->r->options[i].id);
		put32(d, d->r->options[i].body.len);
		put(d, d->r->options[i].body.p, d->r->options[i].body.len);
	}
	put16(d, 0);
	put(d, "flyrecord", 10);
	d->table = d->at;
	for (uint32_t i = 0; i < 2 * d->r->nr_cpus; i++)
		put64(d, 0);
}

/* --- version 7 ------------------------------------------------------------------------------ */

static void put_section_head(struct datout *d, uint16_t id, uint16_t flags, uint64_t len)
{
	d->section[id] = d->at;
	put16(d, id);
	put16(d, flags);
	put32(d, 0);		/* no description */
	put64(d, len);
}

static void put_section(struct datout *d, uint16_t id, void (*fill)(struct text *t, const struct rec6 *r))
{
	struct text t = text_begin();
	uint64_t begin, len;

	text_open(&t);
	fill(&t, d->r);
	fclose(t.f);
	put_section_head(d, id, d->codec ? SECTION_PACKED : 0, t.len);
	begin = d->at;
	if (d->codec)
		put_packed(d, t.p, t.len);
	else
		put(d, t.p, t.len);
	free(t.p);
	len = d->at - begin;
	put_at(d, begin - 8, &len, 8);
}

static void text_option(struct text *t, uint16_t id, const void *p, uint32_t len)
{
	text_put(t, &id, 2);
	text_put(t, &len, 4);
	text_put(t, p, len);
}

/* Ends with where the next options are, which is filled in later. */
static void put_options(struct datout *d, struct text *t)
{
	static const uint64_t none;

	text_option(t, 0, &none, 8);
	fclose(t->f);
	put_at(d, d->next_at, &d->at, 8);
	put_section_head(d, 0, 0, t->len);
	put(d, t->p, t->len);
	d->next_at = d->at - 8;
	free(t->p);
}

static void head7(struct datout *d)
{
	static const char *const names[] = { "none", "zstd", "zlib" };
	struct text t = text_begin();

	put(d, names[d->codec], 5);
	put(d, d->codec ? "1" : "", d->codec ? 2 : 1);
	d->next_at = d->at;
	put64(d, 0);
	put_section(d, HEADER, headers);
	put_section(d, FTRACE, ftrace);
	put_section(d, FORMATS, formats);
	put_section(d, CMDLINES, cmdlines);
	text_open(&t);
	for (int id = HEADER; id <= CMDLINES; id++)
		if (d->section[id])
			text_option(&t, (uint16_t)id, &d->section[id], 8);
	for (size_t i = 0; i < d->r->nr_options; i++)
		text_option(&t, d->r->options[i].id, d->r->options[i].body.p, d->r->options[i].body.len);
	put_options(d, &t);
	put_section_head(d, BUFFER, d->codec ? SECTION_PACKED : 0, 0);
}

static void tail7(struct datout *d)
{
	uint64_t len = d->at - d->section[BUFFER] - 16;
	uint32_t page = PAGE;
	struct text t = text_begin();
	struct text o = text_begin();

	put_at(d, d->section[BUFFER] + 8, &len, 8);
	text_open(&o);
	text_put(&o, &d->section[BUFFER], 8);
	text_put(&o, "\0mono", 6);
	text_put(&o, &page, 4);
	text_put(&o, &d->nr_cpus, 4);
	for (uint32_t i = 0; i < d->nr_cpus; i++) {
		text_put(&o, &i, 4);
		text_put(&o, &d->offset[i], 8);
		text_put(&o, &d->size[i], 8);
	}
	fclose(o.f);
	text_open(&t);
	text_option(&t, BUFFER, o.p, o.len);
	free(o.p);
	put_options(d, &t);
}

/* --- pages ----------------------------------------------------------------------------------- */

static void end_chunk(struct datout *d)
{
	if (!d->fill)
		return;
	put_packed(d, d->chunk, d->fill);
	d->chunks++;
	d->fill = 0;
}

static void end_cpu(struct datout *d)
{
	uint32_t i = d->nr_cpus - 1;

	if (!d->nr_cpus)
		return;
	end_chunk(d);
	d->size[i] = d->at - d->offset[i];
	if (d->codec) {
		d->size[i] -= 4;	/* the count of chunks is left out */
		put_at(d, d->offset[i], &d->chunks, 4);
	}
}

void datout_cpu(struct datout *d)
{
	end_cpu(d);
	align(d);
	d->offset[d->nr_cpus++] = d->at;
	d->chunks = 0;
	if (d->codec)
		put32(d, 0);
}

void datout_pages(struct datout *d, const uint8_t *pages, uint32_t nr)
{
	if (!d->codec) {
		put(d, pages, (size_t)nr * PAGE);
		return;
	}
	for (; nr; nr--, pages += PAGE) {
		memcpy(d->chunk + d->fill, pages, PAGE);
		d->fill += PAGE;
		if (d->fill == sizeof(d->chunk))
			end_chunk(d);
	}
}

struct datout *datout_open(const char *path, const struct rec6 *r, int version, enum datout_codec codec)
{
	struct datout *d = calloc(1, sizeof(*d));

	d->out = fopen(path, "w+");
	if (!d->out) {
		perror(path);
		exit(4);
	}
	d->r = r;
	d->version = version;
	d->codec = version == 7 ? codec : DATOUT_NONE;
	d->zstd = ZSTD_createCCtx();
	d->offset = calloc(r->nr_cpus, sizeof(*d->offset));
	d->size = calloc(r->nr_cpus, sizeof(*d->size));
	put(d, "\x17\x08\x44tracing", 10);
	put(d, version == 7 ? "7" : "6", 2);
	put(d, "\0\x08", 2);
	put32(d, PAGE);
	if (version == 7)
		head7(d);
	else
		head6(d);
	return d;
}

uint64_t datout_begin(const struct datout *d)
{
	return d->offset[0];
}

uint64_t datout_close(struct datout *d)
{
	uint64_t end;

	end_cpu(d);
	end = d->at;
	if (d->version == 7)
		tail7(d);
	else
		for (uint32_t i = 0; i < d->nr_cpus; i++) {
			put_at(d, d->table + 16 * i, &d->offset[i], 8);
			put_at(d, d->table + 16 * i + 8, &d->size[i], 8);
		}
	if (fclose(d->out)) {
		perror("close");
		exit(4);
	}
	ZSTD_freeCCtx(d->zstd);
	free(d->offset);
	free(d->size);
	free(d);
	return end;
}
