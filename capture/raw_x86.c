// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of an x86 host's events. */
#include "capture/raw_x86.h"

static const struct raw_row rows[RAW_NR] = {
	[RAW_NONE] = { RAW_AS_EVENT, "", "" },
#define RAW(id, kind, names, fields, handler) [RAW_##id] = { RAW_AS_##kind, names, fields },
#include "capture/events_x86.def"
#undef RAW
};

const struct raw_table raw_x86 = { rows, RAW_NR };
