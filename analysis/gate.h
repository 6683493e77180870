/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_GATE_H
#define ANALYSIS_GATE_H

#include <stdio.h>

#include "analysis/gate_side.h"

/*
 * Did a candidate get worse than its baseline?  Configurations that both sides have are
 * paired, and each rule is judged in each pair.
 */
enum gate_verdict {
	GATE_OK,
	GATE_UNSURE,		/* beyond the limit, but the rule wants more confidence than the runs give */
	GATE_REGRESSION,
	GATE_ABSENT,		/* one side says nothing about it */
};

struct gate_check {
	const struct rule	*rule;
	enum gate_verdict	 verdict;
	struct gate_value	 base, cand;	/* without their samples */
	double			 bound;		/* what the candidate was allowed, in the rule's unit */
	struct stats_ratio	 ratio;		/* its interval only where the bound was passed and the rule has '@' */
};

struct gate_config {
	struct config		*base, *cand;	/* NULL: only the other side has it */
	char			**notes;	/* what else the two differ in */
	size_t			 nr_notes;
	struct gate_check	*v;
	size_t			 nr;
};

struct gate {
	const struct rules	*rules;
	struct gate_side		*base, *cand;
	struct gate_config	*v;
	size_t			 nr;
	size_t			 checks, regressions, unsure, missing;	/* missing: configurations of one side */
};

/**
 * gate_judge() - judge @cand by @base.
 * @measured:	a rule without '@' is refused: figures of real threads differ from run to run.
 *
 * Of runs of several seeds those whose seed both sides have are taken.  The sides stay
 * the caller's, to be closed after gate_fini().
 *
 * Return: 0; ERR_INPUT (negative) when no configuration is on both sides.
 */
int gate_judge(const struct rules *rules, struct gate_side *base, struct gate_side *cand, bool measured,
	       struct gate *out, struct err *e);
void gate_fini(struct gate *g);		/* zeroed: fine */

/* A rule is broken, or a configuration is missing where that fails. */
bool gate_failed(const struct gate *g);

/* The verdict as text; @all: rules that hold, too. */
void gate_print(const struct gate *g, bool all, FILE *out);
/* As one JSON object; its keys are in docs/gate.md. */
void gate_print_json(const struct gate *g, FILE *out);
/* As JUnit's XML: a test suite per configuration, a test case per rule. */
void gate_print_junit(const struct gate *g, FILE *out);
/* As annotations of GitHub's log, at the lines of the rules. */
void gate_print_github(const struct gate *g, FILE *out);

#endif
