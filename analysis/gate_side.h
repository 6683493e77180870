/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_GATE_SIDE_H
#define ANALYSIS_GATE_SIDE_H

#include "analysis/db.h"
#include "analysis/rules.h"
#include "analysis/stats.h"

/*
 * One side of a gate: runs of a database by configuration, or the figures that a baseline
 * file keeps of them.
 */

/* What two runs have in common that may be compared; the policy is known by its name, so that it may have changed. */
#define CONFIG_TEXTS(X) \
	X(trace_hash) X(trace) X(policy) X(runtime) X(pacing) X(access) X(time_scale) X(assumed)

struct config_run {
	int64_t	id, seed;
};

struct config {
#define CONFIG_MEMBER(column) char *column;
	CONFIG_TEXTS(CONFIG_MEMBER)
#undef CONFIG_MEMBER
	int64_t			 clones;
	char			*subject;	/* of the newest run; runs of others are not in here */
	struct config_run	*run;		/* ascending by seed, the newest of each */
	size_t			 nr;
	/* Of a baseline file: what stands for the texts, and the figures. */
	char			*policy_mark, *costs_mark, *host_mark;
	struct { char *name; double value; } *kept;
	size_t			 nr_kept;
};

/* Where a side comes from: "run:3", "run:3,4", "branch:NAME", "subject:NAME", or a database or baseline file. */
struct gate_side {
	char		*from;
	struct db	*db;		/* NULL: a baseline file */
	bool		 own;		/* @db is closed with the side */
	bool		 by_number;	/* runs were named, whatever their policies */
	struct config	*v;		/* ascending by their texts */
	size_t		 nr;
	size_t		 left_out;	/* runs that were measured (or, when those are asked for, modelled) */
};

/* Figures of one configuration for one rule. */
struct gate_value {
	bool		 set;
	double		 value;		/* of merged histograms; mean of a metric's values */
	double		 worst_low, worst_high; /* over runs */
	double		*sample;	/* one per run; NULL for a baseline file */
	struct hist	*hist;		/* RULE_LATENCY, when asked for: one per run */
	size_t		 nr;
};

/**
 * gate_side_open() - the runs that @from names.
 * @db:		where runs, branches and subjects are looked up; borrowed.
 * @measured:	those of real threads and hardware, not those of virtual time.
 *
 * Return: 0; ERR_INPUT (negative) when there are none.
 */
int gate_side_open(struct db *db, const char *from, bool measured, struct gate_side *out, struct err *e);
/* The branch of the newest run; refused when that is what @base names. */
int gate_side_newest(struct db *db, const char *base, bool measured, struct gate_side *out, struct err *e);
void gate_side_close(struct gate_side *s);	/* zeroed: fine */

/* What @c says about @rule; @hists: with histograms, where it is about a latency. */
int gate_side_value(struct gate_side *s, const struct config *c, const struct rule *rule, bool hists,
		    struct gate_value *out, struct err *e);
void gate_value_fini(struct gate_value *v);
/* Keeps the figures alone. */
void gate_value_fini_samples(struct gate_value *v);

/* A text of the newest run, "policy_text", "costs_text" or "host_text"; "" of a baseline file; free() it. */
int gate_side_text(struct gate_side *s, const struct config *c, const char *column, char **out, struct err *e);
/* What stands for such a text in a baseline file. */
int gate_side_mark(struct gate_side *s, const struct config *c, const char *column, char **out, struct err *e);

/* Unit of a metric that some run of the struct db at @db has, for rules_read(); NULL: none has it. */
const char *gate_unit_of(void *db, const char *metric);

/* How much alike configurations have to be. */
enum config_likeness {
	CONFIG_SAME,
	CONFIG_SAME_BUT_HASH,		/* the trace is known by its name */
	CONFIG_SAME_BUT_SCALE,		/* nor does it matter by what recorded times were multiplied */
};

void config_fini(struct config *c);
int config_order(const struct config *a, const struct config *b, enum config_likeness likeness);

/* Writes the figures that @rules are about, so that the file can be a baseline. */
int gate_side_save(struct gate_side *s, const struct rules *rules, const char *path, struct err *e);

#endif
