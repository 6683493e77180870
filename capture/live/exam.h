/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_EXAM_H
#define CAPTURE_LIVE_EXAM_H

#include "base/types.h"
#include "capture/live/refused.h"

/*
 * What this host lets be recorded, found out by doing what a capture does first: an instance is made, its events
 * are turned on in a buffer that stands still, its probes are defined, and all of it is removed.
 */
enum exam_state {
	EXAM_GOOD,
	EXAM_LACKS,		/* a capture works without it */
	EXAM_BLOCKS,		/* none with the default options does */
};

struct exam_check {
	const char	*about;		/* a word: "tracefs" */
	enum exam_state	 state;
	char		*found;
	char		*advice;	/* what to do; NULL: nothing */
};

struct exam_profile {
	const char	*name;
	const char	*path;		/* NULL: it is not installed */
	unsigned int	 nr_events;	/* it names, probes not among them */
	unsigned int	 found;		/* of which can be recorded */
	unsigned int	 nr_probes;	/* probes that can be made */
	struct refused	 refused;	/* what it needs and is not given: "WHAT: WHY" */
	struct refused	 absent;	/* events that not every kernel has, nor this one */
};

struct exam {
	char		*kernel, *machine;	/* as uname has them */
	struct exam_check *checks;	size_t nr_checks;
	struct exam_profile *profiles;	size_t nr_profiles;	/* the caller's */
	struct refused	 facts;		/* "NAME=VALUE", what a capture notes: capture/notes.h */
	bool		 can_capture;	/* with the default options */
};

/**
 * exam_host() - find all of it out.
 * @profiles:	names and paths; the rest is filled, exam_fini() frees that.  "default" is the one that must work.
 * @folder:	where a recording would go.
 */
void exam_host(struct exam_profile *profiles, size_t nr, const char *folder, struct exam *out);
void exam_fini(struct exam *x);

#endif
