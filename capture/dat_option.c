// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of a trace.dat: the kernel, the clock, and what it lost by CPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "capture/dat.h"

/* "local [mono] boot": the one in brackets. */
static char *bracketed(const char *list)
{
	const char *from = strchr(list, '[');
	const char *to = from ? strchr(from, ']') : NULL;

	return to ? strndup(from + 1, to - from - 1) : xstrdup(list);
}

/* "\nBuffer: NAME\n\n" stands before the counts of an instance's CPUs. */
static bool buffer_line(struct dat *d, const char *text)
{
	char name[128];

	if (sscanf(text, " Buffer: %127s", name) != 1)
		return false;
	free(d->stat_buffer);
	d->stat_buffer = xstrdup(name);
	return true;
}

static void cpu_stat(struct dat *d, const char *text)
{
	static const struct {
		const char *label;
		size_t	    at;
	} lines[] = {
		{ "overrun: ",		offsetof(struct dat_stat, overrun) },
		{ "commit overrun: ",	offsetof(struct dat_stat, commit_overrun) },
		{ "dropped events: ",	offsetof(struct dat_stat, dropped) },
		{ "read events: ",	offsetof(struct dat_stat, read) },
	};
	struct dat_stat s = { .buffer = xstrdup(d->stat_buffer ? d->stat_buffer : "") };

	if (sscanf(text, "CPU: %u", &s.cpu) != 1) {
		free(s.buffer);
		return;
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
			size_t len = strlen(lines[i].label);

			if (strncmp(line, lines[i].label, len))
				continue;
			*(uint64_t *)((char *)&s + lines[i].at) = strtoull(line + len, NULL, 10);
			s.has_read |= lines[i].at == offsetof(struct dat_stat, read);
		}
	}
	d->stats = xreallocarray(d->stats, d->nr_stats + 1, sizeof(*d->stats));
	d->stats[d->nr_stats++] = s;
}

void dat_option(struct dat *d, unsigned int id, const uint8_t *body, uint32_t len)
{
	char *text = strndup((const char *)body, len);

	switch (id) {
	case DAT_UNAME:
		free(d->uname);
		d->uname = xstrdup(text);
		break;
	case DAT_TRACECLOCK:
		free(d->clock);
		d->clock = bracketed(text);
		break;
	case DAT_CPUSTAT:
		if (!buffer_line(d, text))
			cpu_stat(d, text);
		break;
	default:
		break;
	}
	free(text);
}
