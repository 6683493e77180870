/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_REPLAY_RUN_H
#define CMD_REPLAY_RUN_H

#include <stdio.h>

#include "cmd/opts.h"
#include "replay/drive/job.h"
#include "replay/facts.h"
#include "replay/time_scale.h"

/* What `mmulab replay` was asked for, options checked. */
struct replay_ask {
	enum kvm_arch	 arch;		/* of the trace */
	const char	*trace;		/* path */
	struct opt_list	 policies, sets, assume;
	const char	*costs;		/* file, or NULL */
	const char	*db;		/* or NULL */
	const char	*branch, *subject, *job; /* for the run's row */
	const char	*runtime, *pacing, *grain;	/* as given */
	bool		 threads, fine, check, json, salvage, model;
	const char	*time_scale_text; /* as given: "auto" or a number */
	uint32_t	 time_scale_ppm; /* of a number; 0: auto */
	enum drive_pacing pacing_kind;
	uint32_t	 clones;
	uint64_t	 seed, seeds;	/* seeds: 0, or how many schedules to try */
	struct facts	 facts;
};

/* One event file, ready to be replayed as often as wanted. */
struct replay_trace {
	struct ev_file		*file;
	const struct ev_meta	*meta;
	struct scan		 scan;
	struct plan		*plan;
	struct access_model	*access; /* NULL without --access model */
	struct time_scale	 time_scale;
	uint32_t		 scale_rough_ppm; /* what it would be, of means */
};

/* One policy's run. */
struct replay_run {
	struct policy		 policy;
	struct result		 result;
	int64_t			 id;	/* in the database, 0: not stored */
};

/*
 * cmd/replay_ask.c: the texts of @ask become values; @access: that of --access.
 * Return: 0 or -ERR_USAGE.
 */
int replay_ask_resolve(struct replay_ask *ask, const char *access, struct err *e);
/*
 * Everything that can be wrong before the first run, what is cheap to find before the trace is planned: @runs, one for
 * each policy asked for (or one), get their policies, and @trace is opened.
 */
int replay_prepare(const struct replay_ask *ask, struct replay_trace *trace, struct replay_run *runs, size_t nr,
		   struct err *e);

/* The policy @name with the knobs among ask->sets changed. */
int replay_policy(const struct replay_ask *ask, const char *name, struct policy *out, struct err *e);
/* Refuses a policy or an access model that is not about such a trace. */
int replay_fits(const struct replay_ask *ask, const struct ev_meta *meta, const struct policy *policy, struct err *e);
/* The costs and the host asked for; of the host what the trace decides stays 0. */
int replay_costs(const struct replay_ask *ask, struct costs *costs, struct host_model *host, struct err *e);

/* Opens, scans, refuses what the trace cannot answer, plans. */
int replay_trace_open(const struct replay_ask *ask, struct replay_trace *out, struct err *e);
void replay_trace_close(struct replay_trace *t);	/* zeroed: fine */

/* A job for @policy with everything but the policy's own costs resolved; @costs is filled. */
int replay_job(const struct replay_ask *ask, const struct replay_trace *trace, const struct policy *policy,
	       struct costs *costs, struct drive_job *out, struct err *e);
/* Drives @job and adds what every run says about its trace; @result is result_init()ed. */
int replay_drive(const struct replay_ask *ask, const struct replay_trace *trace, const struct drive_job *job,
		 struct result *result, struct err *e);
/* Stores one run; the command that repeats it stands in its row. */
int replay_store(const struct replay_ask *ask, const struct replay_trace *trace, const struct drive_job *job,
		 struct replay_run *run, struct err *e);

/* The command line that gives such a run again under @policy; only what differs from the defaults. */
void replay_command(const struct replay_ask *ask, const struct policy *policy, FILE *out);

/*
 * cmd/replay_search.c: ask->seeds schedules under each policy.  Prints what it found; ERR_NO when
 * something broke.
 */
int replay_search(struct replay_ask *ask, const struct replay_trace *trace, const struct replay_run *runs,
		  size_t nr, struct err *e);
/* What the tasks did before it broke, a line each. */
void replay_show_story(const struct drive_broken *b, FILE *out);

/* cmd/replay_show.c: what the runs say, for people and for programs. */
void replay_show(const struct replay_ask *ask, const struct replay_run *runs, size_t nr);
void replay_show_json(const struct replay_ask *ask, const struct replay_trace *trace,
		      const struct replay_run *runs, size_t nr);

#endif
