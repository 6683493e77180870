// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source that reads perf.data: records of the stream, put in order, and of
 * those the samples handed out as ftrace has them.  A tracepoint's raw data is
 * the very record ftrace would have written, so that whoever reads a source
 * need not know which of the two it was.  Samples of other events (cycles, ...)
 * are handed out without data, as events of the system "perf".
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/formats.h"
#include "capture/perf_comm.h"
#include "capture/perf_info.h"
#include "capture/perf_order.h"
#include "capture/perf_sample.h"
#include "capture/perf_tracing.h"
#include "capture/source.h"

#define CPUS_MAX	(1u << 16)	/* a sample of a CPU beyond is damaged */
#define COMMON_BYTES	8		/* every tracepoint's first fields: type, flags, preempt count, pid */
#define MISC_BPF	(1u << 15)	/* LOST_SAMPLES: a BPF filter let them go */

struct perfdata {
	struct source	   source;
	struct perf_file   file;
	struct perf_attrs  attrs;
	struct perf_info   info;
	struct formats	   formats;
	struct perf_stream stream;
	struct perf_order  order;
	struct perf_comms  comms;
	struct perf_notes  lost;
	const uint8_t	  *head_end;	/* pipe form: records up to here were read to open it */
	bool		   has_pid;	/* formats tell where common_pid is */
	bool		   ended;
	uint64_t	   last_ns;
	struct perf_twin { uint64_t time; uint32_t cpu, tid, event, size; } last; /* the record handed out last */
	uint32_t	  *missed;	/* by CPU: lost since its last sample */
	uint32_t	   nr_missed, gap;
	uint64_t	   lost_full, lost_counted;	/* told by the rings; told by the events at the end */
	char		  *uname;
};

static struct perfdata *perfdata_of(struct source *s)
{
	return (struct perfdata *)s;	/* its first member */
}

/* --- what the file says of itself ------------------------------------------------------ */

static void set_comm(void *arg, uint32_t tid, const char *comm, size_t len)
{
	perf_comm_set(arg, tid, comm, len);
}

static void read_tracing(struct perfdata *d, const uint8_t *p, uint64_t len)
{
	perf_tracing_read(p, len, d->file.swap, &d->formats, set_comm, &d->comms, &d->file.damage);
}

/* Records of the pipe form that stand for a header. */
static int read_header_record(struct perfdata *d, const struct perf_record *r, struct err *e)
{
	bool swap = d->file.swap;
	const uint8_t *body = r->p + PERF_REC_HEAD;
	uint32_t len = r->size - PERF_REC_HEAD, attr_size;

	switch (r->type) {
	case PERF_REC_ATTR:
		attr_size = perf_u32(body + 4, swap);
		if (!attr_size)
			attr_size = 64;
		if (attr_size > len || (len - attr_size) % 8 ||
		    !perf_attrs_add(&d->attrs, body, attr_size, body + attr_size, (len - attr_size) / 8, swap))
			return perf_damaged(&d->file, e, "an event attribute of %u bytes in a record of %u", attr_size,
					    r->size);
		return perf_attrs_check(&d->attrs, &d->file, e);
	case PERF_REC_TRACING_DATA:
		read_tracing(d, r->payload, r->payload_len);
		d->has_pid = formats_finish(&d->formats);
		break;
	case PERF_REC_FEATURE:
		if (perf_u64(body, swap) > PERF_FEAT_LAST)
			perf_note_add(&d->file.damage, SOURCE_NO_CPU, "header sections of no known kind", 1);
		perf_info_read(&d->info, &d->attrs, perf_u64(body, swap), body + 8, len - 8, swap, &d->file.damage);
		break;
	case PERF_REC_EVENT_UPDATE:
		perf_info_update(&d->attrs, r->p, r->size, swap);
		break;
	default:
		if (r->type >= PERF_REC_USER_KNOWN)
			perf_note_add(&d->file.damage, SOURCE_NO_CPU, "records of a kind not known here", 1);
		break;
	}
	return 0;
}

/* The records before the first that the kernel wrote: attributes, features, formats. */
static int read_pipe_head(struct perfdata *d, struct err *e)
{
	struct perf_notes again = { 0 };	/* the stream is read once more and will note it then */
	struct perf_record rec;
	int ret = 0;

	perf_stream_init(&d->stream, &d->file, &d->attrs, &again);
	while (!ret && perf_stream_next(&d->stream, &rec) && rec.type != PERF_REC_SAMPLE && !rec.chunk) {
		ret = read_header_record(d, &rec, e);
		d->head_end = d->stream.at;
	}
	perf_stream_fini(&d->stream);
	free(again.v);
	if (!ret && !d->attrs.nr)
		ret = perf_damaged(&d->file, e, "there is no event attribute before its first sample");
	return ret;
}

static int read_file_head(struct perfdata *d, struct err *e)
{
	const struct perf_file *f = &d->file;
	int ret = perf_attrs_read(&d->attrs, &d->file, e);

	for (unsigned int i = 0; !ret && i < PERF_FEAT_NR; i++) {
		const struct perf_section *s = &f->features[i];

		if (s->size && i == PERF_FEAT_TRACING_DATA)
			read_tracing(d, f->file.p + s->offset, s->size);
		else if (s->size)
			perf_info_read(&d->info, &d->attrs, i, f->file.p + s->offset, s->size, f->swap,
				       &d->file.damage);
	}
	d->has_pid = formats_finish(&d->formats);
	return ret;
}

/* --- events ------------------------------------------------------------------------------ */

static uint32_t event_of(struct perfdata *d, struct perf_attr *a)
{
	char *name;

	if (likely(a->event != PERF_NO_EVENT))
		return a->event;
	if (a->type == PERF_TYPE_TRACEPOINT_) {
		a->event = formats_event(&d->formats, a->config);
	} else {
		name = perf_info_event_name(a);
		a->event = formats_plain(&d->formats, "perf", name);
		free(name);
	}
	return a->event;
}

static bool perfdata_field(struct source *s, uint32_t event, const char *name, struct source_field *out)
{
	return formats_field(&perfdata_of(s)->formats, event, name, out);
}

static const char *perfdata_comm(struct source *s, uint32_t tid)
{
	return perf_comm_of(&perfdata_of(s)->comms, tid);
}

/* --- records that are no samples --------------------------------------------------------- */

static void thread_named(struct perfdata *d, const struct perf_record *r)
{
	const char *comm = (const char *)r->p + 16;
	uint32_t tid = perf_u32(r->p + 12, d->file.swap);

	perf_comm_set(&d->comms, tid, comm, strnlen(comm, r->size - 16));
}

/* A new thread is called as the one that made it. */
static void thread_forked(struct perfdata *d, const struct perf_record *r)
{
	uint32_t tid = perf_u32(r->p + 16, d->file.swap), parent = perf_u32(r->p + 20, d->file.swap);
	const char *comm = perf_comm_of(&d->comms, parent);

	if (comm && tid != parent)
		perf_comm_set(&d->comms, tid, comm, strlen(comm));
}

/* @n records of @cpu are not in the file.  Not known whose: the kernel told of it before the CPU's next record. */
static void lose(struct perfdata *d, uint32_t cpu, const char *cause, uint64_t n)
{
	perf_note_add(&d->lost, cpu, cause, n);
	if (cpu >= CPUS_MAX) {
		d->gap++;
		return;
	}
	if (cpu >= d->nr_missed) {
		d->missed = xreallocarray(d->missed, cpu + 1, sizeof(*d->missed));
		while (d->nr_missed <= cpu)
			d->missed[d->nr_missed++] = 0;
	}
	d->missed[cpu] += min_u64(n, UINT32_MAX - d->missed[cpu]);
}

static uint32_t cpu_of_trailer(const struct perfdata *d, const struct perf_record *r)
{
	const struct perf_attr *a = perf_attr_of_trailer(&d->attrs, r->p, r->size, d->file.swap);
	uint32_t cpu = a && a->cpu_back ? perf_u32(r->p + r->size - a->cpu_back, d->file.swap) : SOURCE_NO_CPU;

	return cpu < CPUS_MAX ? cpu : SOURCE_NO_CPU;
}

static void losses_told(struct perfdata *d, const struct perf_record *r)
{
	uint64_t n = perf_u64(r->p + (r->type == PERF_REC_LOST ? 16 : 8), d->file.swap);
	const struct perf_attr *a = perf_attr_of_trailer(&d->attrs, r->p, r->size, d->file.swap);
	bool by_kernel = a && a->time_back && perf_u64(r->p + r->size - a->time_back, d->file.swap);

	if (r->type == PERF_REC_LOST) {
		d->lost_full += n;
		lose(d, cpu_of_trailer(d, r), "lost: ring full", n);
	} else if (perf_u16(r->p + 4, d->file.swap) & MISC_BPF) {
		lose(d, SOURCE_NO_CPU, "dropped by a BPF filter", n);
	} else if (by_kernel) {
		lose(d, cpu_of_trailer(d, r), "lost samples", n);
	} else {
		d->lost_counted += n;	/* perf read the events' own counters when it ended */
	}
}

static void other_record(struct perfdata *d, const struct perf_record *r)
{
	switch (r->type) {
	case PERF_REC_COMM:
		thread_named(d, r);
		break;
	case PERF_REC_FORK:
		thread_forked(d, r);
		break;
	case PERF_REC_LOST:
	case PERF_REC_LOST_SAMPLES:
		losses_told(d, r);
		break;
	case PERF_REC_THROTTLE:
		lose(d, cpu_of_trailer(d, r), "throttled", 1);
		break;
	default:
		break;
	}
}

/* --- samples --------------------------------------------------------------------------------- */

/* Times never go back for those who read a source; where they did, it is noted. */
static uint64_t time_of(struct perfdata *d, uint64_t time)
{
	const char *what = NULL;

	if (unlikely(time < d->last_ns))
		what = "samples that came too late: their time is that of the one before";
	else if (unlikely(perf_order_absurd(&d->order, time)))
		what = "samples of a time far from all others: their time is that of the one before";
	else
		d->last_ns = time;
	if (unlikely(what))
		perf_note_add(&d->file.damage, SOURCE_NO_CPU, what, 1);
	return d->last_ns;
}

/* Does the file say which event a sample is of?  If not, its raw data do. */
static bool is_sure(const struct perfdata *d)
{
	return likely(d->attrs.by_id) || d->attrs.nr == 1;
}

/* Return: whether the sample's parts agree with each other. */
static bool is_sound(struct perfdata *d, const struct perf_attr *a, const struct perf_sample *s)
{
	const char *what = NULL;

	if (unlikely(s->cpu >= CPUS_MAX || (d->info.nr_cpus && s->cpu >= d->info.nr_cpus)))
		what = "samples of a CPU the host did not have";
	else if (a->type == PERF_TYPE_TRACEPOINT_ && s->raw_size < COMMON_BYTES)
		what = "samples without raw data";
	else if (a->type == PERF_TYPE_TRACEPOINT_ && is_sure(d) && perf_u16(s->raw, d->file.swap) != a->config)
		what = "samples whose raw data is another event's";
	if (likely(!what))
		return true;
	perf_note_add(&d->file.damage, SOURCE_NO_CPU, what, 1);
	d->gap++;
	return false;
}

static uint32_t missed_before(struct perfdata *d, uint32_t cpu)
{
	uint32_t n = d->gap;

	d->gap = 0;
	if (cpu < d->nr_missed) {
		n += min_u64(d->missed[cpu], UINT32_MAX - n);
		d->missed[cpu] = 0;
	}
	return n;
}

/*
 * A CPU cannot record twice in one nanosecond: the same event of the same thread there once more comes from bytes
 * that stand in the file twice.
 */
static inline void note_twin(struct perfdata *d, uint64_t time, const struct source_record *rec)
{
	const struct perf_twin *l = &d->last;

	if (unlikely(time == l->time) && rec->cpu == l->cpu && rec->tid == l->tid && rec->event == l->event &&
	    rec->size == l->size)
		perf_note_add(&d->file.damage, rec->cpu, "records that stand twice", 1);
	d->last = (struct perf_twin){ time, rec->cpu, rec->tid, rec->event, rec->size };
}

/* Return: false when it is left out. */
static bool take_sample(struct perfdata *d, const struct perf_record *r, struct source_record *out)
{
	bool swap = d->file.swap;
	struct perf_attr *a = perf_attr_of(&d->attrs, r->p, r->size, swap);
	struct perf_sample s;

	if (unlikely(!a || !perf_sample_parse(a, r->p, r->size, swap, &s) || !is_sound(d, a, &s)))
		return false;
	out->ts_ns = time_of(d, s.time);
	out->cpu = s.cpu;
	out->tid = s.tid;
	out->data = s.raw;
	out->size = s.raw_size;
	if (likely(a->type == PERF_TYPE_TRACEPOINT_)) {
		out->event = is_sure(d) ? event_of(d, a) : formats_event(&d->formats, perf_u16(s.raw, swap));
		if (likely(d->has_pid && s.raw_size >= d->formats.pid_offset + 4u))
			out->tid = perf_u32(s.raw + d->formats.pid_offset, swap);
	} else {
		out->event = event_of(d, a);
	}
	note_twin(d, s.time, out);
	out->missed = unlikely(d->gap || d->nr_missed) ? missed_before(d, s.cpu) : 0;
	return true;
}

/* --- in order ------------------------------------------------------------------------------------ */

/* Records without a time of their own that name a thread: perf made them up before it began. */
static bool is_made_up(const struct perfdata *d, const struct perf_record *r)
{
	uint64_t key;

	return (r->type == PERF_REC_COMM || r->type == PERF_REC_FORK) &&
	       !perf_order_key(&d->order, r->p, r->type, r->size, &key);
}

static void drop_pages(struct perfdata *d)
{
	perf_file_drop(&d->file);
	if (d->stream.unpack)
		perf_unpack_drop(d->stream.unpack);
}

/* Up to the next mark, or the end. */
static int read_round(struct perfdata *d, struct err *e)
{
	struct perf_record rec;
	int ret = 0;

	while (!ret && perf_stream_next(&d->stream, &rec)) {
		if (unlikely(rec.type == PERF_REC_FINISHED_ROUND)) {
			perf_order_round(&d->order);
			return 0;
		}
		if (perf_file_touch(&d->file, rec.size))
			drop_pages(d);
		if (unlikely(rec.type >= PERF_REC_USER)) {
			if (rec.p >= d->head_end)
				ret = read_header_record(d, &rec, e);
		} else if (unlikely(is_made_up(d, &rec))) {
			other_record(d, &rec);
		} else {
			perf_order_add(&d->order, d->stream.unpack, &rec);
		}
	}
	perf_order_end(&d->order);
	d->ended = true;
	return ret;
}

static int perfdata_next(struct source *s, struct source_record *out, struct err *e)
{
	struct perfdata *d = perfdata_of(s);
	struct perf_record rec;
	int ret;

	for (;;) {
		if (unlikely(!perf_order_next(&d->order, d->stream.unpack, &rec))) {
			if (d->ended)
				return 0;
			ret = read_round(d, e);
			if (ret)
				return ret;
			continue;
		}
		if (perf_file_touch(&d->file, rec.size))
			drop_pages(d);
		d->gap += rec.gap;
		if (unlikely(rec.type != PERF_REC_SAMPLE)) {
			other_record(d, &rec);
		} else if (likely(take_sample(d, &rec, out))) {
			return 1;
		}
	}
}

/* --- what did not arrive -------------------------------------------------------------------------- */

static void tell(const struct perf_notes *notes, source_note_fn fn, void *arg)
{
	for (size_t i = 0; i < notes->nr; i++)
		fn(arg, notes->v[i].cpu, notes->v[i].what, notes->v[i].n);
}

static void perfdata_lost(struct source *s, source_note_fn fn, void *arg)
{
	struct perfdata *d = perfdata_of(s);

	tell(&d->lost, fn, arg);
	/* The events count what the rings told of, and what was lost behind their last record. */
	if (d->lost_counted > d->lost_full)
		fn(arg, SOURCE_NO_CPU, "lost samples, by the events' own count", d->lost_counted - d->lost_full);
}

static void perfdata_damage(struct source *s, source_note_fn fn, void *arg)
{
	struct perfdata *d = perfdata_of(s);

	tell(&d->file.damage, fn, arg);
	if (!d->order.rounds && d->order.back)
		fn(arg, SOURCE_NO_CPU, "no marks of finished rounds: all records were put in order at once", 1);
	if (d->attrs.twice)
		fn(arg, SOURCE_NO_CPU, "ids that two events have", d->attrs.twice);
	formats_damage(&d->formats, fn, arg);
}

/* --- open and close ---------------------------------------------------------------------------------- */

static void perfdata_close(struct source *s)
{
	struct perfdata *d = perfdata_of(s);

	perf_order_fini(&d->order);
	perf_stream_fini(&d->stream);
	perf_comms_fini(&d->comms);
	perf_info_fini(&d->info);
	perf_attrs_fini(&d->attrs);
	formats_fini(&d->formats);
	perf_file_close(&d->file);
	free(d->lost.v);
	free(d->missed);
	free(d->uname);
	free(d);
}

static const struct source_ops perfdata_ops = {
	.close	= perfdata_close,
	.next	= perfdata_next,
	.field	= perfdata_field,
	.comm	= perfdata_comm,
	.lost	= perfdata_lost,
	.damage	= perfdata_damage,
};

static int read_head(struct perfdata *d, struct err *e)
{
	int ret = d->file.pipe ? read_pipe_head(d, e) : read_file_head(d, e);

	if (ret)
		return ret;
	if (d->info.packing > PERF_PACKED_ZSTD)
		return err_set(e, ERR_INPUT, "%s: compressed by method %u; only zstd (\"perf record -z\") can be read",
			       d->file.path, d->info.packing);
	d->uname = perf_info_uname(&d->info);
	d->source.info = (struct source_info){ .format = d->file.pipe ? "perf.data, pipe" : "perf.data",
					       .uname = d->uname, .clock = perf_info_clock(&d->attrs),
					       .nr_cpus = d->info.nr_cpus };
	return 0;
}

int source_open_perfdata(const char *path, struct source **out, struct err *e)
{
	struct perfdata *d = xcalloc(1, sizeof(*d));
	int ret = perf_file_open(path, &d->file, e);

	if (ret) {
		free(d);
		return ret;
	}
	d->source.ops = &perfdata_ops;
	formats_init(&d->formats, &d->source, d->file.swap);
	ret = read_head(d, e);
	if (ret) {
		perfdata_close(&d->source);
		return ret;
	}
	perf_stream_init(&d->stream, &d->file, &d->attrs, &d->file.damage);
	perf_order_init(&d->order, &d->file, &d->attrs);
	*out = &d->source;
	return 0;
}
