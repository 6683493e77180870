/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_CAPTURE_DAT_MAKE_H
#define TEST_UNIT_CAPTURE_DAT_MAKE_H

/*
 * Makes small trace.dat files of every kind trace-cmd writes: versions 6 and 7,
 * either byte order, words of 4 and 8 bytes, any page size, several buffers,
 * the options that move times.  Two CPUs, one kind of event, "kvm:kvm_thing".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/types.h"

#define MAKE_CPUS	2
#define MAKE_EVENT	300
#define MAKE_BUFFERS_MAX 3

enum make_codec { MAKE_NONE, MAKE_ZSTD, MAKE_ZLIB };

struct make_sync {			/* of every vCPU alike, but moved by cpu * 10 */
	uint32_t nr;			/* samples; 0: no TIME_SHIFT */
	uint64_t time[4];
	int64_t	 offset[4];
	uint64_t scaling, fraction;
	uint32_t flags;
};

struct make {				/* what is 0 is as most recordings have it: make_defaults() */
	int		 version;
	bool		 big;
	unsigned int	 long_size, page_size;
	enum make_codec	 codec;
	unsigned int	 nr_buffers;	/* the top one, and "one", "two" */
	unsigned int	 pages;		/* per CPU */
	const char	*clock, *instance_clock, *uname;
	const char	*offset, *date;	/* options, NULL: none */
	uint32_t	 mult, shift;
	uint64_t	 trace_id, peer_id;
	const char	*guest;		/* name of a guest, whose recording's id is 1 below this one's */
	struct make_sync sync;
	const char	*latency;	/* text instead of records */
	uint64_t	 first_ns;
};

struct out {				/* grows; numbers in the file's byte order */
	const struct make *m;
	uint8_t	*p;
	size_t	 len, cap;
};

static inline void out_bytes(struct out *o, const void *p, size_t len)
{
	if (o->len + len > o->cap) {
		o->cap = 2 * (o->len + len);
		o->p = realloc(o->p, o->cap);
	}
	if (len)
		memcpy(o->p + o->len, p, len);
	o->len += len;
}

static inline void out_at(struct out *o, size_t at, uint64_t v, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		o->p[at + i] = v >> 8 * (o->m->big ? len - 1 - i : i);
}

static inline void out_number(struct out *o, uint64_t v, unsigned int len)
{
	static const uint8_t zeros[8];

	out_bytes(o, zeros, len);
	out_at(o, o->len - len, v, len);
}

static inline void out_str(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s) + 1);
}

/* A length of @bytes, and the text without its end. */
static inline void out_text(struct out *o, const char *s, unsigned int bytes)
{
	out_number(o, strlen(s), bytes);
	out_bytes(o, s, strlen(s));
}

static inline void out_align(struct out *o, size_t to)
{
	while (o->len % to)
		out_bytes(o, "", 1);
}

/* --- what is in it --------------------------------------------------------------------- */

static inline void make_page(struct out *o, uint64_t ts, unsigned int salt)
{
	const struct make *m = o->m;
	size_t start = o->len, commit = start + 8, head = 8 + m->long_size;
	uint32_t n = 0;

	out_number(o, ts, 8);
	out_number(o, 0, m->long_size);
	for (; o->len - start + 32 <= m->page_size && n < 150; n++) {
		uint32_t delta = (salt * 7 + n) % 5 * 100, words = 6;

		out_number(o, m->big ? words << 27 | delta : delta << 5 | words, 4);
		out_number(o, MAKE_EVENT, 2);
		out_number(o, 0, 2);
		out_number(o, 1000 + salt % 3, 4);
		out_number(o, (uint64_t)salt << 32 | n, 8);
		out_number(o, n, 4);
		out_number(o, 0, 4);
	}
	out_at(o, commit, o->len - start - head, m->long_size);
	out_align(o, m->page_size);
}

/* Times of neighbours overlap, and some are equal. */
static inline struct out make_pages(const struct make *m, unsigned int buffer, unsigned int cpu)
{
	struct out o = { .m = m };

	for (unsigned int i = 0; i < m->pages; i++)
		make_page(&o, m->first_ns + i * 100000 + cpu * 100 + buffer * 200, i + cpu + buffer);
	return o;
}

static inline void make_headers(struct out *o)
{
	const struct make *m = o->m;
	char text[512];

	snprintf(text, sizeof(text),
		 "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
		 "\tfield: local_t commit;\toffset:8;\tsize:%u;\tsigned:1;\n"
		 "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
		 "\tfield: char data;\toffset:%u;\tsize:%u;\tsigned:1;\n",
		 m->long_size, 8 + m->long_size, m->page_size - 8 - m->long_size);
	out_str(o, "header_page");
	out_text(o, text, 8);
	out_str(o, "header_event");
	out_text(o, "# compressed entry header\n\ttype_len    :    5 bits\n", 8);
}

static inline void make_formats(struct out *o)
{
	out_number(o, 1, 4);
	out_str(o, "kvm");
	out_number(o, 1, 4);
	out_text(o, "name: kvm_thing\nID: 300\nformat:\n"
		 "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		 "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		 "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		 "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		 "\tfield:u64 gfn;\toffset:8;\tsize:8;\tsigned:0;\n"
		 "\tfield:u32 nr;\toffset:16;\tsize:4;\tsigned:0;\n\n"
		 "print fmt: \"gfn %llx nr %u\", REC->gfn, REC->nr\n", 8);
}

static inline void make_option(struct out *o, unsigned int id, const struct out *body)
{
	out_number(o, id, 2);
	out_number(o, body->len, 4);
	out_bytes(o, body->p, body->len);
}

static inline void make_text_option(struct out *o, unsigned int id, const char *text)
{
	out_number(o, id, 2);
	out_number(o, strlen(text) + 1, 4);
	out_str(o, text);
}

static inline struct out make_sync_body(const struct make *m)
{
	const struct make_sync *s = &m->sync;
	struct out b = { .m = m };

	out_number(&b, m->peer_id, 8);
	out_number(&b, s->flags, 4);
	out_number(&b, MAKE_CPUS, 4);
	for (unsigned int cpu = 0; cpu < MAKE_CPUS; cpu++) {
		out_number(&b, s->nr, 4);
		for (uint32_t i = 0; i < s->nr; i++)
			out_number(&b, s->time[i], 8);
		for (uint32_t i = 0; i < s->nr; i++)
			out_number(&b, s->offset[i] + cpu * 10, 8);
		for (uint32_t i = 0; i < s->nr; i++)
			out_number(&b, s->scaling, 8);
	}
	for (uint32_t i = 0; i < MAKE_CPUS * s->nr; i++)
		out_number(&b, s->fraction, 8);
	return b;
}

/* TRACECLOCK 4, UNAME 5, OFFSET 7, DATE 1, TRACEID 11, TIME_SHIFT 12, GUEST 13, TSC2NSEC 14 */
static inline void make_options(struct out *o)
{
	const struct make *m = o->m;
	struct out id = { .m = m }, sync = make_sync_body(m), tsc = { .m = m }, guest = { .m = m };
	char clock[64];

	snprintf(clock, sizeof(clock), "local [%s] boot", m->clock);
	make_text_option(o, 4, clock);
	make_text_option(o, 5, m->uname);
	if (m->offset)
		make_text_option(o, 7, m->offset);
	if (m->date)
		make_text_option(o, 1, m->date);
	out_number(&id, m->trace_id, 8);
	make_option(o, 11, &id);
	if (m->sync.nr)
		make_option(o, 12, &sync);
	out_number(&tsc, m->mult, 4);
	out_number(&tsc, m->shift, 4);
	out_number(&tsc, 0, 8);
	if (m->mult)
		make_option(o, 14, &tsc);
	if (m->guest) {
		out_str(&guest, m->guest);
		out_number(&guest, m->trace_id - 1, 8);
		out_number(&guest, 0, 4);
		make_option(o, 13, &guest);
	}
	free(id.p);
	free(sync.p);
	free(tsc.p);
	free(guest.p);
}

static inline const char *make_buffer_name(unsigned int buffer)
{
	static const char *const names[MAKE_BUFFERS_MAX] = { "", "one", "two" };

	return names[buffer];
}

static inline void make_start(struct out *o)
{
	const struct make *m = o->m;

	out_bytes(o, "\x17\x08\x44tracing", 10);
	out_str(o, m->version == 6 ? "6" : "7");
	out_number(o, m->big, 1);
	out_number(o, m->long_size, 1);
	out_number(o, m->page_size, 4);
}

/* --- version 6 ----------------------------------------------------------------------------- */

/* "flyrecord" and an empty table.  Return: where the table is. */
static inline size_t make_table6(struct out *o)
{
	size_t at;

	out_str(o, "flyrecord");
	at = o->len;
	for (unsigned int i = 0; i < 2 * MAKE_CPUS; i++)
		out_number(o, 0, 8);
	return at;
}

static inline void make_data6(struct out *o, size_t table, unsigned int buffer)
{
	for (unsigned int cpu = 0; cpu < MAKE_CPUS; cpu++) {
		struct out pages = make_pages(o->m, buffer, cpu);

		out_align(o, o->m->page_size);
		out_at(o, table + 16 * cpu, o->len, 8);
		out_at(o, table + 16 * cpu + 8, pages.len, 8);
		out_bytes(o, pages.p, pages.len);
		free(pages.p);
	}
}

static inline void make_body6(struct out *o)
{
	const struct make *m = o->m;
	size_t where[MAKE_BUFFERS_MAX], table;

	make_headers(o);
	out_number(o, 0, 4);		/* ftrace's own */
	make_formats(o);
	out_number(o, 0, 4);		/* kallsyms */
	out_number(o, 0, 4);		/* printk */
	out_text(o, "1000 vcpu\n1001 other\n", 8);
	out_number(o, MAKE_CPUS, 4);
	out_str(o, "options  ");
	make_options(o);
	for (unsigned int b = 1; b < m->nr_buffers; b++) {
		out_number(o, 3, 2);
		out_number(o, 8 + strlen(make_buffer_name(b)) + 1, 4);
		where[b] = o->len;
		out_number(o, 0, 8);
		out_str(o, make_buffer_name(b));
	}
	out_number(o, 0, 2);
	if (m->latency) {
		out_str(o, "latency  ");
		out_bytes(o, m->latency, strlen(m->latency));
		return;
	}
	table = make_table6(o);
	make_data6(o, table, 0);
	for (unsigned int b = 1; b < m->nr_buffers; b++) {
		out_at(o, where[b], o->len, 8);
		table = make_table6(o);
		make_data6(o, table, b);
	}
}

/* --- version 7 ------------------------------------------------------------------------------- */

static inline void make_packed(struct out *o, const void *p, size_t len)
{
	uLongf got = compressBound(len) + ZSTD_compressBound(len);
	uint8_t *to = malloc(got);

	if (o->m->codec == MAKE_ZLIB)
		compress2(to, &got, p, len, 6);
	else
		got = ZSTD_compress(to, got, p, len, 1);
	out_number(o, got, 4);
	out_number(o, len, 4);
	out_bytes(o, to, got);
	free(to);
}

/* Return: where the length of the section is, for make_end(). */
static inline size_t make_section(struct out *o, unsigned int id, bool packed)
{
	out_number(o, id, 2);
	out_number(o, packed, 2);
	out_number(o, 0, 4);
	out_number(o, 0, 8);
	return o->len - 8;
}

static inline void make_end(struct out *o, size_t section)
{
	out_at(o, section, o->len - section - 8, 8);
}

/* A whole section of the head.  Return: where it is. */
static inline size_t make_part(struct out *o, unsigned int id, struct out *body)
{
	size_t at = o->len, section = make_section(o, id, o->m->codec != MAKE_NONE);

	if (o->m->codec != MAKE_NONE)
		make_packed(o, body->p, body->len);
	else
		out_bytes(o, body->p, body->len);
	make_end(o, section);
	free(body->p);
	return at;
}

/* The data of one CPU, in chunks of ten pages when packed.  Return: their size as the table has it. */
static inline size_t make_data7(struct out *o, const struct out *pages)
{
	size_t chunk = 10 * (size_t)o->m->page_size, from = o->len;

	if (o->m->codec == MAKE_NONE) {
		out_bytes(o, pages->p, pages->len);
		return pages->len;
	}
	out_number(o, (pages->len + chunk - 1) / chunk, 4);
	for (size_t i = 0; i < pages->len; i += chunk)
		make_packed(o, pages->p + i, pages->len - i < chunk ? pages->len - i : chunk);
	return o->len - from - 4;
}

/* Appends the buffer and leaves its option in @option. */
static inline void make_buffer7(struct out *o, unsigned int buffer, struct out *option)
{
	const struct make *m = o->m;
	size_t at = o->len, section = make_section(o, 3, m->codec != MAKE_NONE);

	out_number(option, at, 8);
	out_str(option, make_buffer_name(buffer));
	out_str(option, buffer && m->instance_clock ? m->instance_clock : m->clock);
	out_number(option, m->page_size, 4);
	out_number(option, MAKE_CPUS, 4);
	for (unsigned int cpu = 0; cpu < MAKE_CPUS; cpu++) {
		struct out pages = make_pages(m, buffer, cpu);

		out_align(o, m->page_size);
		out_number(option, cpu, 4);
		out_number(option, o->len, 8);
		out_number(option, make_data7(o, &pages), 8);
		free(pages.p);
	}
	make_end(o, section);
}

static inline void make_latency7(struct out *o, struct out *option)
{
	const struct make *m = o->m;
	size_t at = o->len, section = make_section(o, 22, m->codec != MAKE_NONE);

	out_number(option, at, 8);
	out_str(option, "");
	out_str(option, m->clock);
	if (m->codec == MAKE_NONE) {
		out_bytes(o, m->latency, strlen(m->latency));
	} else {
		out_number(o, 1, 4);
		make_packed(o, m->latency, strlen(m->latency));
	}
	make_end(o, section);
}

/* Options that end with where the next ones are.  Return: where that is written. */
static inline size_t make_done(struct out *o, size_t section)
{
	out_number(o, 0, 2);
	out_number(o, 8, 4);
	out_number(o, 0, 8);
	make_end(o, section);
	return o->len - 8;
}

static inline void make_body7(struct out *o)
{
	static const char *const codecs[] = { "none", "zstd", "zlib" };
	const struct make *m = o->m;
	struct out head = { .m = m }, ftrace = { .m = m }, formats = { .m = m }, cmdlines = { .m = m };
	size_t at[4], options, section, next;

	out_str(o, codecs[m->codec]);
	out_str(o, "1.5");
	options = o->len;
	out_number(o, 0, 8);
	make_headers(&head);
	out_number(&ftrace, 0, 4);
	make_formats(&formats);
	out_text(&cmdlines, "1000 vcpu\n1001 other\n", 8);
	at[0] = make_part(o, 16, &head);
	at[1] = make_part(o, 17, &ftrace);
	at[2] = make_part(o, 18, &formats);
	at[3] = make_part(o, 21, &cmdlines);
	out_at(o, options, o->len, 8);
	section = make_section(o, 0, false);
	for (unsigned int i = 0; i < 4; i++) {
		out_number(o, i < 3 ? 16 + i : 21, 2);
		out_number(o, 8, 4);
		out_number(o, at[i], 8);
	}
	make_options(o);
	next = make_done(o, section);
	for (unsigned int b = 0; b < m->nr_buffers; b++) {
		struct out option = { .m = m };

		if (m->latency)
			make_latency7(o, &option);
		else
			make_buffer7(o, b, &option);
		out_at(o, next, o->len, 8);
		section = make_section(o, 0, false);
		make_option(o, m->latency ? 22 : 3, &option);
		next = make_done(o, section);
		free(option.p);
	}
}

static inline struct make make_defaults(struct make m)
{
	m.version = m.version ? m.version : 7;
	m.long_size = m.long_size ? m.long_size : 8;
	m.page_size = m.page_size ? m.page_size : 4096;
	m.nr_buffers = m.nr_buffers ? m.nr_buffers : 1;
	m.pages = m.pages ? m.pages : 25;
	m.clock = m.clock ? m.clock : "mono";
	m.uname = m.uname ? m.uname : "Linux host 6.12.1 x86_64";
	m.first_ns = m.first_ns ? m.first_ns : 5000000000;
	m.trace_id = m.trace_id ? m.trace_id : 77;
	return m;
}

/* Writes it to a new file named into @path, "...XXXXXX". */
static inline void make_file(const struct make *kind, char *path)
{
	const struct make m = make_defaults(*kind);
	struct out o = { .m = &m };
	int fd = mkstemp(path);

	make_start(&o);
	if (m.version == 6)
		make_body6(&o);
	else
		make_body7(&o);
	if (fd < 0 || write(fd, o.p, o.len) != (ssize_t)o.len)
		abort();
	close(fd);
	free(o.p);
}

#endif
