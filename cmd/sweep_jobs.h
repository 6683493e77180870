/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_SWEEP_JOBS_H
#define CMD_SWEEP_JOBS_H

#include "cmd/sweep_grid.h"

/*
 * The jobs of a grid: who they are, and which the database has.  A job's identity is a hash of everything
 * that decides what its run says: trace, policy, costs, host, pacing, seed, ..., branch, subject and mmulab's commit.
 */
#define JOB_ID_SIZE	33

enum job_state {
	JOB_LEFT,
	JOB_ELSEWHERE,	/* another shard's */
	JOB_KNOWN,	/* the database had it */
	JOB_RUNNING,
	JOB_STORED,
	JOB_FAILED,
};

struct job {
	char		id[JOB_ID_SIZE];
	uint8_t		state;		/* enum job_state */
	uint8_t		deaths;		/* processes that ended in the middle of it */
	uint64_t	weight;		/* about proportional to the time it takes */
};

struct jobs {
	const struct grid *grid;
	const char	*branch, *subject;
	struct job	*v;
	uint64_t	 nr;
};

/* "1/3" */
struct shard {
	uint64_t index, of;	/* from 0; of 1: all */
};

/* Whatever can be wrong with a combination is told here, with the line of the grid. */
int jobs_make(const struct grid *g, const struct shard *shard, const char *branch, const char *subject,
	      struct jobs *out, struct err *e);
void jobs_fini(struct jobs *j);		/* zeroed: fine */

/* Marks those that @db has; a file that does not exist has none. */
int jobs_find_known(struct jobs *j, const char *db, struct err *e);
uint64_t jobs_count(const struct jobs *j, enum job_state state);

#endif
