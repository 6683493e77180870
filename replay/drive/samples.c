/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/drive/samples.h"

#include <stdlib.h>

#include "base/alloc.h"

void sampler_init(struct sampler *s, struct result *result)
{
	*s = (struct sampler){ .result = result };
	pthread_mutex_init(&s->lock, NULL);
	s->total_max = result_series_add(result, "access.total.max", 0);
	s->lock_wait_max = result_series_add(result, "access.lock_wait.max", 0);
	s->count = result_series_add(result, "access.n", 1);
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
	if (m->lock_wait_ns)
		hist_record(&h[PHASE_LOCK_WAIT], m->lock_wait_ns);
	else
		s->unwaited[m->op]++;
	hist_record(&h[PHASE_LOCK_HOLD], m->lock_hold_ns);
	if (m->retries)
		hist_record(&h[PHASE_RETRY], m->retry_ns);
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
		if (buf->v[i].op == RESULT_ACCESS)
			add_access(s, &accesses, &buf->v[i]);
	}
	put_together(s, &accesses);
	pthread_mutex_unlock(&s->lock);
	buf->nr = 0;
}

void sampler_finish(struct sampler *s)
{
	for (unsigned int op = 0; op < RESULT_NR_OPS; op++)
		hist_record_n(&s->result->hist[op][PHASE_LOCK_WAIT], 0, s->unwaited[op]);
}
