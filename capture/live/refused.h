/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_REFUSED_H
#define CAPTURE_LIVE_REFUSED_H

#include "base/types.h"

/* What a host did not let be recorded, and why: reported, written into the recording, never fatal. */
struct refused {
	char	**v;		/* "kvm:kvm_exit: Permission denied" */
	size_t	  nr;
};

void refused_add(struct refused *r, const char *what, const char *why);
/* The same in one text. */
void refused_note(struct refused *r, const char *text);
void refused_fini(struct refused *r);

#endif
