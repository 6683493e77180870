/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FLIP_REPORT_H
#define REPLAY_FLIP_REPORT_H

#include <stdio.h>

#include "replay/flip.h"

/* For people: what each value costs, and how many residuals that is. */
void flips_print(const struct flips *f, const char *file, const char *policy, FILE *out);
/*
 * For programs: one JSON object with file, policy, operations (judged), residual, unmatched and
 * flips, a list of { knob, value, exact_ratio, guided_ratio, cost, factor, cost_observations }.
 */
int flips_print_json(const struct flips *f, const char *file, const char *policy, FILE *out, struct err *e);

#endif
