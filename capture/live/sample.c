// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/sample.h"

#include <stdlib.h>

#include "base/alloc.h"

#define BUDGET_BYTES	(2u << 20)	/* of one call, all CPUs together: 50000 records or so, a few ms */

struct sample {
	const struct drain *drain;
	struct meter	*meter;
	uint64_t	*at;		/* by CPU: what was there the last time */
	uint64_t	 came, shown;	/* bytes, since the share was last asked for */
};

struct sample *sample_open(const struct drain *d, struct meter *m)
{
	struct sample *s = xcalloc(1, sizeof(*s));

	s->drain = d;
	s->meter = m;
	s->at = xcalloc(drain_nr_cpus(d), sizeof(*s->at));
	return s;
}

void sample_close(struct sample *s)
{
	if (!s)
		return;
	free(s->at);
	free(s);
}

/* Bytes of whole pages that came to CPU @cpu's spool, whose descriptor goes to *@fd. */
static uint64_t came(const struct sample *s, uint32_t cpu, int *fd)
{
	uint64_t bytes;

	*fd = drain_spool(s->drain, cpu, &bytes);
	return *fd < 0 ? 0 : bytes - bytes % drain_page_size(s->drain) - s->at[cpu];
}

/* The reader of recordings is told of one that is nothing but these pages. */
static void show_pages(struct sample *s, uint32_t cpu, int fd, uint64_t from, uint64_t bytes)
{
	struct dat_buffer buffer = { .page_size = drain_page_size(s->drain) };
	struct dat d = { .path = (char *)"a spool", .file = { .fd = fd, .size = from + bytes }, .long_size = sizeof(long),
			 .big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, .page_size = buffer.page_size,
			 .buffers = &buffer, .nr_buffers = 1 };
	const struct dat_cpu c = { .cpu = cpu, .offset = from, .size = bytes, .limit = from + bytes };
	struct dat_stream stream;
	struct dat_record *rec;

	dat_stream_open(&d, &c, &stream);
	while (dat_stream_next(&stream, &rec, NULL) > 0)
		meter_record(s->meter, rec);
	dat_stream_close(&stream);
	for (size_t i = 0; i < d.nr_notes; i++)
		free(d.notes[i].what);
	free(d.notes);
}

void sample_take(struct sample *s)
{
	uint32_t page = drain_page_size(s->drain), nr = drain_nr_cpus(s->drain), busy = 0;
	uint64_t budget, *bytes = xcalloc(nr, sizeof(*bytes));
	int *fds = xcalloc(nr, sizeof(*fds));

	for (uint32_t cpu = 0; cpu < nr; cpu++) {
		bytes[cpu] = came(s, cpu, &fds[cpu]);
		busy += bytes[cpu] > 0;
	}
	budget = busy ? max_u64(BUDGET_BYTES / busy / page, 1) * page : 0;
	for (uint32_t cpu = 0; cpu < nr; cpu++) {
		uint64_t take = min_u64(bytes[cpu], budget);

		if (!take)
			continue;
		meter_window(s->meter, cpu, take < bytes[cpu], (double)bytes[cpu] / take);
		show_pages(s, cpu, fds[cpu], s->at[cpu] + bytes[cpu] - take, take);
		s->at[cpu] += bytes[cpu];
		s->came += bytes[cpu];
		s->shown += take;
	}
	free(bytes);
	free(fds);
}

double sample_share(struct sample *s)
{
	double share = s->came ? (double)s->shown / s->came : 1;

	s->came = s->shown = 0;
	return share;
}
