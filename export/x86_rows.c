// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of an x86 host. */
#include "export/x86.h"

const struct shape_row x86_rows[X86_NR] = {
#define PROBES "lab"
#include "export/event_rows.def"
};
