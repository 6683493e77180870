// SPDX-License-Identifier: GPL-2.0-or-later
/* trace.dat version 6 (trace-cmd.dat.v6(5)), read from its start to its data. */
#include "test/bench/rec6.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAG		10
#define PAGE_HEAD	16
#define USED_MASK	((1u << 27) - 1)

enum { LEN_IN_DATA = 0, PADDING = 29, TIME_EXTEND = 30, TIME_STAMP = 31 };
enum { OPTION_BUFFER = 3, OPTION_SECTIONS = 16 };

struct at {
	const char	*path;
	const uint8_t	*p, *end;
};

static void __attribute__((noreturn)) die(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	exit(3);
}

static const uint8_t *take(struct at *a, uint64_t len)
{
	const uint8_t *p = a->p;

	if (len > (uint64_t)(a->end - a->p))
		die(a->path, "ends early");
	a->p += len;
	return p;
}

uint32_t rec6_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t rec6_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint16_t u16(struct at *a)
{
	uint16_t v;

	memcpy(&v, take(a, 2), sizeof(v));
	return v;
}

static uint32_t u32(struct at *a)
{
	return rec6_u32(take(a, 4));
}

static uint64_t u64(struct at *a)
{
	return rec6_u64(take(a, 8));
}

static const char *str(struct at *a)
{
	const uint8_t *nul = memchr(a->p, 0, a->end - a->p);

	if (!nul)
		die(a->path, "ends early");
	return (const char *)take(a, nul + 1 - a->p);
}

static struct rec6_blob blob(struct at *a, uint64_t len)
{
	return (struct rec6_blob){ take(a, len), len };
}

static void *grown(void *v, size_t nr, size_t size)
{
	v = reallocarray(v, nr + 1, size);
	if (!v)
		abort();
	return v;
}

static void add_format(struct rec6 *r, struct at *a, const char *system)
{
	struct rec6_format f = { .system = system };
	const uint8_t *id;

	f.text = blob(a, u64(a));
	id = memmem(f.text.p, f.text.len, "\nID: ", 5);
	f.id = id ? strtoul((const char *)id + 5, NULL, 10) : 0;
	r->formats = grown(r->formats, r->nr_formats, sizeof(f));
	r->formats[r->nr_formats++] = f;
}

static void read_formats(struct rec6 *r, struct at *a)
{
	for (uint32_t i = u32(a); i; i--)
		add_format(r, a, NULL);
	for (uint32_t systems = u32(a); systems; systems--) {
		const char *system = str(a);

		for (uint32_t i = u32(a); i; i--)
			add_format(r, a, system);
	}
}

static void read_options(struct rec6 *r, struct at *a)
{
	struct rec6_option o;

	while ((o.id = u16(a))) {
		o.body = blob(a, u32(a));
		if (o.id == OPTION_BUFFER)
			die(a->path, "has several buffers");
		if (o.id >= OPTION_SECTIONS)
			continue;
		r->options = grown(r->options, r->nr_options, sizeof(o));
		r->options[r->nr_options++] = o;
	}
}

static struct at map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *p;

	if (fd < 0 || fstat(fd, &st)) {
		perror(path);
		exit(3);
	}
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		die(path, "cannot be mapped");
	close(fd);
	return (struct at){ path, p, p + st.st_size };
}

void rec6_open(struct rec6 *r, const char *path)
{
	struct at a = map(path);
	const uint8_t *start = a.p;

	*r = (struct rec6){ 0 };
	if (memcmp(take(&a, 10), "\x17\x08\x44tracing", 10) || strcmp(str(&a), "6"))
		die(path, "no trace.dat of version 6");
	take(&a, 2);
	r->page_size = u32(&a);
	str(&a);
	r->header_page = blob(&a, u64(&a));
	str(&a);
	r->header_event = blob(&a, u64(&a));
	read_formats(r, &a);
	take(&a, u32(&a));		/* kallsyms */
	take(&a, u32(&a));		/* printk */
	r->cmdlines = blob(&a, u64(&a));
	r->nr_cpus = u32(&a);
	if (!memcmp(a.p, "options  ", TAG)) {
		take(&a, TAG);
		read_options(r, &a);
	}
	if (memcmp(take(&a, TAG), "flyrecord", TAG))
		die(path, "no recorded buffer");
	r->cpus = calloc(r->nr_cpus, sizeof(*r->cpus));
	for (uint32_t i = 0; i < r->nr_cpus; i++) {
		uint64_t offset = u64(&a), len = u64(&a);

		r->cpus[i] = (struct rec6_blob){ start + offset, len };
		if (offset + len > (uint64_t)(a.end - start))
			die(path, "its data end early");
	}
}

uint32_t rec6_page_used(const uint8_t *page)
{
	return rec6_u64(page + 8) & USED_MASK;
}

struct rec6_event rec6_event_at(uint8_t *at, const uint8_t *end)
{
	struct rec6_event ev = { .at = at };
	uint32_t head = rec6_u32(at), type = head & 31, delta = head >> 5;
	uint32_t array = end - at >= 8 ? rec6_u32(at + 4) : 0;

	switch (type) {
	case PADDING:
		ev.next = delta ? at + 4 + array : (uint8_t *)end;
		break;
	case TIME_STAMP:
		ev.absolute = delta + ((uint64_t)array << 27);
		/* fall through */
	case TIME_EXTEND:
		ev.next = at + 8;
		break;
	case LEN_IN_DATA:
		ev.data = at + 8;
		ev.next = at + 4 + ((array + 3) & ~3u);
		break;
	default:
		ev.data = at + 4;
		ev.next = at + 4 + type * 4;
		break;
	}
	if (ev.data)
		ev.id = ev.data[0] | ev.data[1] << 8;
	return ev;
}
