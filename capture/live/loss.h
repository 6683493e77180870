/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CAPTURE_LIVE_LOSS_H
#define CAPTURE_LIVE_LOSS_H

#include "base/types.h"

/* What became of the events of one CPU, by the kernel's own count: per_cpu/cpuN/stats of an instance. */
struct record_loss {
	uint64_t	overrun;	/* overwritten before they were read */
	uint64_t	commit_overrun;	/* nested too deep for a buffer this small */
	uint64_t	dropped;	/* no room */
	uint64_t	read;		/* recorded */
	uint64_t	waiting;	/* in the buffer, neither read nor lost yet */
};

/* @stats: the text; "" counts nothing. */
struct record_loss loss_of_stats(const char *stats);
uint64_t loss_total(const struct record_loss *l);

#endif
