// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page: u64 time of its first event, u64 bytes used, events.  An event: u32 of 5 bits length (in words)
 * and 27 bits time since the one before, then the record.  A longer time is an event of its own in front
 * (TIME_EXTEND).
 */
#include "export/pages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/out/spool.h"

#define HEAD_BYTES	16u
#define DELTA_BITS	27
#define TIME_EXTEND	30u
#define WORDS_MAX	28u		/* that fit the length; longer ones have a word for it */
#define RECORD_MAX	1024u
#define NO_PAGE		UINT32_MAX

struct cpu {
	uint8_t	*page;			/* the one being filled; NULL: it has had no record */
	uint32_t used;
	uint64_t last_ns, records;
	uint32_t first, last, nr;	/* full pages, by number in the spool */
};

struct pages {
	char	   *path;
	int	    fd;
	struct cpu *cpus;
	uint32_t    nr_cpus;
	uint32_t   *next;		/* of each page in the spool: its CPU's next */
	uint32_t    nr, cap;
	uint64_t    late;
	int	    ret;
	struct err  err;
};

int pages_open(const char *path, uint32_t nr_cpus, struct pages **out, struct err *e)
{
	int fd = spool_open(path, e);
	struct pages *p;

	if (fd < 0)
		return fd;
	p = xcalloc(1, sizeof(*p));
	*p = (struct pages){ .path = xstrdup(path), .fd = fd, .nr_cpus = nr_cpus,
			     .cpus = xcalloc(nr_cpus, sizeof(*p->cpus)) };
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		p->cpus[cpu].first = p->cpus[cpu].last = NO_PAGE;
	*out = p;
	return 0;
}

void pages_close(struct pages *p)
{
	if (!p)
		return;
	for (uint32_t cpu = 0; cpu < p->nr_cpus; cpu++)
		free(p->cpus[cpu].page);
	close(p->fd);
	free(p->cpus);
	free(p->next);
	free(p->path);
	free(p);
}

static int write_page(struct pages *p, const uint8_t *page)
{
	for (size_t done = 0; done < PAGES_BYTES;) {
		ssize_t put = pwrite(p->fd, page + done, PAGES_BYTES - done, (off_t)p->nr * PAGES_BYTES + (off_t)done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return err_sys(&p->err, put ? errno : EIO, p->path, "write");
		done += (size_t)put;
	}
	return 0;
}

/* The page is full, or the last one. */
static void spill(struct pages *p, struct cpu *c)
{
	const uint64_t used = c->used - HEAD_BYTES;

	memcpy(c->page + 8, &used, 8);
	memset(c->page + c->used, 0, PAGES_BYTES - c->used);
	if (!p->ret)
		p->ret = write_page(p, c->page);
	if (p->ret)
		return;
	if (p->nr == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 256;
		p->next = xreallocarray(p->next, p->cap, sizeof(*p->next));
	}
	p->next[p->nr] = NO_PAGE;
	*(c->last == NO_PAGE ? &c->first : &p->next[c->last]) = p->nr;
	c->last = p->nr++;
	c->nr++;
}

static void begin_page(struct cpu *c, uint64_t t_ns)
{
	if (!c->page)
		c->page = xmalloc(PAGES_BYTES);
	memcpy(c->page, &t_ns, 8);
	c->used = HEAD_BYTES;
	c->last_ns = t_ns;
}

static void put_word(struct cpu *c, uint32_t word)
{
	memcpy(c->page + c->used, &word, 4);
	c->used += 4;
}

void pages_add(struct pages *p, uint32_t cpu, uint64_t t_ns, const void *record, uint32_t size)
{
	struct cpu *c = &p->cpus[cpu];
	uint64_t delta;

	assert(cpu < p->nr_cpus && size && size <= RECORD_MAX && size % 4 == 0);
	if (c->page && t_ns < c->last_ns) {
		p->late++;
		t_ns = c->last_ns;
	}
	if (!c->page || c->used + 16 + size > PAGES_BYTES) {
		if (c->page)
			spill(p, c);
		begin_page(c, t_ns);
	}
	delta = t_ns - c->last_ns;
	if (delta >> DELTA_BITS) {
		put_word(c, TIME_EXTEND | (uint32_t)delta << 5);
		put_word(c, (uint32_t)(delta >> DELTA_BITS));
		delta = 0;
	}
	if (size <= WORDS_MAX * 4) {
		put_word(c, size / 4 | (uint32_t)delta << 5);
	} else {
		put_word(c, (uint32_t)delta << 5);
		put_word(c, size + 4);
	}
	memcpy(c->page + c->used, record, size);
	c->used += size;
	c->last_ns = t_ns;
	c->records++;
}

int pages_finish(struct pages *p, struct err *e)
{
	for (uint32_t cpu = 0; cpu < p->nr_cpus; cpu++) {
		struct cpu *c = &p->cpus[cpu];

		if (c->page)
			spill(p, c);
		free(c->page);
		c->page = NULL;
	}
	if (p->ret)
		*e = p->err;
	return p->ret;
}

uint64_t pages_bytes(const struct pages *p, uint32_t cpu)
{
	return (uint64_t)p->cpus[cpu].nr * PAGES_BYTES;
}

uint64_t pages_records(const struct pages *p, uint32_t cpu)
{
	return p->cpus[cpu].records;
}

uint64_t pages_late(const struct pages *p)
{
	return p->late;
}

static int copy_page(const struct pages *p, uint32_t number, struct outfile *o, struct err *e)
{
	uint8_t page[PAGES_BYTES];

	for (size_t done = 0; done < PAGES_BYTES;) {
		ssize_t got = pread(p->fd, page + done, PAGES_BYTES - done, (off_t)number * PAGES_BYTES + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_sys(e, got ? errno : EIO, p->path, "read back");
		done += (size_t)got;
	}
	return outfile_write(o, page, PAGES_BYTES, e);
}

int pages_append(const struct pages *p, struct outfile *o, struct err *e)
{
	for (uint32_t cpu = 0; cpu < p->nr_cpus; cpu++)
		for (uint32_t n = p->cpus[cpu].first; n != NO_PAGE; n = p->next[n]) {
			int ret = copy_page(p, n, o, e);

			if (ret)
				return ret;
		}
	return 0;
}
