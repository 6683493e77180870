/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_VERIFY_REPORT_H
#define REPLAY_VERIFY_REPORT_H

#include <stdio.h>

#include "replay/verdict.h"

/* What is said about a verdict besides its numbers. */
struct verify_report {
	const struct verdict	*verdict;
	const struct totals	*totals;
	const char		*file, *policy;
	bool			 baseline;	/* the null model ran */
};

/* For people. */
void verify_print(const struct verify_report *r, FILE *out);
/* For programs: one JSON object; keys are those of docs/fidelity.md. */
int verify_print_json(const struct verify_report *r, FILE *out, struct err *e);

#endif
