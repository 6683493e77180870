/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ENGINE_CORE_WORKER_H
#define ENGINE_CORE_WORKER_H

/*
 * A task that does one sort of work for others: a work queue of the kernel with one worker.
 * Who asks waits until a round that began after its question is over.
 */
#include "engine/rt/rt.h"

struct worker {
	struct rt_spinlock lock;	/* all below */
	struct rt_cond	   changed;
	uint64_t	   asked, done;	/* rounds */
	bool		   stop;
};

void worker_init(struct worker *w);
/* Has the work done, and waits for it: flush_workqueue().  For ever when no task is in worker_run(). */
void worker_ask(struct worker *w);
/* The worker's task: calls fn(arg) for each round until worker_stop(). */
void worker_run(struct worker *w, void (*fn)(void *arg), void *arg);
/* The worker ends when nothing is left to do. */
void worker_stop(struct worker *w);

#endif
