/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_SWEEP_POOL_H
#define CMD_SWEEP_POOL_H

#include "base/err.h"
#include "base/types.h"

/*
 * Processes that work on numbered tasks.  Each is forked once and asks for the next task when it
 * has done one, so that it can keep what two tasks share.  They die with the one that forked them.
 */
#define POOL_NONE	UINT64_MAX

struct pool {
	void		*arg;
	/* The next task for a worker that did @last before (POOL_NONE: nothing yet); POOL_NONE: there is none. */
	uint64_t	(*next)(void *arg, uint64_t last);
	/* In the worker's process. */
	int		(*work)(void *arg, uint64_t task, struct err *e);
	/* Back home: what work() returned and said. */
	void		(*done)(void *arg, uint64_t task, int rc, const char *text);
	/* The process ended in the middle of @task; @how: "was killed by signal 9".  next() may give it out again. */
	void		(*died)(void *arg, uint64_t task, const char *how);
	/* A few times a second; or NULL. */
	void		(*tick)(void *arg);
};

/* Until next() has none for anybody and all are done.  Nobody else's threads may run. */
int pool_run(const struct pool *p, unsigned int workers, struct err *e);

#endif
