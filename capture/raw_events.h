/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RAW_EVENTS_H
#define CAPTURE_RAW_EVENTS_H

#include "capture/raw.h"

/*
 * Rows of events_x86.def and events_arm64.def.  What hosts of both architectures say has one number,
 * whatever its event is called there.
 */
enum raw_id {
	RAW_ID_NONE = RAW_NONE,
#define RAW(id, kind, names, fields, handler) RAW_##id,
#include "capture/events_x86.def"
#undef RAW
#define RAW(id, kind, names, fields, handler)
#define RAW_ARM64(id, kind, names, fields, handler) RAW_##id,
#include "capture/events_arm64.def"
#undef RAW_ARM64
#undef RAW
	RAW_NR
};

extern const struct raw_table raw_x86, raw_arm64;

#endif
