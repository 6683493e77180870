// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of a trace.dat: the kernel, the clock and its way to the host's, and what was lost by CPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/dat.h"
#include "capture/source.h"

/* "local [mono] boot": the one in brackets. */
static char *bracketed(const char *list)
{
	const char *from = strchr(list, '[');
	const char *to = from ? strchr(from, ']') : NULL;

	return to ? strndup(from + 1, to - from - 1) : xstrdup(list);
}

/* "\nBuffer: NAME\n\n" stands before the counts of an instance's CPUs. */
static bool buffer_line(struct dat *d, const char *text)
{
	char name[128];

	if (sscanf(text, " Buffer: %127s", name) != 1)
		return false;
	free(d->stat_buffer);
	d->stat_buffer = xstrdup(name);
	return true;
}

static void cpu_stat(struct dat *d, const char *text)
{
	static const struct {
		const char *label;
		size_t	    at;
	} lines[] = {
		{ "overrun: ",		offsetof(struct dat_stat, overrun) },
		{ "commit overrun: ",	offsetof(struct dat_stat, commit_overrun) },
		{ "dropped events: ",	offsetof(struct dat_stat, dropped) },
		{ "read events: ",	offsetof(struct dat_stat, read) },
	};
	struct dat_stat s = { .buffer = xstrdup(d->stat_buffer ? d->stat_buffer : "") };
	unsigned int found = 0;

	if (sscanf(text, "CPU: %u", &s.cpu) != 1) {
		dat_note(d, SOURCE_NO_CPU, 1, "counts of the kernel that cannot be read");
		free(s.buffer);
		return;
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
			size_t len = strlen(lines[i].label);

			if (strncmp(line, lines[i].label, len))
				continue;
			*(uint64_t *)((char *)&s + lines[i].at) = strtoull(line + len, NULL, 10);
			s.has_read |= lines[i].at == offsetof(struct dat_stat, read);
			found++;
		}
	}
	if (found < ARRAY_SIZE(lines) - 1)	/* "read events" came later than the others */
		dat_note(d, s.cpu, 1, "counts of the kernel that cannot be read");
	d->stats = xreallocarray(d->stats, d->nr_stats + 1, sizeof(*d->stats));
	d->stats[d->nr_stats++] = s;
}

/* --- the clock ------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct dat_sync *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/* Of several samples at one time, the first. */
static void sort_sync(struct dat_sync_cpu *c)
{
	uint32_t kept = 0;

	if (c->nr)
		qsort(c->v, c->nr, sizeof(*c->v), by_time);
	for (uint32_t i = 0; i < c->nr; i++)
		if (!i || c->v[i].time != c->v[i - 1].time)
			c->v[kept++] = c->v[i];
	c->nr = kept;
}

/* Times, offsets and scalings of each vCPU; behind them, if there is room, the fractions of all. */
static void read_samples(struct dat *d, struct bytes *b)
{
	struct dat_clock *c = &d->clock;

	for (uint32_t i = 0; i < c->nr_sync && !b->bad; i++) {
		uint32_t nr = bytes_u32(b);

		if ((uint64_t)nr * 24 > (uint64_t)(b->end - b->p)) {
			b->bad = true;
			return;
		}
		c->sync[i] = (struct dat_sync_cpu){ xcalloc(nr, sizeof(*c->sync[i].v)), nr };
		for (uint32_t j = 0; j < nr; j++)
			c->sync[i].v[j].time = bytes_u64(b);
		for (uint32_t j = 0; j < nr; j++)
			c->sync[i].v[j].offset = (int64_t)bytes_u64(b);
		for (uint32_t j = 0; j < nr; j++)
			c->sync[i].v[j].scaling = bytes_u64(b);
	}
	for (uint32_t i = 0; i < c->nr_sync && b->p < b->end; i++)
		for (uint32_t j = 0; j < c->sync[i].nr; j++)
			c->sync[i].v[j].fraction = bytes_u64(b) & 63;
}

static void time_shift(struct dat *d, const uint8_t *body, uint32_t len)
{
	struct bytes b = bytes_of(d, body, len);
	struct dat_clock *c = &d->clock;
	uint32_t nr;

	if (c->sync)
		return;
	c->peer_id = bytes_u64(&b);
	c->flags = bytes_u32(&b);
	nr = bytes_u32(&b);
	if ((uint64_t)nr * 4 > (uint64_t)(b.end - b.p))
		b.bad = true;
	if (!b.bad) {
		c->sync = xcalloc(nr, sizeof(*c->sync));
		c->nr_sync = nr;
		read_samples(d, &b);
	}
	if (b.bad)
		dat_note(d, SOURCE_NO_CPU, 1, "the offsets from the host's clock cannot be read");
	for (uint32_t i = 0; i < c->nr_sync; i++)
		sort_sync(&c->sync[i]);
}

static void tsc_to_ns(struct dat *d, const uint8_t *body, uint32_t len)
{
	struct bytes b = bytes_of(d, body, len);

	d->clock.mult = bytes_u32(&b);
	d->clock.shift = bytes_u32(&b);
	if (b.bad || !d->clock.mult || d->clock.shift > 63) {
		dat_note(d, SOURCE_NO_CPU, 1, "the way from cycles to nanoseconds cannot be read");
		d->clock.mult = 0;
	}
}

/* One guest of this host: its name and the number of its recording. */
static void add_guest(struct dat *d, const uint8_t *body, uint32_t len)
{
	struct bytes b = bytes_of(d, body, len);
	const char *name = bytes_str(&b);
	uint64_t id = bytes_u64(&b);

	if (b.bad)
		return;
	d->guests = xreallocarray(d->guests, d->nr_guests + 1, sizeof(*d->guests));
	d->guests[d->nr_guests++] = (struct dat_guest){ xstrdup(name), id };
}

static void replace(char **to, char *with)
{
	free(*to);
	*to = with;
}

void dat_option(struct dat *d, unsigned int id, const uint8_t *body, uint32_t len)
{
	char *text = strndup((const char *)body, len);
	struct bytes b = bytes_of(d, body, len);

	switch (id) {
	case DAT_UNAME:
		replace(&d->uname, xstrdup(text));
		break;
	case DAT_TRACECLOCK:
		replace(&d->clock_name, bracketed(text));
		break;
	case DAT_CPUSTAT:
		if (!buffer_line(d, text))
			cpu_stat(d, text);
		break;
	case DAT_DATE:		/* "0x...", microseconds */
		d->clock.offset_ns += (int64_t)(strtoull(text, NULL, 0) * 1000);
		break;
	case DAT_OFFSET:
		d->clock.offset_ns += strtoll(text, NULL, 0);
		break;
	case DAT_TRACEID:
		d->trace_id = bytes_u64(&b);
		break;
	case DAT_TIME_SHIFT:
		time_shift(d, body, len);
		break;
	case DAT_TSC2NSEC:
		tsc_to_ns(d, body, len);
		break;
	case DAT_GUEST:
		add_guest(d, body, len);
		break;
	default:
		if (id >= DAT_OPTIONS_END)
			dat_note(d, SOURCE_NO_CPU, 1, "options of an unknown kind");
		break;
	}
	free(text);
}
