/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_SWEEP_GRID_H
#define CMD_SWEEP_GRID_H

#include "cmd/replay_run.h"

/*
 * A grid of runs, read from an INI file: lists of values, one run for each combination of them.
 *
 *	[grid]
 *	trace = traces/aging-*.mmt
 *	policy = x86-6.12, x86-6.1
 *	knob sync.yield_every = 0, 1, 64
 *	seed = 1..20
 *
 * A combination is a number below grid->jobs; what changes with it fastest stands last in GRID_KEYS.
 */
#define GRID_KEYS(X)								\
	X(TRACE,	"trace",	"event files; patterns are fine")	\
	X(COSTS,	"costs",	"files of costs")			\
	X(COST,		"cost",		"NAME of the cost model")		\
	X(HOST,		"host",		"NAME of the host")			\
	X(PACING,	"pacing",	"closed, open, asap")			\
	X(ACCESS,	"access",	"none, model")				\
	X(TIME_SCALE,	"time_scale",	"auto or numbers")			\
	X(POLICY,	"policy",	"policies")				\
	X(KNOB,		"knob",		"NAME of every policy")			\
	X(CLONES,	"clones",	"copies of the recorded vCPUs")		\
	X(SEED,		"seed",		"schedules")				\
	X(ASSUME,	"assume",	"facts; all of them in each run")

enum grid_key {
#define GRID_ENUM(id, name, what) GRID_##id,
	GRID_KEYS(GRID_ENUM)
#undef GRID_ENUM
	GRID_NR_KEYS
};

struct grid_dim {
	enum grid_key	 key;
	char		*name;		/* of a knob, a cost, the host; else "" */
	char		*where;		/* FILE:LINE */
	char		**v;		/* values; of knobs, costs and hosts whole assignments */
	size_t		 nr;
	uint64_t	 stride;	/* numbers between two neighbours in this dimension */
};

struct grid {
	char		*path;
	struct grid_dim	*dims;		/* by key, then as they stand in the file */
	size_t		 nr_dims;
	uint64_t	 jobs;		/* combinations */
	uint64_t	 per_trace;	/* consecutive ones for which the same trace is opened the same way */
};

#define GRID_MAX_JOBS	10000000

/* Reads and checks what can be checked without a trace; GRID_TRACE holds files that exist. */
int grid_read(const char *path, struct grid *out, struct err *e);
void grid_fini(struct grid *g);		/* zeroed: fine */

/* The value of a dimension in combination @job; NULL: there is no such dimension. */
const char *grid_value(const struct grid *g, enum grid_key key, uint64_t job);
/* The line a key stands in, for messages; the grid's path when it does not. */
const char *grid_where(const struct grid *g, enum grid_key key);

/**
 * grid_ask() - combination @job as a replay is asked for.
 * @ask:	texts are borrowed from @g; grid_ask_fini() frees its lists.
 * @e:		names the line in which a value is wrong.
 */
int grid_ask(const struct grid *g, uint64_t job, struct replay_ask *ask, struct err *e);
void grid_ask_fini(struct replay_ask *ask);

/* "aging.mmt x86-6.12 age.lock=read x4 seed 3": what tells a job from the others. */
void grid_print(const struct grid *g, uint64_t job, FILE *out);

#endif
