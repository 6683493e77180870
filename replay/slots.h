/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SLOTS_H
#define REPLAY_SLOTS_H

#include "event/event.h"

/*
 * The memslots of one VM as a trace's MEMSLOT stimuli leave them: what turns a
 * notifier's host addresses into guest frames at one point of the recording.
 */
struct slots {
	struct ev_slot	*v;
	size_t		 nr, cap;
};

void slots_fini(struct slots *s);	/* zeroed: fine */
/* Applies one MEMSLOT stimulus; a change of a slot that is not there creates it. */
void slots_apply(struct slots *s, const struct ev_slot *change);
/* NULL: there is none. */
const struct ev_slot *slots_find(const struct slots *s, unsigned int id, unsigned int as_id);
/* Address space 0's slot with @gfn, or NULL. */
const struct ev_slot *slots_find_gfn(const struct slots *s, gfn_t gfn);
/* Frames of all slots together. */
uint64_t slots_pages(const struct slots *s);
/*
 * Calls @fn(arg, first gfn, end gfn) for each slot that host addresses
 * @start .. @end (exclusive) overlap; a partial page counts, as in KVM.
 */
void slots_match(const struct slots *s, hva_t start, hva_t end, unsigned int page_shift,
		 void (*fn)(void *arg, gfn_t gfn, gfn_t end), void *arg);

#endif
