/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_SAMPLES_H
#define REPLAY_DRIVE_SAMPLES_H

#include <pthread.h>

#include "result/result.h"

/*
 * Where samples go.  Each task fills a small buffer of its own; a full one is
 * poured into the run's histograms under a lock that no simulated task ever
 * waits for: nothing inside it can hand over.
 */
struct sample {
	uint64_t t_ns;		/* end of the operation */
	uint64_t total_ns, lock_wait_ns, lock_hold_ns;
	uint64_t retry_ns;	/* in attempts that ended in RETRY */
	uint32_t op;		/* enum result_op */
	uint32_t retries;
};

#define SAMPLES_BUFFERED 32

struct sample_buf {
	uint32_t	nr;
	struct sample	v[SAMPLES_BUFFERED];
};

struct sampler {
	pthread_mutex_t	 lock;
	struct result	*result;
	size_t		 total_max, lock_wait_max, count;	/* series of accesses */
};

void sampler_init(struct sampler *s, struct result *result);
void sampler_fini(struct sampler *s);
void sampler_flush(struct sampler *s, struct sample_buf *buf);

static inline void sampler_put(struct sampler *s, struct sample_buf *buf, const struct sample *sample)
{
	buf->v[buf->nr++] = *sample;
	if (buf->nr == SAMPLES_BUFFERED)
		sampler_flush(s, buf);
}

#endif
