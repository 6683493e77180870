/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_SAMPLES_H
#define REPLAY_DRIVE_SAMPLES_H

#include <pthread.h>

#include "result/result.h"

/*
 * Where samples go.  Tasks fill small buffers: each its own where tasks run at once, all the same one where they
 * do not, so that it never leaves the nearest cache.  A full one is poured into the run's histograms under a lock
 * that no simulated task ever waits for: nothing inside it can hand over.
 */
struct sample {
	uint64_t t_ns;		/* end of the operation */
	uint64_t total_ns, lock_wait_ns, lock_hold_ns;
	uint64_t more_ns;	/* what @more says */
	uint32_t op;		/* enum result_op */
	uint32_t more;		/* enum sample_more */
};

enum sample_more {
	SAMPLE_NO_MORE,
	SAMPLE_RETRIED,		/* so long in attempts that ended in RETRY */
	SAMPLE_CLOSED,		/* it ended an invalidation that was open so long */
};

#define SAMPLES_BUFFERED 32

struct sample_buf {
	uint32_t	nr;
	struct sample	v[SAMPLES_BUFFERED];
};

/* One kind of operation; what is not in the result yet. */
struct sampler_op {
	struct hist	 *hist;			/* by phase */
	struct result_heat *heat;		/* NULL: none */
	struct hist_tally total, hold;
	/* The lines of who held mmu_lock and who waited for it, over time. */
	size_t		  held_line, waited_line; /* series, counted from 1; 0: none yet */
	uint64_t	  bucket_ns;		/* theirs, the wider one's; 0: none yet */
	uint64_t	  t_ns, hold_ns, wait_ns; /* of the bucket at hand */
};

/* Accesses that share a bucket of the time lines, not in them yet. */
struct sampler_accesses {
	uint64_t	 bucket_ns;
	uint64_t	 t_ns, total_max_ns, lock_wait_max_ns, nr;
};

struct sampler {
	pthread_mutex_t	 lock;
	struct result	*result;
	size_t		 total_max, lock_wait_max, count;	/* series of accesses */
	struct sampler_accesses accesses;
	struct sampler_op *ops;		/* by enum result_op */
	struct sample_buf *bufs;
	unsigned int	 nr_bufs;
};

void sampler_init(struct sampler *s, struct result *result);
void sampler_fini(struct sampler *s);
/* Once, before the first sample: @nr buffers. */
void sampler_bufs(struct sampler *s, unsigned int nr);
void sampler_flush(struct sampler *s, struct sample_buf *buf);
/* After the last sample: the result has all that was flushed. */
void sampler_finish(struct sampler *s);

/* The buffer of @task: its own when there are enough. */
static inline struct sample_buf *sampler_buf(const struct sampler *s, unsigned int task)
{
	return &s->bufs[task % s->nr_bufs];
}

static inline void sampler_put(struct sampler *s, struct sample_buf *buf, const struct sample *sample)
{
	buf->v[buf->nr++] = *sample;
	if (buf->nr == SAMPLES_BUFFERED)
		sampler_flush(s, buf);
}

#endif
