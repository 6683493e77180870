/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/drive/samples.h"

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
}

static void record(struct sampler *s, const struct sample *m)
{
	struct hist *h = s->result->hist[m->op];

	hist_record(&h[PHASE_TOTAL], m->total_ns);
	hist_record(&h[PHASE_LOCK_WAIT], m->lock_wait_ns);
	hist_record(&h[PHASE_LOCK_HOLD], m->lock_hold_ns);
	if (m->retries)
		hist_record(&h[PHASE_RETRY], m->retry_ns);
	if (m->op != RESULT_ACCESS)
		return;
	result_series_put(s->result, s->total_max, m->t_ns, m->total_ns);
	result_series_put(s->result, s->lock_wait_max, m->t_ns, m->lock_wait_ns);
	result_series_put(s->result, s->count, m->t_ns, 1);
}

void sampler_flush(struct sampler *s, struct sample_buf *buf)
{
	pthread_mutex_lock(&s->lock);
	for (uint32_t i = 0; i < buf->nr; i++)
		record(s, &buf->v[i]);
	pthread_mutex_unlock(&s->lock);
	buf->nr = 0;
}
