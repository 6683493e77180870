/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DRIVE_JOB_H
#define REPLAY_DRIVE_JOB_H

#include "engine/config/costs.h"
#include "engine/config/policy.h"
#include "engine/mmu.h"
#include "event/reader.h"
#include "replay/access_model.h"
#include "replay/oracle.h"
#include "replay/plan.h"
#include "replay/scan.h"
#include "replay/told.h"
#include "result/result.h"

/*
 * One run of one event file under one policy.  This header knows no runtime;
 * drive.c is compiled once per runtime and exports one of the two entries below.
 */
enum drive_pacing { PACING_CLOSED, PACING_OPEN, PACING_ASAP };

/* One thing a task did before something broke. */
struct drive_step {
	uint64_t	 t_ns;
	unsigned int	 task;		/* of the run */
	char		 name[48];	/* the task's, copies told apart */
	const char	*what;
	uint64_t	 gfn, value;
	unsigned int	 more;		/* of the same kind that came next and are left out */
};

/* How a checked run went wrong. */
struct drive_broken {
	bool		  any;
	char		  what[640];	/* "I-N1: ..." */
	uint64_t	  t_ns;		/* in the run's time */
	uint64_t	  steps;	/* hand-overs from task to task until then */
	struct drive_step step[MMU_BREAK_EVENTS];	/* of the tasks it concerns, oldest first */
	unsigned int	  nr_steps;
};

struct drive_job {
	struct ev_file		*file;
	const struct scan	*scan;		/* of @file */
	const struct plan	*plan;		/* of @file */
	const struct policy	*policy;
	const struct costs	*costs;
	const struct access_model *access;	/* of @file; NULL: only recorded accesses happen */
	bool			 as_tdp_mmu;	/* whatever MMU the recorded host had */
	bool			 as_two_dimensional; /* the guest's page tables are its own affair */
	uint32_t		 time_scale_ppm; /* recorded think times and gaps are multiplied by it; 0: kept */
	struct host_model	 host;
	enum drive_pacing	 pacing;
	unsigned int		 clones;	/* copies of the recorded vCPUs on disjoint memory; 1: none */
	uint64_t		 seed;
	bool			 check;		/* oracle and invariants */
	bool			 fine;		/* rt.grain = access */
	bool			 shuffle;	/* every seed another schedule: rt_config.shuffle */
	const struct told_sink	*told;	/* vtime: whom the run is told to as it goes; NULL: nobody */
	struct drive_broken	*broken;	/* NULL, or filled when @check finds something */
};

/* Fills @result (result_init()ed); ERR_INPUT for a damaged block, ERR_NO when the oracle disagrees. */
int drive_vtime(const struct drive_job *job, struct result *result, struct err *e);
int drive_threads(const struct drive_job *job, struct result *result, struct err *e);

#endif
