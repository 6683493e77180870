// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs, merged by a heap. */
#include "capture/perf_order.h"

#include <stdlib.h>

#include "base/alloc.h"

/*
 * One flipped bit in a time must not make everything behind it look late: a
 * leap beyond LEAP counts for the rounds once the next record bears it out, and
 * one beyond ABSURD that none does is damage.
 */
#define LEAP_NS		(60 * NSEC_PER_SEC)
#define ABSURD_NS	(86400 * NSEC_PER_SEC)

void perf_order_init(struct perf_order *o, struct perf_file *f, const struct perf_attrs *attrs)
{
	*o = (struct perf_order){ .attrs = attrs, .file = f, .swap = f->swap };
}

void perf_order_fini(struct perf_order *o)
{
	free(o->runs);
	free(o->free_runs);
	free(o->heap);
	*o = (struct perf_order){ 0 };
}

bool perf_order_key(const struct perf_order *o, const uint8_t *rec, uint32_t type, uint32_t size, uint64_t *key)
{
	const struct perf_attr *a;
	uint32_t at;

	if (likely(type == PERF_REC_SAMPLE)) {
		if (unlikely(!(at = o->attrs->time_at))) {
			a = perf_attr_of(o->attrs, rec, size, o->swap);
			at = a ? a->time_at : size;
		}
		if (unlikely(size < at + 8))
			return false;
		*key = perf_u64(rec + at, o->swap);
		return true;
	}
	if (type != PERF_REC_COMM && type != PERF_REC_FORK)
		return false;
	a = perf_attr_of_trailer(o->attrs, rec, size, o->swap);
	if (!a || !a->time_back)
		return false;
	*key = perf_u64(rec + size - a->time_back, o->swap);
	return *key;		/* 0: perf made it up */
}

bool perf_order_absurd(const struct perf_order *o, uint64_t time)
{
	return time > o->max && time - o->max > ABSURD_NS;
}

/* --- the heap ------------------------------------------------------------------------ */

static bool before(const struct perf_turn *a, const struct perf_turn *b)
{
	return a->key != b->key ? a->key < b->key : a->seq < b->seq;
}

static void sift_down(struct perf_order *o)
{
	struct perf_turn top = o->heap[0];
	uint32_t i = 0;

	if (likely((o->nr_heap < 2 || before(&top, &o->heap[1])) && (o->nr_heap < 3 || before(&top, &o->heap[2]))))
		return;
	for (;;) {
		uint32_t kid = 2 * i + 1;

		if (kid >= o->nr_heap)
			break;
		if (kid + 1 < o->nr_heap && before(&o->heap[kid + 1], &o->heap[kid]))
			kid++;
		if (!before(&o->heap[kid], &top))
			break;
		o->heap[i] = o->heap[kid];
		i = kid;
	}
	o->heap[i] = top;
}

static void push(struct perf_order *o, struct perf_turn turn)
{
	uint32_t i = o->nr_heap++;

	if (o->nr_heap > o->cap_heap) {
		o->cap_heap = 2 * o->cap_heap + 64;
		o->heap = xreallocarray(o->heap, o->cap_heap, sizeof(*o->heap));
	}
	for (; i && before(&turn, &o->heap[(i - 1) / 2]); i = (i - 1) / 2)
		o->heap[i] = o->heap[(i - 1) / 2];
	o->heap[i] = turn;
}

static uint32_t new_run(struct perf_order *o)
{
	if (o->nr_free)
		return o->free_runs[--o->nr_free];
	if (o->nr_runs == o->cap_runs) {
		o->cap_runs = 2 * o->cap_runs + 64;
		o->runs = xreallocarray(o->runs, o->cap_runs, sizeof(*o->runs));
		o->free_runs = xreallocarray(o->free_runs, o->cap_runs, sizeof(*o->free_runs));
	}
	return o->nr_runs++;
}

/* --- in -------------------------------------------------------------------------------- */

/* The growing run ends at @end: what lies behind goes on in the next one. */
static void close_run(struct perf_order *o, const uint8_t *end)
{
	uint64_t key = o->keyed ? o->first_key : o->last_key;
	uint32_t i;

	if (!o->is_open || o->open.at == end)
		return;
	i = new_run(o);
	o->runs[i] = o->open;
	o->runs[i].end = end;
	perf_chunk_get(o->open.chunk);
	push(o, (struct perf_turn){ key, o->seq++, i });
	o->open.at = end;
	o->open.gap = o->keyed = false;
}

static void open_run(struct perf_order *o, struct perf_unpack *u, const struct perf_record *rec)
{
	if (o->is_open) {
		close_run(o, o->open.end);
		perf_chunk_put(u, o->open.chunk);
	}
	o->open = (struct perf_run){ rec->p, rec->p, rec->chunk, rec->gap };
	perf_chunk_get(rec->chunk);
	o->lead = rec->p;
	o->is_open = true;
	o->keyed = false;
}

/* The youngest time so far, told from a damaged one. */
static void note_time(struct perf_order *o, uint64_t key)
{
	if (likely(key <= o->max + LEAP_NS)) {
		o->max = max_u64(o->max, key);
	} else if (o->doubted && key + LEAP_NS >= o->doubted) {
		o->max = max_u64(key, o->doubted);
		o->doubted = 0;
	} else {
		o->doubted = key;
	}
}

void perf_order_add(struct perf_order *o, struct perf_unpack *u, const struct perf_record *rec)
{
	uint64_t key;

	if (unlikely(!o->is_open || rec->gap || rec->p != o->open.end || rec->chunk != o->open.chunk))
		open_run(o, u, rec);
	if (likely(perf_order_key(o, rec->p, rec->type, rec->size, &key))) {
		if (unlikely(o->keyed && key < o->last_key)) {
			close_run(o, o->lead);
			o->back++;
		}
		if (!o->keyed)
			o->first_key = key;
		o->keyed = true;
		o->last_key = key;
		o->lead = rec->p + rec->size;
		note_time(o, key);
	}
	o->open.end = rec->p + rec->size;
}

void perf_order_round(struct perf_order *o)
{
	close_run(o, o->open.end);
	o->lead = o->open.end;
	o->limit = o->max_at[o->rounds % PERF_ROUNDS];
	o->limit = min_u64(o->limit, o->max > PERF_WAIT_NS ? o->max - PERF_WAIT_NS : 0);
	o->max_at[o->rounds % PERF_ROUNDS] = o->max;
	o->rounds++;
}

void perf_order_end(struct perf_order *o)
{
	close_run(o, o->open.end);
	o->limit = UINT64_MAX;
}

/* --- out --------------------------------------------------------------------------------- */

/* The run whose turn it is has no more records. */
static void end_run(struct perf_order *o)
{
	uint32_t i = o->heap[0].run;

	o->given = o->runs[i].chunk;
	o->free_runs[o->nr_free++] = i;
	o->heap[0] = o->heap[--o->nr_heap];
	if (o->nr_heap)
		sift_down(o);
}

/* Return: false when the bytes at @p are no record (they were one when the run was made). */
static bool head_of(const struct perf_order *o, const uint8_t *p, const uint8_t *end, struct perf_record *rec)
{
	rec->p = p;
	if (unlikely(end - p < PERF_REC_HEAD))
		return false;
	rec->type = perf_u32(p, o->swap);
	rec->size = perf_u16(p + 6, o->swap);
	return likely(rec->size >= PERF_REC_HEAD && rec->size <= end - p);
}

/* A record with a time was handed out: the next such one says when it is the run's turn again. */
static void next_turn(struct perf_order *o, const struct perf_run *r)
{
	struct perf_record rec;
	uint64_t key;

	for (const uint8_t *p = r->at; head_of(o, p, r->end, &rec); p += rec.size) {
		if (!perf_order_key(o, p, rec.type, rec.size, &key))
			continue;
		o->heap[0].key = key;
		sift_down(o);
		return;
	}
}

bool perf_order_next(struct perf_order *o, struct perf_unpack *u, struct perf_record *rec)
{
	struct perf_run *r;
	uint64_t key;

	if (unlikely(o->given)) {
		perf_chunk_put(u, o->given);
		o->given = NULL;
	}
	if (!o->nr_heap || o->heap[0].key > o->limit)
		return false;
	r = &o->runs[o->heap[0].run];
	if (unlikely(!head_of(o, r->at, r->end, rec))) {
		end_run(o);
		return perf_order_next(o, u, rec);
	}
	rec->chunk = r->chunk;
	rec->gap = r->gap;
	r->gap = false;
	r->at += rec->size;
	if (unlikely(r->at == r->end))
		end_run(o);
	else if (perf_order_key(o, rec->p, rec->type, rec->size, &key))
		next_turn(o, r);
	return true;
}
