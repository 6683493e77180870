/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_PROFILE_H
#define CAPTURE_LIVE_PROFILE_H

#include "base/err.h"
#include "base/types.h"

/*
 * What a capture records, from a file of lines (capture/profiles/NAME.events):
 *
 *	# a comment
 *	kvm:kvm_exit			a tracepoint that is missed when it is not there
 *	?kvm:kvm_set_spte_hva		one that not every kernel or architecture has
 *	include minimal.events		what another file of the same folder says
 *	probes x86.probes x86_64	probe events, from a table (capture/live/probes.h), on this machine alone
 */
struct profile_event {
	char	*system, *name;
	bool	 optional;	/* its absence is no news */
	char	*filter;	/* what it must say, in the words of tracefs; NULL: it may say anything */
};

struct profile {
	struct profile_event *events;	size_t nr_events;	/* each once, in the order of the files */
	char		    **probes;	size_t nr_probes;	/* paths of tables */
};

/* ERR_INPUT with FILE:LINE for what is none of the above. */
int profile_read(const char *path, struct profile *out, struct err *e);
void profile_fini(struct profile *p);

#endif
