/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_PERF_WRITER_H
#define TEST_PERF_WRITER_H

/*
 * Writes perf.data as perf record does: file or pipe form, either byte order,
 * compressed or not, samples of any layout.
 *
 *	pw_open(&w, path, PW_PIPE);
 *	pw_attr(&w, &attr);  pw_format(&w, "kvm", text);  pw_start(&w);
 *	pw_sample(&w, 0, &sample);  ...  pw_round(&w);
 *	pw_close(&w);
 *
 * Whatever cannot be written ends the program.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	PW_PIPE = 1, PW_BIG = 2,	/* big endian */
	PW_ZSTD = 4, PW_ZSTD2 = 8,	/* COMPRESSED or COMPRESSED2 records */
	PW_KILLED = 16,			/* perf was killed: no sizes in the header, no sections */
};

struct pw_attr {
	uint32_t type;
	uint64_t config, sample_type, read_format, branch_type, regs_user, regs_intr;
	bool	 sample_id_all, use_clockid;
	uint32_t clockid;
	uint64_t ids[2];		/* by CPU; 0: none */
};

struct pw_sample {
	uint64_t    time;
	uint32_t    cpu, pid, tid;
	const void *raw;
	uint32_t    raw_size;
	uint16_t    misc;		/* cpumode */
	uint32_t    nr;			/* of callchain entries, branches, group values */
};

struct pw {
	FILE	*f;
	unsigned int flags;
	struct pw_attr attrs[64];
	uint32_t nr_attrs;
	struct { char system[32], *text; } formats[64];
	uint32_t nr_formats;
	uint8_t	*rec;			/* being built */
	size_t	 len, cap;
	uint64_t data_at;
	uint8_t	*block;			/* records to be compressed */
	size_t	 block_len;
	ZSTD_CStream *zstd;
	uint32_t nr_cpus;
};

#define PW_BLOCK	(256u << 10)

/* --- bytes ------------------------------------------------------------------------ */

static inline void pw_bytes(struct pw *w, const void *p, size_t len)
{
	if (w->len + len > w->cap) {
		w->cap = 2 * (w->len + len);
		w->rec = realloc(w->rec, w->cap);
	}
	if (p)
		memcpy(w->rec + w->len, p, len);
	else
		memset(w->rec + w->len, 0, len);
	w->len += len;
}

static inline void pw_u64(struct pw *w, uint64_t v)
{
	v = w->flags & PW_BIG ? htobe64(v) : htole64(v);
	pw_bytes(w, &v, 8);
}

static inline void pw_u32(struct pw *w, uint32_t v)
{
	v = w->flags & PW_BIG ? htobe32(v) : htole32(v);
	pw_bytes(w, &v, 4);
}

static inline void pw_u16(struct pw *w, uint16_t v)
{
	v = w->flags & PW_BIG ? htobe16(v) : htole16(v);
	pw_bytes(w, &v, 2);
}

/* What was built goes to the file as it is. */
static inline void pw_flush(struct pw *w)
{
	if (fwrite(w->rec, 1, w->len, w->f) != w->len)
		abort();
	w->len = 0;
}

/* --- records ------------------------------------------------------------------------ */

static inline void pw_begin(struct pw *w, uint32_t type, uint16_t misc)
{
	w->len = 0;
	pw_u32(w, type);
	pw_u16(w, misc);
	pw_u16(w, 0);
}

static inline void pw_size(struct pw *w)
{
	uint16_t size = w->flags & PW_BIG ? htobe16(w->len) : htole16(w->len);

	memcpy(w->rec + 6, &size, 2);
}

static inline void pw_compress(struct pw *w)
{
	static uint8_t out[60000];
	ZSTD_inBuffer in = { w->block, w->block_len, 0 };
	size_t left = 1;

	while (w->block_len && (in.pos < in.size || left)) {
		ZSTD_outBuffer o = { out, sizeof(out), 0 };

		ZSTD_compressStream(w->zstd, &o, &in);
		left = ZSTD_flushStream(w->zstd, &o);
		pw_begin(w, w->flags & PW_ZSTD2 ? 83 : 81, 0);
		if (w->flags & PW_ZSTD2)
			pw_u64(w, o.pos);
		pw_bytes(w, out, o.pos);
		if (w->flags & PW_ZSTD2)
			pw_bytes(w, NULL, -o.pos & 7);
		pw_size(w);
		pw_flush(w);
	}
	w->block_len = 0;
}

/* Closes the record that was begun. */
static inline void pw_end(struct pw *w)
{
	pw_size(w);
	if (!w->zstd) {
		pw_flush(w);
		return;
	}
	memcpy(w->block + w->block_len, w->rec, w->len);
	w->block_len += w->len;
	if (w->block_len > PW_BLOCK)
		pw_compress(w);
}

static inline void pw_round(struct pw *w)
{
	if (w->zstd)
		pw_compress(w);
	pw_begin(w, 68, 0);
	pw_size(w);
	pw_flush(w);
}

/* Fields of a sample or a trailer, by bit, in the kernel's order. */
static inline void pw_read(struct pw *w, const struct pw_attr *a, uint32_t nr)
{
	uint64_t f = a->read_format;

	if (f & 8)
		pw_u64(w, nr);
	else
		pw_u64(w, 1000);
	for (int i = 0; i < !!(f & 1) + !!(f & 2); i++)
		pw_u64(w, 77);
	for (uint32_t i = 0; i < (f & 8 ? nr : 1); i++) {
		if (f & 8)
			pw_u64(w, 1000 + i);
		if (f & 4)
			pw_u64(w, a->ids[0]);
		if (f & 16)
			pw_u64(w, 0);
	}
}

static inline void pw_regs(struct pw *w, uint64_t mask, bool any)
{
	pw_u64(w, any ? 2 : 0);
	for (int i = 0; any && i < __builtin_popcountll(mask); i++)
		pw_u64(w, 0x1111 * i);
}

static inline void pw_words(struct pw *w, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		pw_u64(w, 0xffffffff81000000ULL + i);
}

static inline void pw_sample(struct pw *w, uint32_t attr, const struct pw_sample *s)
{
	const struct pw_attr *a = &w->attrs[attr];
	uint64_t t = a->sample_type, id = a->ids[s->cpu & 1];

	pw_begin(w, 9, s->misc);
	if (t & 1 << 16)
		pw_u64(w, id);
	if (t & 1 << 0)
		pw_u64(w, 0xffffffff81234567ULL);
	if (t & 1 << 1) {
		pw_u32(w, s->pid);
		pw_u32(w, s->tid);
	}
	if (t & 1 << 2)
		pw_u64(w, s->time);
	if (t & 1 << 3)
		pw_u64(w, 0xadd0);
	if (t & 1 << 6)
		pw_u64(w, id);
	if (t & 1 << 9)
		pw_u64(w, id + 100);
	if (t & 1 << 7) {
		pw_u32(w, s->cpu);
		pw_u32(w, 0);
	}
	if (t & 1 << 8)
		pw_u64(w, 1);
	if (t & 1 << 4)
		pw_read(w, a, s->nr);
	if (t & 1 << 5) {
		pw_u64(w, s->nr);
		pw_words(w, s->nr);
	}
	if (t & 1 << 10) {
		uint32_t pad = -(s->raw_size + 4) & 7;	/* counted, as the kernel does */

		pw_u32(w, s->raw_size + pad);
		pw_bytes(w, s->raw, s->raw_size);
		pw_bytes(w, NULL, pad);
	}
	if (t & 1 << 11) {
		pw_u64(w, s->nr);
		if (a->branch_type & 1 << 17)
			pw_u64(w, 5);
		pw_words(w, 3 * s->nr);
		if (a->branch_type & 1 << 19)
			pw_words(w, s->nr);
	}
	if (t & 1 << 12)
		pw_regs(w, a->regs_user, s->nr);
	if (t & 1 << 13) {
		pw_u64(w, 8 * s->nr);
		pw_words(w, s->nr);
		if (s->nr)
			pw_u64(w, 8);
	}
	if (t & (1 << 14 | 1 << 24))
		pw_u64(w, 3);
	if (t & 1 << 15)
		pw_u64(w, 4);
	if (t & 1 << 17)
		pw_u64(w, 5);
	if (t & 1 << 18)
		pw_regs(w, a->regs_intr, true);
	if (t & 1 << 19)
		pw_u64(w, 6);
	if (t & 1 << 21)
		pw_u64(w, 7);
	if (t & 1 << 22)
		pw_u64(w, 4096);
	if (t & 1 << 23)
		pw_u64(w, 4096);
	if (t & 1 << 20) {
		pw_u64(w, 8 * s->nr);
		pw_words(w, s->nr);
	}
	pw_end(w);
}

/* What ends every record that is no sample. */
static inline void pw_trailer(struct pw *w, uint32_t attr, const struct pw_sample *s)
{
	const struct pw_attr *a = &w->attrs[attr];
	uint64_t t = a->sample_type;

	if (!a->sample_id_all)
		return;
	if (t & 1 << 1) {
		pw_u32(w, s->pid);
		pw_u32(w, s->tid);
	}
	if (t & 1 << 2)
		pw_u64(w, s->time);
	if (t & 1 << 6)
		pw_u64(w, a->ids[s->cpu & 1]);
	if (t & 1 << 9)
		pw_u64(w, 1);
	if (t & 1 << 7) {
		pw_u32(w, s->cpu);
		pw_u32(w, 0);
	}
	if (t & 1 << 16)
		pw_u64(w, a->ids[s->cpu & 1]);
}

/* --- head and end ---------------------------------------------------------------------- */

static inline void pw_open(struct pw *w, const char *path, unsigned int flags)
{
	*w = (struct pw){ .f = fopen(path, "w"), .flags = flags, .nr_cpus = 2 };
	if (!w->f)
		abort();
	if (flags & (PW_ZSTD | PW_ZSTD2)) {
		w->zstd = ZSTD_createCStream();
		w->block = malloc(2 * PW_BLOCK);
	}
}

static inline void pw_attr(struct pw *w, const struct pw_attr *a)
{
	w->attrs[w->nr_attrs++] = *a;
}

static inline void pw_format(struct pw *w, const char *system, const char *text)
{
	snprintf(w->formats[w->nr_formats].system, 32, "%s", system);
	w->formats[w->nr_formats++].text = strdup(text);
}

static inline void pw_attr_bytes(struct pw *w, const struct pw_attr *a)
{
	const unsigned int flags[] = { 18 * a->sample_id_all, 25 * a->use_clockid };
	uint8_t bits[8] = { 0 };

	for (int i = 0; i < 2; i++)
		if (flags[i])
			bits[flags[i] / 8] |= 1 << (w->flags & PW_BIG ? 7 - flags[i] % 8 : flags[i] % 8);
	pw_u32(w, a->type);
	pw_u32(w, 128);
	pw_u64(w, a->config);
	pw_u64(w, 1);
	pw_u64(w, a->sample_type);
	pw_u64(w, a->read_format);
	pw_bytes(w, bits, 8);
	pw_bytes(w, NULL, 24);
	pw_u64(w, a->branch_type);
	pw_u64(w, a->regs_user);
	pw_u32(w, 0);
	pw_u32(w, a->clockid);
	pw_u64(w, a->regs_intr);
	pw_bytes(w, NULL, 24);
}

static inline void pw_str(struct pw *w, const char *s)
{
	pw_u32(w, strlen(s) + 1);
	pw_bytes(w, s, strlen(s) + 1);
}

static inline void pw_systems(struct pw *w)
{
	uint32_t systems = 0, i, n;

	for (i = 0; i < w->nr_formats; i++)
		systems += !i || strcmp(w->formats[i].system, w->formats[i - 1].system);
	pw_u32(w, systems);
	for (i = 0; i < w->nr_formats; i += n) {
		for (n = 1; i + n < w->nr_formats && !strcmp(w->formats[i].system, w->formats[i + n].system);)
			n++;
		pw_bytes(w, w->formats[i].system, strlen(w->formats[i].system) + 1);
		pw_u32(w, n);
		for (uint32_t j = i; j < i + n; j++) {
			pw_u64(w, strlen(w->formats[j].text));
			pw_bytes(w, w->formats[j].text, strlen(w->formats[j].text));
		}
	}
}

static inline void pw_tracing(struct pw *w)
{
	static const uint8_t magic[] = { 23, 8, 68, 't', 'r', 'a', 'c', 'i', 'n', 'g', '0', '.', '6', 0 };
	const uint8_t kind[] = { !!(w->flags & PW_BIG), 8 };
	static const char *const names[] = { "header_page", "header_event" };

	pw_bytes(w, magic, sizeof(magic));
	pw_bytes(w, kind, sizeof(kind));
	pw_u32(w, 4096);
	for (int i = 0; i < 2; i++) {
		pw_bytes(w, names[i], strlen(names[i]) + 1);
		pw_u64(w, 3);
		pw_bytes(w, "...", 3);
	}
	pw_u32(w, 0);			/* of ftrace itself */
	pw_systems(w);
	pw_u32(w, 0);			/* kallsyms */
	pw_u32(w, 0);			/* printk */
	pw_u64(w, 10);
	pw_bytes(w, "55 lister\n", 10);
}

static inline void pw_feature(struct pw *w, unsigned int id)
{
	switch (id) {
	case 1:
		pw_tracing(w);
		break;
	case 3:
		pw_str(w, "host");
		break;
	case 4:
		pw_str(w, "6.12.1-test");
		break;
	case 6:
		pw_str(w, "x86_64");
		break;
	default:
		pw_u32(w, w->nr_cpus);
		pw_u32(w, w->nr_cpus);
		break;
	}
}

static const unsigned int pw_features[] = { 1, 3, 4, 6, 7 };
#define PW_FEATURES	(sizeof(pw_features) / sizeof(pw_features[0]))

static inline void pw_start_pipe(struct pw *w)
{
	for (uint32_t i = 0; i < w->nr_attrs; i++) {
		const struct pw_attr *a = &w->attrs[i];

		pw_begin(w, 64, 0);
		pw_attr_bytes(w, a);
		for (int j = 0; j < 2 && a->ids[j]; j++)
			pw_u64(w, a->ids[j]);
		pw_size(w);
		pw_flush(w);
	}
	for (size_t i = 1; i < PW_FEATURES; i++) {
		pw_begin(w, 80, 0);
		pw_u64(w, pw_features[i]);
		pw_feature(w, pw_features[i]);
		pw_size(w);
		pw_flush(w);
	}
	if (w->nr_formats) {
		struct pw body = { .flags = w->flags, .nr_formats = w->nr_formats };

		memcpy(body.formats, w->formats, sizeof(body.formats));
		pw_tracing(&body);
		pw_begin(w, 66, 0);
		pw_u32(w, (body.len + 7) & ~7u);
		pw_size(w);
		pw_bytes(w, body.rec, body.len);
		pw_bytes(w, NULL, -body.len & 7);
		pw_flush(w);
		free(body.rec);
	}
}

static inline void pw_head(struct pw *w, uint64_t data_size)
{
	uint64_t bits = 0;

	w->len = 0;
	pw_bytes(w, w->flags & PW_BIG ? "2ELIFREP" : "PERFILE2", 8);
	pw_u64(w, w->flags & PW_PIPE ? 16 : 104);
	if (w->flags & PW_PIPE) {
		pw_flush(w);
		return;
	}
	for (size_t i = 0; i < PW_FEATURES; i++)
		bits |= 1ull << pw_features[i];
	pw_u64(w, 144);
	pw_u64(w, 104 + 16 * w->nr_attrs);
	pw_u64(w, 144 * w->nr_attrs);
	pw_u64(w, w->data_at);
	pw_u64(w, data_size);
	pw_bytes(w, NULL, 16);
	pw_u64(w, bits);
	pw_bytes(w, NULL, 24);
	pw_flush(w);
}

static inline void pw_start(struct pw *w)
{
	w->data_at = 104 + (16 + 144) * w->nr_attrs;
	pw_head(w, 0);
	if (w->flags & PW_PIPE) {
		pw_start_pipe(w);
		return;
	}
	for (uint32_t i = 0; i < w->nr_attrs; i++)
		for (int j = 0; j < 2; j++)
			pw_u64(w, w->attrs[i].ids[j]);
	for (uint32_t i = 0; i < w->nr_attrs; i++) {
		pw_attr_bytes(w, &w->attrs[i]);
		pw_u64(w, 104 + 16 * i);
		pw_u64(w, 8 * (!!w->attrs[i].ids[0] + !!w->attrs[i].ids[1]));
	}
	pw_flush(w);
}

static inline void pw_close(struct pw *w)
{
	if (w->zstd)
		pw_compress(w);
	if (!(w->flags & (PW_PIPE | PW_KILLED))) {
		uint64_t end = ftell(w->f), at = end + 16 * PW_FEATURES;

		for (size_t i = 0; i < PW_FEATURES; i++) {
			struct pw body = *w;

			body.rec = NULL;
			body.len = body.cap = 0;
			pw_feature(&body, pw_features[i]);
			pw_u64(w, at);
			pw_u64(w, body.len);
			at += body.len;
			free(body.rec);
		}
		for (size_t i = 0; i < PW_FEATURES; i++)
			pw_feature(w, pw_features[i]);
		pw_flush(w);
		rewind(w->f);
		pw_head(w, end - w->data_at);
	}
	if (fclose(w->f))
		abort();
	for (uint32_t i = 0; i < w->nr_formats; i++)
		free(w->formats[i].text);
	ZSTD_freeCStream(w->zstd);
	free(w->block);
	free(w->rec);
}

#endif
