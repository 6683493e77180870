// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where each CPU's data are.  trace-cmd writes the CPUs of a buffer in the order
 * of its table, each at a multiple of the page size right behind the one before:
 * an offset or a size that says otherwise is damaged, and its neighbours tell better.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/dat.h"
#include "capture/dat_stream.h"
#include "capture/source.h"

static uint64_t align_up(uint64_t at, uint32_t page_size)
{
	return (at + page_size - 1) & ~(uint64_t)(page_size - 1);
}

/* Behind the data of @c; compressed ones have a chunk count in front that the size leaves out. */
static uint64_t end_of(const struct dat_cpu *c)
{
	return c->offset + c->size + (c->compressed ? 4 : 0);
}

static const struct dat_cpu *same_buffer(const struct dat *d, size_t i, const struct dat_cpu *c)
{
	return i < d->nr_cpus && d->cpus[i].buffer == c->buffer ? &d->cpus[i] : NULL;
}

static void mend_offset(struct dat *d, size_t i)
{
	struct dat_cpu *c = &d->cpus[i];
	const struct dat_cpu *prev = i ? same_buffer(d, i - 1, c) : NULL, *next = same_buffer(d, i + 1, c);
	uint32_t page_size = d->page_size;
	bool sound = !(c->offset & (page_size - 1)) && c->offset <= UINT64_MAX / 2 && c->size <= UINT64_MAX / 2;
	uint64_t want = c->offset;

	if (prev && (!sound || c->offset < end_of(prev) || (c->offset >= d->file.size && end_of(prev) < d->file.size)))
		want = align_up(end_of(prev), page_size);
	else if (!prev && next && (!sound || c->offset >= next->offset) && next->offset > c->size)
		want = align_up(next->offset - c->size - (c->compressed ? 4 : 0) - (page_size - 1), page_size);
	if (want == c->offset && sound)
		return;
	dat_note(d, c->cpu, 1, "its data are not where the table has them");
	c->offset = want;
}

static void mend_size(struct dat *d, size_t i)
{
	struct dat_cpu *c = &d->cpus[i];
	const struct dat_cpu *next = same_buffer(d, i + 1, c);

	if (next && next->offset > c->offset)
		c->limit = min_u64(c->limit, next->offset);
	if (end_of(c) > c->limit && c->limit < d->file.size)
		dat_note(d, c->cpu, 1, "its data run into what follows them");
	else if (end_of(c) > d->file.size)
		dat_note(d, c->cpu, min_u64(end_of(c) - d->file.size, c->size), "bytes of its data are cut off");
	else if (next && c->limit - end_of(c) >= d->page_size)
		dat_note(d, c->cpu, 1, "its data are longer than the table says");
	else
		return;
	if (c->offset >= c->limit)
		c->size = 0;
	else if (end_of(c) > c->limit || !c->compressed)
		c->size = c->limit - c->offset - (c->compressed ? min_u64(4, c->limit - c->offset) : 0);
}

static int by_buffer(const void *a, const void *b)
{
	const struct dat_cpu *x = a, *y = b;

	if (x->buffer != y->buffer)
		return x->buffer < y->buffer ? -1 : 1;
	return (x->cpu > y->cpu) - (x->cpu < y->cpu);
}

void dat_place_cpus(struct dat *d)
{
	if (d->nr_cpus)
		qsort(d->cpus, d->nr_cpus, sizeof(*d->cpus), by_buffer);
	for (size_t i = 0; i < d->nr_cpus; i++) {
		d->cpus[i].limit = min_u64(d->cpus[i].limit, d->file.size);
		mend_offset(d, i);
	}
	for (size_t i = 0; i < d->nr_cpus; i++)
		mend_size(d, i);
}

/* --- without a table ------------------------------------------------------------------------- */

static bool read_at(const struct dat *d, uint64_t at, void *to, size_t len)
{
	return at <= d->file.size && len <= d->file.size - at && pread(d->file.fd, to, len, at) == (ssize_t)len;
}

static bool u32_at(const struct dat *d, uint64_t at, uint32_t *v)
{
	if (!read_at(d, at, v, sizeof(*v)))
		return false;
	*v = d->swap ? __builtin_bswap32(*v) : *v;
	return true;
}

static void find_packed(struct dat *d, uint32_t buffer, uint64_t from, uint64_t to)
{
	for (uint32_t cpu = 0;; cpu++) {
		struct dat_cpu c = { .buffer = buffer, .cpu = cpu, .compressed = true, .limit = to };
		uint32_t nr, packed, len;
		uint64_t at;

		c.offset = align_up(from, d->page_size);
		at = c.offset + 4;
		if (at >= to || !u32_at(d, c.offset, &nr) || !nr)
			return;
		while (nr-- > 0 && u32_at(d, at, &packed) && u32_at(d, at + 4, &len) &&
		       dat_chunk_plausible(d, d->page_size, packed, len, to - at))
			at += 8 + (uint64_t)packed;
		if (nr != UINT32_MAX)		/* the chunk at @at is damaged or cut: the rest is this CPU's */
			at = to;
		c.size = at - c.offset - 4;
		dat_add_cpu(d, &c);
		from = at;
	}
}

/* A page whose time lies before that of the page in front of it is another CPU's first. */
static void find_plain(struct dat *d, uint32_t buffer, uint64_t from, uint64_t to)
{
	struct dat_cpu c = { .buffer = buffer, .limit = to, .offset = align_up(from, d->page_size) };
	uint64_t last = 0, ts;

	for (uint64_t at = c.offset; at < to && read_at(d, at, &ts, sizeof(ts)); at += d->page_size) {
		ts = d->swap ? __builtin_bswap64(ts) : ts;
		if (ts < last) {
			dat_add_cpu(d, &c);
			c = (struct dat_cpu){ .buffer = buffer, .cpu = c.cpu + 1, .limit = to, .offset = at };
		}
		c.size = at - c.offset + d->page_size;
		last = ts;
	}
	dat_add_cpu(d, &c);
}

void dat_find_cpus(struct dat *d, uint32_t buffer, uint64_t from, uint64_t to, bool compressed)
{
	if (compressed)
		find_packed(d, buffer, from, to);
	else
		find_plain(d, buffer, from, to);
}
