/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_SELECT_H
#define ANALYSIS_SELECT_H

#include "analysis/db.h"

/* The text columns of table run that analysis looks at. */
#define RUN_TEXTS(X)	\
	X(time) X(version) X(trace) X(trace_hash) X(arch) X(kernel) X(runtime) X(pacing) \
	X(policy) X(policy_text) X(costs_text) X(host_text) X(assumed) X(command) X(figures) \
	X(access) X(time_scale) X(branch) X(subject) X(job) X(origin)

struct run {
	int64_t		 id, seed, clones;
#define RUN_MEMBER(column) char *column;
	RUN_TEXTS(RUN_MEMBER)
#undef RUN_MEMBER
	char		*label;		/* the policy, and whatever else tells it from its neighbours */
};

/* What the run stands for in a trend: a commit, a kernel; mmulab's own where none was said. */
static inline const char *run_subject(const struct run *r)
{
	return *r->subject ? r->subject : r->version;
}

/* Whose figures they are, in a few words: "modelled, virtual time", "published figures". */
const char *run_figures(const struct run *r);

/*
 * Runs that can be compared: same trace, clones, runtime, pacing, time scale, costs and
 * host.  With and without the access model they stand side by side.  The first is the one the
 * others are held against.
 */
struct group {
	struct run	*v;
	size_t		 nr;
	char		*slug;		/* for file names: "aging-mglru", "populate-4k-x16"; unique */
};

struct selection {
	struct group	*v;
	size_t		 nr;
};

struct select_rule {
	const char *const	*runs;		/* numbers; the group is those runs, in that order */
	size_t			 nr_runs;
	const char		*trace;		/* shell pattern over the name, its ending may be left out */
	const char *const	*policies;	/* shell patterns */
	size_t			 nr_policies;
	bool			 last;		/* only the trace of the newest run */
	bool			 repeated;	/* also those that were made again since */
};

/**
 * select_runs() - the runs a report is about.
 *
 * Of runs that differ in nothing but when they were made the newest is taken,
 * in the place of the first.  Nothing found is ERR_INPUT, and says what there is.
 */
int select_runs(struct db *db, const struct select_rule *rule, struct selection *out, struct err *e);
/* Does the shell pattern match a trace's name, with or without its ending? */
bool select_trace_matches(const char *pattern, const char *trace);
void selection_fini(struct selection *s);	/* zeroed: fine */

#endif
