/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_CAVEAT_H
#define CAPTURE_CAVEAT_H

#include "event/meta.h"

/*
 * What a recording cannot tell, one line each ("no kvm_page_fault in it, so no guest accesses"), so that
 * nobody wonders later.  From the dictionary alone: the same for a recording and for its event file.
 */
typedef void (*caveat_fn)(void *arg, const char *line);
void caveats(const struct ev_meta *m, caveat_fn fn, void *arg);

#endif
