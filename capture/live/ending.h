/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_ENDING_H
#define CAPTURE_LIVE_ENDING_H

#include <signal.h>

#include "base/types.h"
#include "capture/live/command.h"

/* What ends a recording: SIGINT, SIGTERM and SIGHUP, its time, or the end of its command. */
struct ending {
	sigset_t	before, ours;
	double		began;		/* clock, s; 0: not yet */
};

/* From now on those signals, and SIGCHLD, wait. */
void ending_block(struct ending *en);
/* Now they do no more; those that came since are forgotten: they came to end a recording that has ended. */
void ending_restore(struct ending *en);
void ending_begin(struct ending *en);
double ending_seconds(const struct ending *en);		/* since then */
/**
 * ending_wait() - until something ends it.
 * @duration_s:	0: no time does.
 * @look:	is called several times a second; ends it when it returns true.
 */
void ending_wait(struct ending *en, double duration_s, struct command *command, bool (*look)(void *arg), void *arg);

#endif
