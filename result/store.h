/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULT_STORE_H
#define RESULT_STORE_H

#include "base/err.h"
#include "result/result.h"

/* The identity of a run: what its row says.  Strings are borrowed. */
struct store_run {
	const char	*trace;		/* base name */
	const char	*trace_hash;
	const char	*arch, *kernel;
	const char	*policy;	/* its name */
	const char	*policy_text;	/* as policy_print() writes it */
	const char	*costs_text, *host_text;
	const char	*runtime;	/* "vtime", "threads", or "hardware": nobody here ran it */
	const char	*figures;	/* "modelled", "measured", "published"; NULL: as the runtime makes them */
	const char	*origin;	/* "replay" (also NULL), "selftest" */
	const char	*branch, *subject; /* what it stands for in a trend; NULL, "": unknown, mmulab's version */
	const char	*job;		/* identity of a sweep's job; NULL, "": of none */
	const char	*pacing;
	const char	*access;	/* access model: "none" (also NULL), "model" */
	const char	*time_scale;	/* "1" (also NULL): recorded times as they are */
	const char	*command;	/* how to repeat it */
	const char	*commit;	/* mmulab's own version */
	uint64_t	 seed;
	unsigned int	 clones;
	const char	*assumed;	/* what --assume granted, "" for nothing */
};

/* What verify found of one trace under one policy.  Strings are borrowed. */
struct store_fidelity {
	const char	*trace_hash, *policy, *commit;
	uint64_t	 operations;
	uint64_t	 judged, exact, baseline_exact;	/* judged: neither lost, vacuous nor skipped */
};

struct store_merged {
	uint64_t	 runs;		/* taken */
	uint64_t	 known;		/* of jobs that were there */
};

struct store;

/* Opens or makes the database; migrates by PRAGMA user_version; refuses a newer one or a foreign file. */
int store_open(const char *path, struct store **out, struct err *e);
void store_close(struct store *s);
/**
 * store_run() - one run, in one transaction.
 * @id:	its number.  Of a job that is there already: the number of that run, and nothing is stored.
 */
int store_run(struct store *s, const struct store_run *run, const struct result *r, int64_t *id, struct err *e);
/* Takes the place of what the same commit found of the same before. */
int store_fidelity(struct store *s, const struct store_fidelity *f, struct err *e);
/**
 * store_merge() - all runs of other databases, in one transaction.
 *
 * A job that is there, or that several have, is taken once; runs of no job are all taken.  Of what verify
 * found the newest stays.  The others are only read, whatever their schema.
 */
int store_merge(struct store *s, const char *const *paths, size_t nr, struct store_merged *m, struct err *e);

#endif
