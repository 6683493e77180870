// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source that reads trace.dat: streams of all CPUs merged by time (equal
 * times: in the order of the buffers and CPUs, as trace-cmd does).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/dat_stream.h"
#include "capture/formats.h"
#include "capture/kallsyms.h"
#include "capture/source.h"
#include "capture/tracedat_text.h"

struct lane {				/* one CPU of one buffer */
	struct dat_stream  stream;
	struct dat_record *rec;
	uint64_t	   ts_ns;	/* of rec */
	const struct dat_cpu *cpu;
	uint64_t	   read, missed, unknown, misfits;
};

struct thread {
	uint32_t tid;
	char	*comm;
};

struct tracedat {
	struct source	 source;
	struct dat	*dat;
	struct lane	*lanes;
	uint32_t	*heap;		/* of lanes, earliest first */
	uint32_t	 nr_heap;
	bool		 started;
	bool		 plain_clock;
	struct formats	 formats;
	struct kallsyms	*kallsyms;	/* read when first asked for */
	bool		 symbols_read;
	struct thread	*threads;	/* by tid */
	size_t		 nr_threads;
	char		 format[16];
};

static struct tracedat *tracedat_of(struct source *s)
{
	return (struct tracedat *)s;	/* its first member */
}

/* --- events and their fields ------------------------------------------------------ */

static void read_formats(struct tracedat *t)
{
	formats_init(&t->formats, &t->source, t->dat->swap);
	for (size_t i = 0; i < t->dat->nr_formats; i++) {
		const struct dat_format *f = &t->dat->formats[i];

		formats_add(&t->formats, f->system, f->text, f->len);
	}
	if (!formats_finish(&t->formats))
		dat_note(t->dat, SOURCE_NO_CPU, 1, "no event format in it can be read; its events are counted by number");
}

static bool tracedat_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	return formats_field(&tracedat_of(s)->formats, event, name, out);
}

static const char *tracedat_symbol(struct source *s, uint64_t addr, uint64_t *offset)
{
	struct tracedat *t = tracedat_of(s);

	if (!t->symbols_read) {
		size_t len;
		const char *text = dat_kallsyms(t->dat, &len);

		t->kallsyms = text ? kallsyms_parse(text, len) : NULL;
		t->symbols_read = true;
	}
	return t->kallsyms ? kallsyms_find(t->kallsyms, addr, offset) : NULL;
}

/* --- threads ------------------------------------------------------------------------- */

static int by_tid(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static void read_threads(struct tracedat *t)
{
	char *text = strndup(t->dat->cmdlines ? t->dat->cmdlines : "", t->dat->cmdlines_len);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		t->threads = xreallocarray(t->threads, t->nr_threads + 1, sizeof(*t->threads));
		t->threads[t->nr_threads++] = (struct thread){ strtoul(line, NULL, 10), xstrdup(space + 1) };
	}
	free(text);
	if (t->nr_threads)
		qsort(t->threads, t->nr_threads, sizeof(*t->threads), by_tid);
}

static const char *tracedat_comm(struct source *s, uint32_t tid)
{
	struct tracedat *t = tracedat_of(s);
	const struct thread key = { .tid = tid }, *found;

	found = t->nr_threads ? bsearch(&key, t->threads, t->nr_threads, sizeof(key), by_tid) : NULL;
	return found ? found->comm : NULL;
}

/* --- records, merged by time ----------------------------------------------------------- */

static bool earlier(const struct tracedat *t, uint32_t a, uint32_t b)
{
	uint64_t x = t->lanes[a].ts_ns, y = t->lanes[b].ts_ns;

	return x != y ? x < y : a < b;
}

static void sift_down(struct tracedat *t, uint32_t i)
{
	for (;;) {
		uint32_t kid = 2 * i + 1, lane = t->heap[i];

		if (kid >= t->nr_heap)
			return;
		if (kid + 1 < t->nr_heap && earlier(t, t->heap[kid + 1], t->heap[kid]))
			kid++;
		if (!earlier(t, t->heap[kid], lane))
			return;
		t->heap[i] = t->heap[kid];
		t->heap[kid] = lane;
		i = kid;
	}
}

/* Return: as dat_stream_next(). */
static int lane_next(struct tracedat *t, struct lane *l, struct err *e)
{
	int ret = dat_stream_next(&l->stream, &l->rec, e);

	if (ret > 0)
		l->ts_ns = likely(t->plain_clock) ? l->rec->ts : dat_clock_ns(t->dat, l->cpu->cpu, l->rec->ts);
	return ret;
}

static int start(struct tracedat *t, struct err *e)
{
	for (size_t i = 0; i < t->dat->nr_cpus; i++) {
		int ret = lane_next(t, &t->lanes[i], e);

		if (ret < 0)
			return ret;
		if (ret)
			t->heap[t->nr_heap++] = i;
	}
	for (uint32_t i = t->nr_heap; i-- > 0;)
		sift_down(t, i);
	t->started = true;
	return 0;
}

/* The lane on top was handed out last time: move it on. */
static int advance(struct tracedat *t, struct err *e)
{
	int ret = lane_next(t, &t->lanes[t->heap[0]], e);

	if (ret < 0)
		return ret;
	if (!ret)
		t->heap[0] = t->heap[--t->nr_heap];
	sift_down(t, 0);
	return 0;
}

/* A record of an event the file has no format of, or of a size its event cannot have: damage, or a tool's error. */
static void note_misfit(struct tracedat *t, struct lane *l, uint32_t event)
{
	if (formats_known(&t->formats, event))
		l->misfits++;
	else
		l->unknown++;
}

static void fill(struct tracedat *t, struct lane *l, struct source_record *rec)
{
	const struct dat_record *r = l->rec;
	uint16_t id = 0;

	rec->tid = 0;
	if (likely(r->size >= sizeof(id)))
		memcpy(&id, r->data, sizeof(id));
	if (likely(r->size >= t->formats.pid_offset + sizeof(rec->tid)))
		memcpy(&rec->tid, r->data + t->formats.pid_offset, sizeof(rec->tid));
	if (unlikely(t->dat->swap)) {
		id = __builtin_bswap16(id);
		rec->tid = __builtin_bswap32(rec->tid);
	}
	rec->event = formats_event(&t->formats, id);
	rec->ts_ns = l->ts_ns;
	rec->cpu = l->cpu->cpu;
	rec->size = r->size;
	rec->data = r->data;
	rec->missed = r->missed;
	l->read++;
	if (unlikely(r->missed) && r->missed != DAT_MISSED_DAMAGED)
		l->missed += r->missed == DAT_MISSED_SOME ? 1 : r->missed;
	if (unlikely(!formats_known(&t->formats, rec->event) || !formats_size_fits(&t->formats, rec->event, r->size)))
		note_misfit(t, l, rec->event);
}

static int tracedat_next(struct source *s, struct source_record *rec, struct err *e)
{
	struct tracedat *t = tracedat_of(s);
	int ret = !t->started ? start(t, e) : t->nr_heap ? advance(t, e) : 0;

	if (ret || !t->nr_heap)
		return ret;
	fill(t, &t->lanes[t->heap[0]], rec);
	return 1;
}

/* --- what did not arrive -------------------------------------------------------------------- */

/* Records of @st's CPU that were in the file. */
static uint64_t records_of(const struct tracedat *t, const struct dat_stat *st)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->dat->nr_cpus; i++) {
		const struct dat_cpu *c = t->lanes[i].cpu;

		if (c->cpu == st->cpu && !strcmp(t->dat->buffers[c->buffer].name, st->buffer))
			n += t->lanes[i].read;
	}
	return n;
}

/*
 * Records the kernel handed out that are not in the file.  The other way round is
 * no damage: the counter may have been read before the buffer was drained.
 */
static uint64_t shortfall(const struct tracedat *t, const struct dat_stat *st)
{
	uint64_t n = records_of(t, st);

	return st->has_read && n < st->read ? st->read - n : 0;
}

/* Pages tell of records overwritten before they were read, and so does the kernel's count: the same ones. */
static uint64_t missed_beyond_overrun(const struct tracedat *t, const struct lane *l)
{
	uint64_t counted = 0;

	for (size_t i = 0; i < t->dat->nr_stats; i++) {
		const struct dat_stat *st = &t->dat->stats[i];

		if (st->cpu == l->cpu->cpu && !strcmp(t->dat->buffers[l->cpu->buffer].name, st->buffer))
			counted = max_u64(counted, st->overrun);
	}
	return l->missed - min_u64(l->missed, counted);
}

static void tracedat_lost(struct source *s, source_note_fn fn, void *arg)
{
	struct tracedat *t = tracedat_of(s);

	for (size_t i = 0; i < t->dat->nr_stats; i++) {
		const struct dat_stat *st = &t->dat->stats[i];
		uint64_t damaged = shortfall(t, st);

		if (st->overrun)
			fn(arg, st->cpu, "overrun", st->overrun);
		if (st->commit_overrun)
			fn(arg, st->cpu, "commit overrun", st->commit_overrun);
		if (st->dropped)
			fn(arg, st->cpu, "dropped", st->dropped);
		if (damaged)
			fn(arg, st->cpu, "damaged", damaged);
	}
	for (size_t i = 0; i < t->dat->nr_cpus; i++)
		if (missed_beyond_overrun(t, &t->lanes[i]))
			fn(arg, t->lanes[i].cpu->cpu, "missed", missed_beyond_overrun(t, &t->lanes[i]));
}

static void tracedat_damage(struct source *s, source_note_fn fn, void *arg)
{
	struct tracedat *t = tracedat_of(s);

	for (size_t i = 0; i < t->dat->nr_stats; i++)
		if (shortfall(t, &t->dat->stats[i]))
			fn(arg, t->dat->stats[i].cpu, "records the kernel handed out are not in the file",
			   shortfall(t, &t->dat->stats[i]));
	for (size_t i = 0; i < t->dat->nr_cpus; i++) {
		const struct lane *l = &t->lanes[i];

		if (l->unknown)
			fn(arg, l->cpu->cpu, "records of events it has no format of", l->unknown);
		if (l->misfits)
			fn(arg, l->cpu->cpu, "records of a size their event does not have", l->misfits);
	}
	for (size_t i = 0; i < t->dat->nr_notes; i++)
		fn(arg, t->dat->notes[i].cpu, t->dat->notes[i].what, t->dat->notes[i].n);
	formats_damage(&t->formats, fn, arg);
}

/* --- open and close ---------------------------------------------------------------------------- */

static void tracedat_close(struct source *s)
{
	struct tracedat *t = tracedat_of(s);

	for (size_t i = 0; t->lanes && i < t->dat->nr_cpus; i++)
		dat_stream_close(&t->lanes[i].stream);
	for (size_t i = 0; i < t->nr_threads; i++)
		free(t->threads[i].comm);
	formats_fini(&t->formats);
	kallsyms_free(t->kallsyms);
	dat_close(t->dat);
	free(t->threads);
	free(t->lanes);
	free(t->heap);
	free(t);
}

static const struct source_ops tracedat_ops = {
	.close	= tracedat_close,
	.next	= tracedat_next,
	.field	= tracedat_field,
	.comm	= tracedat_comm,
	.symbol	= tracedat_symbol,
	.lost	= tracedat_lost,
	.damage	= tracedat_damage,
};

static void open_lanes(struct tracedat *t)
{
	size_t nr = t->dat->nr_cpus;

	t->lanes = xcalloc(nr, sizeof(*t->lanes));
	t->heap = xcalloc(nr, sizeof(*t->heap));
	for (size_t i = 0; i < nr; i++) {
		t->lanes[i].cpu = &t->dat->cpus[i];
		dat_stream_open(t->dat, &t->dat->cpus[i], &t->lanes[i].stream);
		if (t->dat->cpus[i].cpu >= t->source.info.nr_cpus)
			t->source.info.nr_cpus = t->dat->cpus[i].cpu + 1;
	}
}

/* The clock of the first buffer that has data. */
static const char *clock_of(const struct dat *d)
{
	const char *clock = d->nr_cpus ? d->buffers[d->cpus[0].buffer].clock : NULL;

	return clock && *clock ? clock : d->clock_name ? d->clock_name : "unknown";
}

/* Records of all buffers are merged by time, which other clocks make worthless. */
static void compare_clocks(struct tracedat *t)
{
	struct dat *d = t->dat;
	char what[192];

	for (size_t i = 0; i < d->nr_cpus; i++) {
		const struct dat_buffer *b = &d->buffers[d->cpus[i].buffer];

		if (!*b->clock || !strcmp(b->clock, t->source.info.clock))
			continue;
		snprintf(what, sizeof(what), "instance %.64s has the clock %.32s, not %.32s: its times cannot be compared",
			 b->name, b->clock, t->source.info.clock);
		dat_note(d, d->cpus[i].cpu, 1, what);
	}
}

const struct dat *tracedat_dat(const struct source *s)
{
	return s->ops == &tracedat_ops ? ((const struct tracedat *)s)->dat : NULL;
}

int source_open_tracedat(const char *path, struct source **out, struct err *e)
{
	struct tracedat *t = xcalloc(1, sizeof(*t));
	struct dat *d = NULL;
	int ret = dat_open(path, &d, e);

	if (ret || (d->text && !d->nr_cpus)) {
		free(t);
		return ret ? ret : source_open_tracedat_text(d, out, e);
	}
	t->dat = d;
	snprintf(t->format, sizeof(t->format), "trace.dat %d", t->dat->version);
	t->source.ops = &tracedat_ops;
	t->source.info = (struct source_info){ .format = t->format, .uname = t->dat->uname ? t->dat->uname : "",
					       .clock = clock_of(t->dat), .page_size = t->dat->page_size };
	t->plain_clock = dat_clock_is_plain(t->dat);
	read_formats(t);
	open_lanes(t);
	compare_clocks(t);
	read_threads(t);
	*out = &t->source;
	return 0;
}
