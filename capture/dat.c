// SPDX-License-Identifier: GPL-2.0-or-later
/* What versions 6 and 7 of trace.dat have in common, and the way in and out. */
#include "capture/dat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/source.h"

static const uint8_t magic[10] = { 0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g' };

bool dat_magic(const uint8_t *p, size_t len)
{
	return len >= sizeof(magic) && !memcmp(p, magic, sizeof(magic));
}

int dat_damaged(const struct dat *d, struct err *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_INPUT, "%s: %s; the recording is damaged or cut short, record or copy it again",
		       d->path, what);
}

const uint8_t *bytes_skip(struct bytes *b, uint64_t len)
{
	const uint8_t *p = b->p;

	if (b->bad || len > (uint64_t)(b->end - p)) {
		b->bad = true;
		return NULL;
	}
	b->p += len;
	return p;
}

/* Recordings and hosts are little endian alike: dat_open() refuses others. */
static uint64_t number(struct bytes *b, size_t len)
{
	const uint8_t *p = bytes_skip(b, len);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, len);
	return v;
}

uint16_t bytes_u16(struct bytes *b)
{
	return number(b, 2);
}

uint32_t bytes_u32(struct bytes *b)
{
	return number(b, 4);
}

uint64_t bytes_u64(struct bytes *b)
{
	return number(b, 8);
}

const char *bytes_str(struct bytes *b)
{
	const uint8_t *nul = b->bad ? NULL : memchr(b->p, 0, b->end - b->p);
	const char *s = (const char *)b->p;

	if (!nul) {
		b->bad = true;
		return NULL;
	}
	b->p = nul + 1;
	return s;
}

/* "header_page" and "header_event": their layout is the one kbuffer knows. */
int dat_read_headers(struct dat *d, struct bytes *b, struct err *e)
{
	static const char *const names[] = { "header_page", "header_event" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name = bytes_str(b);

		if (!name || strcmp(name, names[i]) || !bytes_skip(b, bytes_u64(b)))
			return dat_damaged(d, e, "no %s in its head", names[i]);
	}
	return 0;
}

static void add_format(struct dat *d, const char *system, const uint8_t *text, uint64_t len)
{
	if (!(d->nr_formats & (d->nr_formats + 1)))	/* at 0, 1, 3, 7, ... */
		d->formats = xreallocarray(d->formats, 2 * d->nr_formats + 2, sizeof(*d->formats));
	d->formats[d->nr_formats++] = (struct dat_format){ system, (const char *)text, len };
}

int dat_read_ftrace(struct dat *d, struct bytes *b, struct err *e)
{
	uint32_t nr = bytes_u32(b);

	for (uint32_t i = 0; i < nr && !b->bad; i++) {
		uint64_t len = bytes_u64(b);
		const uint8_t *text = bytes_skip(b, len);

		if (text)
			add_format(d, "ftrace", text, len);
	}
	return b->bad ? dat_damaged(d, e, "ftrace's own events end early") : 0;
}

int dat_read_formats(struct dat *d, struct bytes *b, struct err *e)
{
	uint32_t systems = bytes_u32(b);

	for (uint32_t i = 0; i < systems && !b->bad; i++) {
		const char *system = bytes_str(b);
		uint32_t nr = bytes_u32(b);

		for (uint32_t j = 0; j < nr && !b->bad; j++) {
			uint64_t len = bytes_u64(b);
			const uint8_t *text = bytes_skip(b, len);

			if (text)
				add_format(d, system, text, len);
		}
	}
	return b->bad ? dat_damaged(d, e, "the formats of its events end early") : 0;
}

int dat_read_cmdlines(struct dat *d, struct bytes *b, struct err *e)
{
	uint64_t len = bytes_u64(b);
	const uint8_t *text = bytes_skip(b, len);

	if (!text)
		return dat_damaged(d, e, "its list of threads ends early");
	d->cmdlines = (const char *)text;
	d->cmdlines_len = len;
	return 0;
}

uint32_t dat_add_buffer(struct dat *d, const char *name, const char *clock)
{
	d->buffers = xreallocarray(d->buffers, d->nr_buffers + 1, sizeof(*d->buffers));
	d->buffers[d->nr_buffers] = (struct dat_buffer){ xstrdup(name), xstrdup(clock) };
	return d->nr_buffers++;
}

int dat_add_cpu(struct dat *d, const struct dat_cpu *cpu, struct err *e)
{
	if (!cpu->size)
		return 0;
	if (cpu->cpu > SOURCE_CPU_MAX)
		return dat_damaged(d, e, "it has data of a CPU %u", cpu->cpu);
	if (cpu->offset > d->size || cpu->size > d->size - cpu->offset)
		return dat_damaged(d, e, "the data of CPU %u end beyond the end of the file", cpu->cpu);
	d->cpus = xreallocarray(d->cpus, d->nr_cpus + 1, sizeof(*d->cpus));
	d->cpus[d->nr_cpus++] = *cpu;
	return 0;
}

static int read_all(struct dat *d, struct err *e)
{
	struct bytes b = bytes_of(d->map, d->size);
	const char *version;
	unsigned int endian;

	if (!dat_magic(d->map, d->size))
		return err_set(e, ERR_INPUT, "%s: not a trace.dat", d->path);
	bytes_skip(&b, sizeof(magic));
	version = bytes_str(&b);
	endian = number(&b, 1);
	d->long_size = number(&b, 1);
	d->page_size = bytes_u32(&b);
	if (b.bad)
		return dat_damaged(d, e, "it ends within its head");
	d->version = atoi(version);
	if (d->version != 6 && d->version != 7)
		return err_set(e, ERR_INPUT, "%s: trace.dat version %.8s; versions 6 and 7 can be read",
			       d->path, version);
	if (endian || d->long_size != 8)
		return err_set(e, ERR_INPUT, "%s: recorded on a big-endian or 32-bit machine; only 64-bit "
			       "little-endian ones can be read", d->path);
	if (d->page_size < 64 || d->page_size > (1u << 20) || (d->page_size & (d->page_size - 1)))
		return dat_damaged(d, e, "its page size of %u is none", d->page_size);
	return d->version == 6 ? dat_read_v6(d, &b, e) : dat_read_v7(d, &b, e);
}

static int map_file(struct dat *d, struct err *e)
{
	struct stat st;

	d->fd = open(d->path, O_RDONLY | O_CLOEXEC);
	if (d->fd < 0 || fstat(d->fd, &st))
		return err_sys(e, errno, d->path, "open");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: not a regular file", d->path);
	if (!st.st_size)
		return err_set(e, ERR_INPUT, "%s: the file is empty", d->path);
	d->size = st.st_size;
	d->map = mmap(NULL, d->size, PROT_READ, MAP_PRIVATE, d->fd, 0);
	if (d->map == MAP_FAILED) {
		d->map = NULL;
		return err_sys(e, errno, d->path, "map");
	}
	return 0;
}

int dat_open(const char *path, struct dat **out, struct err *e)
{
	struct dat *d = xcalloc(1, sizeof(*d));
	int ret;

	d->path = xstrdup(path);
	d->fd = -1;
	ret = map_file(d, e);
	if (!ret)
		ret = read_all(d, e);
	if (ret) {
		dat_close(d);
		return ret;
	}
	*out = d;
	return 0;
}

void dat_close(struct dat *d)
{
	if (!d)
		return;
	if (d->map)
		munmap((void *)d->map, d->size);
	if (d->fd >= 0)
		close(d->fd);
	for (size_t i = 0; i < d->nr_owned; i++)
		free(d->owned[i]);
	for (size_t i = 0; i < d->nr_stats; i++)
		free(d->stats[i].buffer);
	for (size_t i = 0; i < d->nr_buffers; i++) {
		free(d->buffers[i].name);
		free(d->buffers[i].clock);
	}
	free(d->owned);
	free(d->stats);
	free(d->buffers);
	free(d->cpus);
	free(d->formats);
	free(d->stat_buffer);
	free(d->uname);
	free(d->clock);
	free(d->path);
	free(d);
}
