// SPDX-License-Identifier: GPL-2.0-or-later
/* The head of a trace.dat, made in memory: formats and symbols are a few MiB. */
#include "capture/out/datout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/dat.h"

static const char *text_of(const char *s)
{
	return s ? s : "";
}

static void put(FILE *m, const void *p, size_t bytes)
{
	fwrite(p, 1, bytes, m);
}

static void put16(FILE *m, uint16_t v)
{
	put(m, &v, sizeof(v));
}

static void put32(FILE *m, uint32_t v)
{
	put(m, &v, sizeof(v));
}

static void put64(FILE *m, uint64_t v)
{
	put(m, &v, sizeof(v));
}

static void put_str(FILE *m, const char *s)	/* with its end */
{
	put(m, s, strlen(s) + 1);
}

static void put_text32(FILE *m, const char *s)
{
	put32(m, strlen(text_of(s)));
	fputs(text_of(s), m);
}

static void put_text64(FILE *m, const char *s)
{
	put64(m, strlen(text_of(s)));
	fputs(text_of(s), m);
}

static size_t same_system(const struct datout_event *ev, size_t nr)
{
	size_t n = 1;

	while (n < nr && !strcmp(ev[n].system, ev->system))
		n++;
	return n;
}

static void put_formats(FILE *m, const struct datout_event *ev, size_t nr)
{
	uint32_t systems = 0;

	for (size_t i = 0; i < nr; i += same_system(&ev[i], nr - i))
		systems++;
	put32(m, systems);
	for (size_t i = 0, n; i < nr; i += n) {
		n = same_system(&ev[i], nr - i);
		put_str(m, ev[i].system);
		put32(m, n);
		for (size_t j = i; j < i + n; j++)
			put_text64(m, ev[j].format);
	}
}

static void put_option(FILE *m, uint16_t id, const char *text)
{
	put16(m, id);
	put32(m, strlen(text) + 1);
	put_str(m, text);
}

static void put_options(FILE *m, const struct datout_head *h)
{
	put(m, "options  ", 10);
	for (uint32_t cpu = 0; cpu < h->nr_cpus; cpu++) {
		char *stat = NULL;

		if (asprintf(&stat, "CPU: %u\n%s", cpu, text_of(h->cpu_stats[cpu])) < 0)
			abort();
		put_option(m, DAT_CPUSTAT, stat);
		free(stat);
	}
	put_option(m, DAT_TRACECLOCK, text_of(h->clocks));
	put_option(m, DAT_UNAME, text_of(h->uname));
	put_option(m, DAT_VERSION, text_of(h->program));
	put16(m, DAT_DONE);
}

static void put_start(FILE *m, const struct datout_head *h)
{
	static const uint8_t magic[] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };
	const uint8_t endian_word[] = { __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, sizeof(long) };

	put(m, magic, sizeof(magic));
	put_str(m, "6");
	put(m, endian_word, sizeof(endian_word));
	put32(m, h->page_size);
	put_str(m, "header_page");
	put_text64(m, h->header_page);
	put_str(m, "header_event");
	put_text64(m, h->header_event);
	put32(m, h->nr_ftrace);
	for (size_t i = 0; i < h->nr_ftrace; i++)
		put_text64(m, h->ftrace[i].format);
	put_formats(m, h->events, h->nr_events);
	put_text32(m, h->kallsyms);
	put_text32(m, h->printk_formats);
	put_text64(m, h->cmdlines);
	put32(m, h->nr_cpus);
}

/* Where and how long each CPU's pages are; the first begin at a multiple of the page size. */
static void put_table(FILE *m, const struct datout_head *h, const uint64_t *cpu_bytes)
{
	uint64_t end, first, at;

	put(m, "flyrecord", 10);
	end = ftell(m) + 16ULL * h->nr_cpus;
	first = at = (end + h->page_size - 1) / h->page_size * h->page_size;
	for (uint32_t cpu = 0; cpu < h->nr_cpus; cpu++) {
		put64(m, at);
		put64(m, cpu_bytes[cpu]);
		at += cpu_bytes[cpu];
	}
	for (; end < first; end++)
		fputc(0, m);
}

int datout_head(struct outfile *o, const struct datout_head *h, const uint64_t *cpu_bytes, struct err *e)
{
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);
	int ret;

	put_start(m, h);
	put_options(m, h);
	put_table(m, h, cpu_bytes);
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	ret = outfile_write(o, text, bytes, e);
	free(text);
	return ret;
}
