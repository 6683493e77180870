/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/drive/samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

void sampler_init(struct sampler *s, struct result *result)
{
	*s = (struct sampler){ .result = result };
	pthread_mutex_init(&s->lock, NULL);
	s->total_max = result_series_add(result, "access.total.max", 0, RESULT_SERIES_BUCKETS);
	s->lock_wait_max = result_series_add(result, "access.lock_wait.max", 0, RESULT_SERIES_BUCKETS);
	s->count = result_series_add(result, "access.n", 1, RESULT_SERIES_BUCKETS);
	result_heat_add(result, RESULT_ACCESS);
	result_heat_add(result, RESULT_INVALIDATE);
	s->ops = xcalloc(RESULT_NR_OPS, sizeof(*s->ops));
	for (unsigned int op = 0; op < RESULT_NR_OPS; op++)
		s->ops[op] = (struct sampler_op){ .hist = result->hist[op], .heat = result->heat[op],
						  .total = HIST_NO_TALLY, .hold = HIST_NO_TALLY };
}

void sampler_fini(struct sampler *s)
{
	pthread_mutex_destroy(&s->lock);
	free(s->bufs);
	free(s->ops);
}

void sampler_bufs(struct sampler *s, unsigned int nr)
{
	s->bufs = xcalloc(nr, sizeof(*s->bufs));
	s->nr_bufs = nr;
}

static void record_more(struct sampler *s, const struct sample *m)
{
	struct hist *h = m->more == SAMPLE_CLOSED ? &s->ops[RESULT_INVALIDATE].hist[PHASE_OPEN]
						  : &s->ops[m->op].hist[PHASE_RETRY];

	hist_record(h, m->more_ns);
}

/* What waited for no lock is recorded at the end, at once. */
static void record(struct sampler *s, struct sampler_op *o, const struct sample *m)
{
	hist_count(&o->hist[PHASE_TOTAL], &o->total, m->total_ns);
	hist_count(&o->hist[PHASE_LOCK_HOLD], &o->hold, m->lock_hold_ns);
	if (m->lock_wait_ns)
		hist_record(&o->hist[PHASE_LOCK_WAIT], m->lock_wait_ns);
	if (m->more)
		record_more(s, m);
	if (o->heat)
		result_heat_count(o->heat, m->t_ns, m->total_ns);
}

/* The line of how long @op held, or waited for, mmu_lock: there from its first value on. */
static void put_lock(struct sampler *s, size_t *line, const char *what, enum result_op op, uint64_t from_ns,
		     uint64_t t_ns, uint64_t ns)
{
	char name[sizeof(s->result->series->name)];

	if (!ns)
		return;
	if (!*line) {
		snprintf(name, sizeof(name), "lock.%s.%s.sum", what, result_op_name(op));
		*line = result_series_add(s->result, name, 1, RESULT_SERIES_COARSE) + 1;
	}
	result_series_spread(s->result, *line - 1, from_ns, t_ns, ns);
	if (s->ops[op].bucket_ns < s->result->series[*line - 1].bucket_ns)
		s->ops[op].bucket_ns = s->result->series[*line - 1].bucket_ns;
}

/* Both, of what began at @from_ns and ended at @t_ns. */
static void put_locks(struct sampler *s, enum result_op op, uint64_t from_ns, uint64_t t_ns, uint64_t hold_ns,
		      uint64_t wait_ns)
{
	put_lock(s, &s->ops[op].held_line, "hold", op, from_ns, t_ns, hold_ns);
	put_lock(s, &s->ops[op].waited_line, "wait", op, from_ns, t_ns, wait_ns);
}

static void settle_locks(struct sampler *s, enum result_op op)
{
	struct sampler_op *o = &s->ops[op];

	put_locks(s, op, o->t_ns, o->t_ns, o->hold_ns, o->wait_ns);
	o->hold_ns = o->wait_ns = 0;
}

static uint64_t begin_ns(const struct sample *m)
{
	return m->t_ns > m->total_ns ? m->t_ns - m->total_ns : 0;
}

/* Operations of a kind that share a bucket of the lines, as one. */
static void add_locks(struct sampler *s, struct sampler_op *o, const struct sample *m)
{
	if (unlikely(m->total_ns >= o->bucket_ns)) {
		put_locks(s, m->op, begin_ns(m), m->t_ns, m->lock_hold_ns, m->lock_wait_ns);
		return;
	}
	if (unlikely((o->t_ns ^ m->t_ns) >= o->bucket_ns)) {
		settle_locks(s, m->op);
		o->t_ns = m->t_ns;
	}
	o->hold_ns += m->lock_hold_ns;
	o->wait_ns += m->lock_wait_ns;
}

static void settle_accesses(struct sampler *s)
{
	struct sampler_accesses *a = &s->accesses;

	if (!a->nr)
		return;
	result_series_put(s->result, s->total_max, a->t_ns, a->total_max_ns);
	result_series_put(s->result, s->lock_wait_max, a->t_ns, a->lock_wait_max_ns);
	result_series_put(s->result, s->count, a->t_ns, a->nr);
	/* The three lines' buckets are of one width, a power of two: times differ below it or are in two. */
	*a = (struct sampler_accesses){ .bucket_ns = s->result->series[s->count].bucket_ns };
}

static void add_access(struct sampler *s, const struct sample *m)
{
	struct sampler_accesses *a = &s->accesses;

	if (unlikely((a->t_ns ^ m->t_ns) >= a->bucket_ns))
		settle_accesses(s);
	a->t_ns = m->t_ns;
	a->nr++;
	if (a->total_max_ns < m->total_ns)
		a->total_max_ns = m->total_ns;
	if (a->lock_wait_max_ns < m->lock_wait_ns)
		a->lock_wait_max_ns = m->lock_wait_ns;
}

void sampler_flush(struct sampler *s, struct sample_buf *buf)
{
	const struct sample *end = buf->v + buf->nr;

	pthread_mutex_lock(&s->lock);
	for (const struct sample *m = buf->v; m < end; m++) {
		struct sampler_op *o = &s->ops[m->op];

		record(s, o, m);
		add_locks(s, o, m);
		if (m->op == RESULT_ACCESS)
			add_access(s, m);
	}
	pthread_mutex_unlock(&s->lock);
	buf->nr = 0;
}

void sampler_finish(struct sampler *s)
{
	settle_accesses(s);
	for (unsigned int op = 0; op < RESULT_NR_OPS; op++) {
		struct sampler_op *o = &s->ops[op];

		hist_settle(&o->hist[PHASE_TOTAL], &o->total);
		hist_settle(&o->hist[PHASE_LOCK_HOLD], &o->hold);
		hist_record_n(&o->hist[PHASE_LOCK_WAIT], 0, o->hist[PHASE_TOTAL].n - o->hist[PHASE_LOCK_WAIT].n);
		settle_locks(s, op);
	}
}
