/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_AUDIT_WINDOWS_H
#define REPLAY_AUDIT_WINDOWS_H

#include "replay/audit.h"

/* Invalidations from begin to end, as recorded; whose end is not recorded is none. */
struct audit_range {
	gfn_t start, end;
};

struct audit_window {
	uint32_t start, end;		/* operations */
	uint16_t vm;
	bool	 matched;		/* a memslot did, so in_progress and seq counted it */
	uint64_t begun;			/* it was open by then: its first step under the lock */
	uint64_t zapped;		/* its last record: what it zaps is zapped */
	uint64_t end_lo, end_at, end_hi; /* seq++, in_progress-- */
	uint32_t first_range, nr_ranges;
};

struct audit_windows {
	struct audit_window	*v;	/* by @zapped */
	uint32_t		 nr, cap;
	uint32_t		*by_begin, *by_end; /* indices, by @begun and by @end_lo */
	struct audit_range	*ranges;
	uint32_t		 nr_ranges, cap_ranges;
};

/* What each check gets. */
struct audit_job {
	const struct recording	   *r;
	const struct audit_windows *w;
	struct audit		   *a;
};

/* Pairs begins with ends; what does not pair is a finding. */
void audit_windows_make(const struct recording *r, struct audit *a, struct audit_windows *out);
void audit_windows_fini(struct audit_windows *w);

/* Does @w cover a page of @start .. @end (exclusive)?  *@gfn: the first one. */
bool audit_window_covers(const struct audit_windows *ws, const struct audit_window *w, gfn_t start, gfn_t end,
			 gfn_t *gfn);

#endif
