/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_RAW_X86_H
#define CAPTURE_RAW_X86_H

#include "capture/raw.h"

/* Rows of events_x86.def. */
enum raw_x86 {
	RAW_X86_NONE = RAW_NONE,
#define RAW(id, kind, names, fields, handler) RAW_##id,
#include "capture/events_x86.def"
#undef RAW
	RAW_NR
};

extern const struct raw_table raw_x86;

#endif
