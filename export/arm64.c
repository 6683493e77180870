// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/writer.h"
static const struct shape_row rows[1];
static void none(struct export *x) { (void)x; }
static void say(struct export *x, const struct told *w) { (void)x; (void)w; }
const struct dialect dialect_arm64 = { .rows = rows, .nr_rows = 0, .tasks = none, .told = say };
