// SPDX-License-Identifier: GPL-2.0-or-later
/* From record to record, and how to go on after a damaged one. */
#include "capture/perf_stream.h"

#include "capture/perf_sample.h"
#include "capture/source.h"

#define CHAIN		3		/* records in a row that make a place believable */

enum verdict {
	WHOLE,
	CUT,		/* so far fine, but it ends behind the bytes at hand */
	WRONG,		/* the head is none */
	ODD,		/* the head is one; what follows it does not add up */
};

/*
 * Bytes a record has, trailer left out (include/uapi/linux/perf_event.h): between
 * @least and @most for what carries a name or a list; @most 0: as many as it likes.
 */
static const struct {
	uint16_t least, most;
} sizes[PERF_REC_USER_END] = {
	[1] = { 40, 40 + 4096 },			/* MMAP: a path */
	[PERF_REC_LOST] = { 24, 24 },
	[PERF_REC_COMM] = { 16, 16 + 64 },
	[PERF_REC_EXIT] = { 32, 32 },
	[PERF_REC_THROTTLE] = { 32, 32 },
	[PERF_REC_UNTHROTTLE] = { 32, 32 },
	[PERF_REC_FORK] = { 32, 32 },
	[8] = { 16, 0 },				/* READ */
	[10] = { 72, 72 + 4096 },			/* MMAP2: a path */
	[11] = { 32, 32 },				/* AUX */
	[12] = { 16, 16 },				/* ITRACE_START */
	[PERF_REC_LOST_SAMPLES] = { 16, 16 },
	[14] = { 8, 8 },				/* SWITCH */
	[15] = { 16, 16 },				/* SWITCH_CPU_WIDE */
	[16] = { 24, 24 + 16 * 32 },			/* NAMESPACES */
	[17] = { 24, 24 + 1024 },			/* KSYMBOL: a name */
	[18] = { 24, 24 },				/* BPF_EVENT */
	[19] = { 16, 16 + 4096 },			/* CGROUP: a path */
	[20] = { 20, 0 },				/* TEXT_POKE */
	[21] = { 16, 16 },				/* AUX_OUTPUT_HW_ID */
	[PERF_REC_ATTR] = { 72, 0 },
	[PERF_REC_EVENT_TYPE] = { 80, 80 },
	[PERF_REC_TRACING_DATA] = { 12, 12 + 4 },
	[PERF_REC_FINISHED_ROUND] = { 8, 8 },
	[PERF_REC_AUXTRACE] = { 16, 64 },
	[PERF_REC_FEATURE] = { 16, 0 },
	[PERF_REC_FINISHED_INIT] = { 8, 8 },
	[PERF_REC_COMPRESSED2] = { 16, 0 },
};

#define TRAILER_MAX	48		/* six words */

static bool is_size(uint32_t type, uint32_t size)
{
	uint32_t most = sizes[type].most;

	if (type < PERF_REC_KERNEL_END && size % 8)
		return false;
	if (most && type < PERF_REC_KERNEL_END)
		most += TRAILER_MAX;
	return size >= sizes[type].least && (!most || size <= most);
}

static bool is_type(uint32_t type)
{
	return (type && type < PERF_REC_KERNEL_END) || (type >= PERF_REC_USER && type < PERF_REC_USER_END);
}

static enum verdict judge(const struct perf_stream *s, const uint8_t *p, uint64_t left, struct perf_record *r)
{
	bool swap = s->file->swap;
	const struct perf_attr *a;
	struct perf_sample sample;

	if (left < PERF_REC_HEAD)
		return CUT;
	r->p = p;
	r->type = perf_u32(p, swap);
	r->size = perf_u16(p + 6, swap);
	if (unlikely(r->size < PERF_REC_HEAD))
		return WRONG;
	if (likely(r->type == PERF_REC_SAMPLE)) {
		if (unlikely(r->size > left))
			return CUT;
		a = s->attrs->nr ? perf_attr_of(s->attrs, p, r->size, swap) : NULL;
		return likely(a && perf_sample_parse(a, p, r->size, swap, &sample)) ? WHOLE : ODD;
	}
	if (!is_type(r->type) || !is_size(r->type, r->size))
		return WRONG;
	return r->size > left ? CUT : WHOLE;
}

/* Do records stand at @p, one behind the other, or nothing? */
static bool is_chain(const struct perf_stream *s, const uint8_t *p, const uint8_t *end)
{
	struct perf_record r;

	for (int i = 0; i < CHAIN && p < end; i++) {
		enum verdict v = judge(s, p, end - p, &r);

		if (v == CUT)
			return i > 0;
		if (v != WHOLE)
			return false;
		p += r.size;
	}
	return true;
}

/* The next place behind @p where records can be read again; @end: none. */
static const uint8_t *find_chain(const struct perf_stream *s, const uint8_t *p, const uint8_t *end)
{
	static const struct {
		size_t step, within;
	} tries[] = { { 8, 1u << 20 }, { 1, SIZE_MAX } };	/* the kernel's records are whole words */

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++)
		for (size_t at = tries[i].step;
		     at < tries[i].within && at + PERF_REC_HEAD <= (size_t)(end - p); at += tries[i].step)
			if (is_chain(s, p + at, end))
				return p + at;
	return end;
}

/* Return: where to go on behind a record that cannot be used. */
static const uint8_t *pass_over(struct perf_stream *s, const struct perf_record *bad, enum verdict v, const uint8_t *at,
				const uint8_t *end)
{
	const uint8_t *to;

	s->gap = true;
	if (v == ODD && is_chain(s, at + bad->size, end)) {
		perf_note_add(s->damage, SOURCE_NO_CPU, "samples that do not add up", 1);
		return at + bad->size;
	}
	to = find_chain(s, at, end);
	perf_note_add(s->damage, SOURCE_NO_CPU, "bytes without a sound record", to - at);
	return to;
}

/* --- compressed ones ---------------------------------------------------------------------- */

static void feed(struct perf_stream *s, const struct perf_record *r)
{
	const uint8_t *p = r->p + PERF_REC_HEAD;
	uint64_t len = r->size - PERF_REC_HEAD;

	if (r->type == PERF_REC_COMPRESSED2) {		/* padded: its length is told */
		uint64_t told = perf_u64(p, s->file->swap);

		p += 8;
		len -= 8;
		if (told > len)
			perf_note_add(s->damage, SOURCE_NO_CPU, "compressed records longer than themselves", 1);
		len = min_u64(len, told);
	}
	if (!s->unpack)
		s->unpack = perf_unpack_new();
	s->compressed = true;
	s->feeding = true;
	perf_unpack_feed(s->unpack, p, len);
}

/* Return: whether @rec is the next one of what was fed. */
static bool next_unpacked(struct perf_stream *s, struct perf_record *rec)
{
	const uint8_t *to;
	enum verdict v;
	int ret;

	while (s->feeding) {
		v = judge(s, s->in, s->in_len, rec);
		if (v == WHOLE) {
			rec->chunk = perf_unpack_chunk(s->unpack);
			s->in += rec->size;
			s->in_len -= rec->size;
			s->in_used += rec->size;
			return true;
		}
		if (v != CUT) {
			to = pass_over(s, rec, v, s->in, s->in + s->in_len);
			s->in_used += to - s->in;
			s->in_len -= to - s->in;
			s->in = to;
			continue;
		}
		ret = perf_unpack_more(s->unpack, s->in_used, &s->in, &s->in_len);
		s->in_used = 0;
		s->feeding = ret > 0;
		if (ret < 0) {
			s->gap = true;
			perf_note_add(s->damage, SOURCE_NO_CPU, "compressed records that cannot be decompressed", 1);
		}
	}
	return false;
}

/* --- in the file ----------------------------------------------------------------------------- */

/* Bytes that belong to @r but are not counted in its size. */
static uint64_t payload_of(const struct perf_stream *s, const struct perf_record *r)
{
	if (r->type == PERF_REC_TRACING_DATA)
		return perf_u32(r->p + PERF_REC_HEAD, s->file->swap);
	return r->type == PERF_REC_AUXTRACE ? perf_u64(r->p + PERF_REC_HEAD, s->file->swap) : 0;
}

static void take_payload(struct perf_stream *s, struct perf_record *r)
{
	uint64_t len = payload_of(s, r), left = s->end - s->at;

	if (unlikely(len > left)) {
		/* Its length may be what is damaged: then records follow at once. */
		perf_note_add(s->damage, SOURCE_NO_CPU, "data behind a record end beyond the end of the file", 1);
		len = is_chain(s, s->at, s->end) ? 0 : left;
	}
	r->payload = s->at;
	r->payload_len = len;
	s->at += len;
}

static void at_end(struct perf_stream *s)
{
	if (s->at < s->end)
		perf_note_add(s->damage, SOURCE_NO_CPU, "the records end within one", 1);
	if (s->in_len)
		perf_note_add(s->damage, SOURCE_NO_CPU, "the compressed records end within one", 1);
	s->at = s->end;
	s->in_len = 0;
}

/* The next record of the file itself. */
static bool next_in_file(struct perf_stream *s, struct perf_record *rec)
{
	for (;;) {
		enum verdict v = judge(s, s->at, s->end - s->at, rec);

		if (likely(v == WHOLE))
			break;
		if (v == CUT && find_chain(s, s->at, s->end) == s->end) {
			at_end(s);
			return false;
		}
		s->at = pass_over(s, rec, v, s->at, s->end);
	}
	rec->chunk = NULL;
	s->at += rec->size;
	if (unlikely(rec->type >= PERF_REC_USER))
		take_payload(s, rec);
	return true;
}

bool perf_stream_next(struct perf_stream *s, struct perf_record *rec)
{
	for (;;) {
		if (s->feeding && next_unpacked(s, rec))
			break;
		if (!next_in_file(s, rec))
			return false;
		if (rec->type != PERF_REC_COMPRESSED && rec->type != PERF_REC_COMPRESSED2)
			break;
		feed(s, rec);
	}
	rec->gap = s->gap;
	s->gap = false;
	return true;
}

void perf_stream_init(struct perf_stream *s, struct perf_file *f, const struct perf_attrs *attrs,
		      struct perf_notes *damage)
{
	*s = (struct perf_stream){ .file = f, .attrs = attrs, .damage = damage };
	s->at = f->file.p + f->data.offset;
	s->end = s->at + f->data.size;
}

void perf_stream_fini(struct perf_stream *s)
{
	perf_unpack_free(s->unpack);
	*s = (struct perf_stream){ 0 };
}
