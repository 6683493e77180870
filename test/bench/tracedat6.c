// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat version 6 (trace-cmd.dat.v6(5)) and ring buffer pages of 4096 bytes. */
#include "test/bench/tracedat6.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE		4096
#define PAGE_HEAD	16
#define DELTA_MAX	((1u << 27) - 1)
#define TIME_EXTEND	30

struct td6 {
	FILE		*out;
	unsigned int	 nr_cpus, cpu;
	long		 table;		/* where offsets and sizes go */
	uint64_t	*offset, *size;
	uint8_t		 page[PAGE];
	uint32_t	 used;		/* bytes after the page's head */
	uint64_t	 ts;		/* of the last event in the page */
	uint64_t	 at;		/* in the file */
};

static void put(struct td6 *t, const void *p, size_t len)
{
	if (fwrite(p, 1, len, t->out) != len) {
		perror("mktrace: write");
		exit(4);
	}
	t->at += len;
}

static void put32(struct td6 *t, uint32_t v)
{
	put(t, &v, 4);
}

static void put64(struct td6 *t, uint64_t v)
{
	put(t, &v, 8);
}

static void put_str(struct td6 *t, const char *s)
{
	put(t, s, strlen(s) + 1);
}

static void put_text(struct td6 *t, const char *s)	/* u64 length and the text */
{
	put64(t, strlen(s));
	put(t, s, strlen(s));
}

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_event[] =
	"# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
	"\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

static const struct td6_field common[] = {
	{ "unsigned short", "common_type", 0, 2, 0 },
	{ "unsigned char", "common_flags", 2, 1, 0 },
	{ "unsigned char", "common_preempt_count", 3, 1, 0 },
	{ "int", "common_pid", 4, 4, 1 },
	{ 0 }
};

static void print_fields(FILE *m, const struct td6_field *f)
{
	for (; f->name; f++)
		fprintf(m, "\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", f->type, f->name, f->offset, f->size,
			f->is_signed);
	fputc('\n', m);
}

static void put_format(struct td6 *t, const struct td6_event *ev)
{
	char *text = NULL;
	size_t len;
	FILE *m = open_memstream(&text, &len);

	fprintf(m, "name: %s\nID: %u\nformat:\n", ev->name, ev->id);
	print_fields(m, common);
	print_fields(m, ev->fields);
	fputs("print fmt: \"", m);
	for (const struct td6_field *f = ev->fields; f->name; f++)
		fprintf(m, strchr(f->type, '[') || strchr(f->name, '[') ? "%s%s" : "%s%s=%%llx", f == ev->fields ? "" : " ",
			f->name);
	fputc('"', m);
	for (const struct td6_field *f = ev->fields; f->name; f++)
		if (!strchr(f->name, '['))
			fprintf(m, ", (unsigned long long)REC->%s", f->name);
	fputc('\n', m);
	fclose(m);
	put_text(t, text);
	free(text);
}

static unsigned int same_system(const struct td6_event *ev)
{
	unsigned int n = 0;

	while (ev[n].name && !strcmp(ev[n].system, ev->system))
		n++;
	return n;
}

static unsigned int nr_systems(const struct td6_event *ev)
{
	unsigned int n = 0;

	for (; ev->name; ev += same_system(ev))
		n++;
	return n;
}

static void put_formats(struct td6 *t, const struct td6_event *ev)
{
	put32(t, nr_systems(ev));
	while (ev->name) {
		unsigned int n = same_system(ev);

		put_str(t, ev->system);
		put32(t, n);
		for (unsigned int i = 0; i < n; i++)
			put_format(t, &ev[i]);
		ev += n;
	}
}

static void put_option(struct td6 *t, uint16_t id, const char *text)
{
	put(t, &id, 2);
	put32(t, strlen(text) + 1);
	put_str(t, text);
}

static void put_head(struct td6 *t, const struct td6_event *events, const char *cmdlines)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	static const uint8_t endian_long[] = { 0, 8 };
	static const uint16_t done;

	put(t, magic, sizeof(magic));
	put_str(t, "6");
	put(t, endian_long, 2);
	put32(t, PAGE);
	put_str(t, "header_page");
	put_text(t, header_page);
	put_str(t, "header_event");
	put_text(t, header_event);
	put32(t, 0);			/* ftrace's own events */
	put_formats(t, events);
	put32(t, 4);			/* kallsyms, printk: nothing worth it */
	put(t, "0 t\n", 4);
	put32(t, 0);
	put_text(t, cmdlines);
	put32(t, t->nr_cpus);
	put(t, "options  ", 10);
	put_option(t, 4, "local [mono] boot\n");
	put_option(t, 5, "Linux synthetic 6.12.0 x86_64");
	put(t, &done, 2);
	put(t, "flyrecord", 10);
}

struct td6 *td6_open(const char *path, const struct td6_event *events, unsigned int nr_cpus, const char *cmdlines)
{
	struct td6 *t = calloc(1, sizeof(*t));

	t->out = fopen(path, "w");
	if (!t->out) {
		perror(path);
		exit(4);
	}
	t->nr_cpus = nr_cpus;
	t->offset = calloc(nr_cpus, sizeof(*t->offset));
	t->size = calloc(nr_cpus, sizeof(*t->size));
	put_head(t, events, cmdlines);
	t->table = t->at;
	for (unsigned int i = 0; i < 2 * nr_cpus; i++)
		put64(t, 0);
	while (t->at % PAGE)
		put(t, "", 1);
	return t;
}

static void end_page(struct td6 *t)
{
	if (!t->used)
		return;
	memcpy(t->page + 8, (uint64_t[]){ t->used }, 8);
	memset(t->page + PAGE_HEAD + t->used, 0, PAGE - PAGE_HEAD - t->used);
	put(t, t->page, PAGE);
	t->size[t->cpu] += PAGE;
	t->used = 0;
}

void td6_cpu(struct td6 *t, unsigned int cpu)
{
	end_page(t);
	t->cpu = cpu;
	t->offset[cpu] = t->at;
}

static void page_word(struct td6 *t, uint32_t v)
{
	memcpy(t->page + PAGE_HEAD + t->used, &v, 4);
	t->used += 4;
}

void td6_record(struct td6 *t, uint64_t ts_ns, const struct td6_event *ev, uint32_t pid, void *record)
{
	uint32_t len = (ev->size + 3u) & ~3u;
	uint64_t delta;

	memcpy(record, &ev->id, 2);
	memset((uint8_t *)record + 2, 0, 2);
	memcpy((uint8_t *)record + 4, &pid, 4);
	if (t->used + len + 12 > PAGE - PAGE_HEAD)
		end_page(t);
	if (!t->used) {
		memcpy(t->page, &ts_ns, 8);
		t->ts = ts_ns;
	}
	delta = ts_ns - t->ts;
	t->ts = ts_ns;
	if (delta > DELTA_MAX) {
		page_word(t, TIME_EXTEND | (uint32_t)(delta & DELTA_MAX) << 5);
		page_word(t, delta >> 27);
		delta = 0;
	}
	page_word(t, len / 4 | (uint32_t)delta << 5);
	memcpy(t->page + PAGE_HEAD + t->used, record, len);
	t->used += len;
}

void td6_close(struct td6 *t)
{
	end_page(t);
	fseek(t->out, t->table, SEEK_SET);
	for (unsigned int i = 0; i < t->nr_cpus; i++) {
		put64(t, t->offset[i]);
		put64(t, t->size[i]);
	}
	if (fclose(t->out)) {
		perror("mktrace: close");
		exit(4);
	}
	free(t->offset);
	free(t->size);
	free(t);
}
