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
}

void sampler_fini(struct sampler *s)
{
	pthread_mutex_destroy(&s->lock);
	free(s->bufs);
}

void sampler_bufs(struct sampler *s, unsigned int nr)
{
	s->bufs = xcalloc(nr, sizeof(*s->bufs));
	s->nr_bufs = nr;
}

static void record(struct sampler *s, const struct sample *m)
{
	struct hist *h = s->result->hist[m->op];

	hist_record(&h[PHASE_TOTAL], m->total_ns);
	result_heat_put(s->result, m->op, m->t_ns, m->total_ns);
	if (m->lock_wait_ns)
		hist_record(&h[PHASE_LOCK_WAIT], m->lock_wait_ns);
	else
		s->unwaited[m->op]++;
	hist_record(&h[PHASE_LOCK_HOLD], m->lock_hold_ns);
	if (m->retries)
		hist_record(&h[PHASE_RETRY], m->retry_ns);
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
	if (s->locks[op].bucket_ns < s->result->series[*line - 1].bucket_ns)
		s->locks[op].bucket_ns = s->result->series[*line - 1].bucket_ns;
}

/* Both, of what began at @from_ns and ended at @t_ns. */
static void put_locks(struct sampler *s, enum result_op op, uint64_t from_ns, uint64_t t_ns, uint64_t hold_ns,
		      uint64_t wait_ns)
{
	put_lock(s, &s->locks[op].held, "hold", op, from_ns, t_ns, hold_ns);
	put_lock(s, &s->locks[op].waited, "wait", op, from_ns, t_ns, wait_ns);
}

static void settle_locks(struct sampler *s, enum result_op op)
{
	struct sampler_locks *l = &s->locks[op];

	put_locks(s, op, l->t_ns, l->t_ns, l->hold_ns, l->wait_ns);
	l->hold_ns = l->wait_ns = 0;
}

static uint64_t begin_ns(const struct sample *m)
{
	return m->t_ns > m->total_ns ? m->t_ns - m->total_ns : 0;
}

/* Operations of a kind that share a bucket of the lines, as one. */
static void add_locks(struct sampler *s, const struct sample *m)
{
	struct sampler_locks *l = &s->locks[m->op];

	if (unlikely(m->total_ns >= l->bucket_ns)) {
		put_locks(s, m->op, begin_ns(m), m->t_ns, m->lock_hold_ns, m->lock_wait_ns);
		return;
	}
	if (unlikely((l->t_ns ^ m->t_ns) >= l->bucket_ns)) {
		settle_locks(s, m->op);
		l->t_ns = m->t_ns;
	}
	l->hold_ns += m->lock_hold_ns;
	l->wait_ns += m->lock_wait_ns;
}

/* Accesses that share a bucket of the time lines, as one. */
struct together {
	uint64_t t_ns, total_max_ns, lock_wait_max_ns, nr;
};

static void put_together(struct sampler *s, const struct together *g)
{
	if (!g->nr)
		return;
	result_series_put(s->result, s->total_max, g->t_ns, g->total_max_ns);
	result_series_put(s->result, s->lock_wait_max, g->t_ns, g->lock_wait_max_ns);
	result_series_put(s->result, s->count, g->t_ns, g->nr);
}

/* The three lines' buckets are of one width, a power of two: times differ below it or are in two. */
static bool in_one_bucket(const struct sampler *s, uint64_t a_ns, uint64_t b_ns)
{
	return (a_ns ^ b_ns) < s->result->series[s->count].bucket_ns;
}

static void add_access(struct sampler *s, struct together *g, const struct sample *m)
{
	if (g->nr && !in_one_bucket(s, g->t_ns, m->t_ns)) {
		put_together(s, g);
		*g = (struct together){ 0 };
	}
	g->t_ns = m->t_ns;
	g->nr++;
	if (g->total_max_ns < m->total_ns)
		g->total_max_ns = m->total_ns;
	if (g->lock_wait_max_ns < m->lock_wait_ns)
		g->lock_wait_max_ns = m->lock_wait_ns;
}

#define AHEAD	8	/* samples; a counter comes from memory in the time of about so many */

static void expect(const struct sampler *s, const struct sample *m)
{
	const struct hist *h = s->result->hist[m->op];

	hist_expect(&h[PHASE_TOTAL], m->total_ns);
	hist_expect(&h[PHASE_LOCK_HOLD], m->lock_hold_ns);
}

void sampler_flush(struct sampler *s, struct sample_buf *buf)
{
	struct together accesses = { 0 };

	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < buf->nr; i++) {
		if (i + AHEAD < buf->nr)
			expect(s, &buf->v[i + AHEAD]);
		record(s, &buf->v[i]);
		add_locks(s, &buf->v[i]);
		if (buf->v[i].op == RESULT_ACCESS)
			add_access(s, &accesses, &buf->v[i]);
	}
	put_together(s, &accesses);
	pthread_mutex_unlock(&s->lock);
	buf->nr = 0;
}

void sampler_window(struct sampler *s, uint64_t open_ns)
{
	pthread_mutex_lock(&s->lock);
	hist_record(&s->result->hist[RESULT_INVALIDATE][PHASE_OPEN], open_ns);
	pthread_mutex_unlock(&s->lock);
}

void sampler_finish(struct sampler *s)
{
	for (unsigned int op = 0; op < RESULT_NR_OPS; op++) {
		hist_record_n(&s->result->hist[op][PHASE_LOCK_WAIT], 0, s->unwaited[op]);
		settle_locks(s, op);
	}
}
