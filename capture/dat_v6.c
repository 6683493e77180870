// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat version 6: one part after the other, nothing compressed. */
#include <string.h>

#include "capture/dat.h"

#define TAG_LEN	10	/* "options  ", "flyrecord", "latency  ", terminated */

static bool tag_is(struct bytes *b, const char *tag)
{
	const uint8_t *p = bytes_skip(b, TAG_LEN);

	return p && !memcmp(p, tag, TAG_LEN);
}

/* Offset and size per CPU; @b stands behind "flyrecord". */
static int read_cpus(struct dat *d, struct bytes *b, uint32_t buffer, uint32_t nr, struct err *e)
{
	for (uint32_t i = 0; i < nr; i++) {
		struct dat_cpu cpu = { .buffer = buffer, .cpu = i };
		int ret;

		cpu.offset = bytes_u64(b);
		cpu.size = bytes_u64(b);
		if (b->bad)
			return dat_damaged(d, e, "the table of its CPUs' data ends early");
		ret = dat_add_cpu(d, &cpu, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* An instance: its data are where the option points. */
static int read_instance(struct dat *d, const uint8_t *body, uint32_t len, uint32_t nr_cpus, struct err *e)
{
	struct bytes o = bytes_of(body, len), at;
	uint64_t offset = bytes_u64(&o);
	const char *name = bytes_str(&o);

	if (!name || offset >= d->size)
		return dat_damaged(d, e, "a buffer lies beyond the end of the file");
	at = bytes_of(d->map + offset, d->size - offset);
	if (!tag_is(&at, "flyrecord"))
		return dat_damaged(d, e, "buffer %s is not where it should be", name);
	return read_cpus(d, &at, dat_add_buffer(d, name, d->clock), nr_cpus, e);
}

static int read_options(struct dat *d, struct bytes *b, uint32_t nr_cpus, struct err *e)
{
	for (;;) {
		unsigned int id = bytes_u16(b);
		const uint8_t *body;
		uint32_t len;
		int ret;

		if (b->bad)
			break;
		if (id == DAT_DONE)
			return 0;
		len = bytes_u32(b);
		body = bytes_skip(b, len);
		if (!body)
			break;
		dat_option(d, id, body, len);
		ret = id == DAT_BUFFER ? read_instance(d, body, len, nr_cpus, e) : 0;
		if (ret)
			return ret;
	}
	return dat_damaged(d, e, "its options end early");
}

/* A length and as much text. */
static void skip_text(struct bytes *b)
{
	bytes_skip(b, bytes_u32(b));
}

int dat_read_v6(struct dat *d, struct bytes *b, struct err *e)
{
	uint32_t nr_cpus;
	bool options;
	int ret;

	ret = dat_read_headers(d, b, e);
	if (!ret)
		ret = dat_read_ftrace(d, b, e);
	if (!ret)
		ret = dat_read_formats(d, b, e);
	if (ret)
		return ret;
	d->kallsyms_at = b->p - d->map;
	skip_text(b);
	skip_text(b);		/* printk formats */
	ret = dat_read_cmdlines(d, b, e);
	if (ret)
		return ret;
	nr_cpus = bytes_u32(b);
	options = tag_is(b, "options  ");
	if (b->bad)
		return dat_damaged(d, e, "it ends before its data");
	if (options) {
		ret = read_options(d, b, nr_cpus, e);
		if (ret)
			return ret;
		options = tag_is(b, "flyrecord");
	} else {
		b->p -= TAG_LEN;
		options = tag_is(b, "flyrecord");
	}
	if (!options)
		return b->bad ? dat_damaged(d, e, "it ends before its data")
			      : err_set(e, ERR_INPUT, "%s: a text trace (trace-cmd extract of a latency tracer); "
					"only recorded ring buffers can be read", d->path);
	return read_cpus(d, b, dat_add_buffer(d, "", d->clock), nr_cpus, e);
}
