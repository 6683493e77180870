// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat version 6: one part after the other, nothing compressed. */
#include <string.h>

#include "capture/dat.h"
#include "capture/source.h"

#define TAG_LEN		10	/* "options  ", "flyrecord", "latency  ", terminated */

static bool tag_is(struct bytes *b, const char *tag)
{
	const uint8_t *p = bytes_skip(b, TAG_LEN);

	return p && !memcmp(p, tag, TAG_LEN);
}

/* Offset and size per CPU; @b stands behind "flyrecord". */
static void read_cpus(struct dat *d, struct bytes *b, uint32_t buffer, uint32_t nr)
{
	if (nr > SOURCE_CPU_MAX || (uint64_t)nr * 16 > (uint64_t)(b->end - b->p)) {
		dat_note(d, SOURCE_NO_CPU, 1, "the table of its CPUs' data ends early");
		return;
	}
	for (uint32_t i = 0; i < nr; i++) {
		struct dat_cpu cpu = { .buffer = buffer, .cpu = i, .limit = d->file.size };

		cpu.offset = bytes_u64(b);
		cpu.size = bytes_u64(b);
		dat_add_cpu(d, &cpu);
	}
}

/* An instance: its data are where the option points. */
static void read_instance(struct dat *d, const uint8_t *body, uint32_t len, uint32_t nr_cpus)
{
	struct bytes o = bytes_of(d, body, len), at;
	uint64_t offset = bytes_u64(&o);
	const char *name = bytes_str(&o);

	offset = min_u64(offset, d->file.size);
	at = bytes_of(d, d->file.p + offset, d->file.size - offset);
	if (!name || !tag_is(&at, "flyrecord")) {
		dat_note(d, SOURCE_NO_CPU, 1, "an instance is not where it should be");
		return;
	}
	read_cpus(d, &at, dat_add_buffer(d, name, d->clock_name ? d->clock_name : "", d->page_size), nr_cpus);
}

/* Return: false when the options cannot be followed to their end. */
static bool read_options(struct dat *d, struct bytes *b, uint32_t nr_cpus)
{
	for (;;) {
		unsigned int id = bytes_u16(b);
		struct bytes o = { 0 };
		uint32_t len;

		if (b->bad || id == DAT_DONE)
			return !b->bad;
		len = bytes_u32(b);
		o.p = bytes_skip(b, len);
		if (!o.p)
			return false;
		if (id == DAT_BUFFER)
			read_instance(d, o.p, len, nr_cpus);
		else
			dat_option(d, id, o.p, len);
	}
}

/* A length and as much text. */
static bool skip_text(struct bytes *b)
{
	return bytes_skip(b, bytes_u32(b));
}

static bool read_head(struct dat *d, struct bytes *b)
{
	if (!dat_read_headers(d, b) || !dat_read_ftrace(d, b) || !dat_read_formats(d, b))
		return false;
	d->kallsyms_at = b->p - d->file.p;
	return skip_text(b) && skip_text(b) && dat_read_cmdlines(d, b);	/* the second: formats of printk */
}

/* Moves to the next @tag, wherever it stands. */
static bool find_tag(struct bytes *b, const char *tag)
{
	const uint8_t *found = memmem(b->p, b->end - b->p, tag, TAG_LEN);

	b->bad = false;
	if (found)
		b->p = found;
	return found;
}

/* The head cannot be followed: what comes behind it begins with a tag, and the count of CPUs in front of that. */
static bool find_data(struct dat *d, struct bytes *b)
{
	dat_note(d, SOURCE_NO_CPU, 1, "its head cannot be followed; what stands behind it was searched for");
	if (!find_tag(b, "options  ") && !find_tag(b, "flyrecord") && !find_tag(b, "latency  "))
		return false;
	b->p -= 4;
	return true;
}

static void read_text(struct dat *d, struct bytes *b)
{
	d->text = (const char *)b->p;
	d->text_len = b->end - b->p;
}

void dat_read_v6(struct dat *d, struct bytes *b)
{
	struct bytes from = *b;
	uint32_t nr_cpus;

	dat_add_buffer(d, "", "", d->page_size);	/* the top one is the first, as in version 7 */
	if (!read_head(d, b)) {
		*b = from;
		if (!find_data(d, b))
			return;
	}
	nr_cpus = bytes_u32(b);
	from = *b;
	if (!tag_is(b, "options  ")) {
		*b = from;
	} else if (!read_options(d, b, nr_cpus)) {
		*b = from;
		dat_note(d, SOURCE_NO_CPU, 1, "its options cannot be followed to their end");
		if (!find_tag(b, "flyrecord") && !find_tag(b, "latency  "))
			return;
	}
	from = *b;
	if (tag_is(b, "latency  ")) {
		read_text(d, b);
		return;
	}
	*b = from;
	if (!tag_is(b, "flyrecord")) {
		*b = from;
		dat_note(d, SOURCE_NO_CPU, 1, "the table of its CPUs' data is not where it should be");
		if (!find_tag(b, "flyrecord"))
			return;
		bytes_skip(b, TAG_LEN);
	}
	read_cpus(d, b, 0, nr_cpus);
}
