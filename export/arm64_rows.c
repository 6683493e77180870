// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of an arm64 host. */
#include "export/arm64.h"

const struct shape_row arm_rows[ARM_NR] = {
#define PROBES "s2"
#include "export/event_rows.def"
};
