// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/loss.h"

#include <stdlib.h>
#include <string.h>

/* A text the kernel prints like "read events: 12"; 0: it does not say. */
static uint64_t count_of(const char *stats, const char *label)
{
	size_t len = strlen(label);

	for (const char *line = stats; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, label, len))
			return strtoull(line + len, NULL, 10);
	}
	return 0;
}

struct record_loss loss_of_stats(const char *stats)
{
	return (struct record_loss){
		.overrun = count_of(stats, "overrun: "),
		.commit_overrun = count_of(stats, "commit overrun: "),
		.dropped = count_of(stats, "dropped events: "),
		.read = count_of(stats, "read events: "),
		.waiting = count_of(stats, "entries: "),
	};
}

uint64_t loss_total(const struct record_loss *l)
{
	return l->overrun + l->commit_overrun + l->dropped;
}
