/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_REPORT_H
#define REPLAY_AUDIT_REPORT_H

#include <stdio.h>

#include "base/err.h"
#include "replay/audit.h"

/* For people: each finding with the records around it, as `mmulab text` writes them. */
void audit_print(const struct audit *a, const char *file, FILE *out);
/* For programs: one JSON object, keys as `verify --json` has them; null: needs the engine. */
int audit_print_json(const struct audit *a, const char *file, FILE *out, struct err *e);

#endif
