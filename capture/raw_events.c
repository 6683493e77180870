// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of events by architecture.  Rows of the other one have no names: nothing is of them. */
#include "capture/raw_events.h"

#define RAW(id, kind, names, fields, handler) [RAW_##id] = { RAW_AS_##kind, names, fields },
#define RAW_ARM64 RAW
static const struct raw_row x86_rows[RAW_NR] = {
#include "capture/events_x86.def"
};

static const struct raw_row arm64_rows[RAW_NR] = {
#include "capture/events_arm64.def"
};

const struct raw_table raw_x86 = { x86_rows, RAW_NR };
const struct raw_table raw_arm64 = { arm64_rows, RAW_NR };
