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
	const char	*runtime;	/* "vtime": modelled, "threads": measured */
	const char	*pacing;
	const char	*access;	/* access model: "none" (also NULL), "model" */
	const char	*time_scale;	/* "1" (also NULL): recorded times as they are */
	const char	*command;	/* how to repeat it */
	const char	*commit;	/* mmulab's own version */
	uint64_t	 seed;
	unsigned int	 clones;
	const char	*assumed;	/* what --assume granted, "" for nothing */
};

struct store;

/* Opens or makes the database; migrates by PRAGMA user_version; refuses a newer one or a foreign file. */
int store_open(const char *path, struct store **out, struct err *e);
void store_close(struct store *s);
/* One transaction; *@id is the run's number. */
int store_run(struct store *s, const struct store_run *run, const struct result *r, int64_t *id, struct err *e);

#endif
