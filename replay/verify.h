/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_VERIFY_H
#define REPLAY_VERIFY_H

#include "replay/drive/guide.h"

struct verify_job {
	const struct recording	*rec;
	const struct policy	*policy;
	uint64_t		 seed;
	uint32_t		 recorded;	/* as in struct guide_job */
	bool			 yields_to_waiters; /* the recorded kernel's walks do (lock.needbreak of its preset) */
	bool			 baseline;	/* run the null model, too */
	int (*guide)(const struct guide_job *job, struct err *e);	/* guide_vtime */
};

/**
 * verify_run() - replay a recording and judge it.
 * @out:	verdict_init()ed for @job->rec.
 *
 * First at the guided instants.  Where the records leave room, or something missed, the whole recording is
 * replayed once more in the consistent order (replay/order.h): what is exact in either is exact.
 *
 * Return: 0, or negative with @e filled.
 */
int verify_run(const struct verify_job *job, struct verdict *out, struct err *e);

#endif
