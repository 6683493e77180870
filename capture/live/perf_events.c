// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/perf_events.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "capture/live/host.h"
#include "capture/live/instance.h"

/* The number of an event; -1, and errno. */
static long number_of(const char *system, const char *name)
{
	const char *tracing = instance_tracing_dir();
	char *path, *text;
	long id;

	if (!tracing) {
		errno = ENODEV;
		return -1;
	}
	path = xasprintf("%s/events/%s/%s/id", tracing, system, name);
	text = host_text(path);
	id = text ? strtol(text, NULL, 10) : -1;
	free(text);
	free(path);
	return id;
}

int perf_events_try(const char *system, const char *name, pid_t pid)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1,
					.sample_type = PERF_SAMPLE_RAW, .disabled = 1 };
	long id = number_of(system, name);
	int fd;

	if (id < 0)
		return errno;
	attr.config = id;
	fd = syscall(SYS_perf_event_open, &attr, pid, pid < 0 ? 0 : -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static const char *why(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return "this kernel has no such event";
	case ENODEV:
		return "no tracefs is mounted; perf reads the events' numbers there";
	default:
		return strerror(errnum);
	}
}

char *perf_events_list(const struct profile *p, pid_t pid, struct refused *refused, unsigned int *nr)
{
	char *list = NULL;

	*nr = 0;
	for (size_t i = 0; i < p->nr_events; i++) {
		const struct profile_event *ev = &p->events[i];
		int errnum = perf_events_try(ev->system, ev->name, pid);
		char *name = xasprintf("%s:%s", ev->system, ev->name), *longer;

		if (errnum && !(errnum == ENOENT && ev->optional))
			refused_add(refused, name, why(errnum));
		if (!errnum) {
			longer = xasprintf("%s%s%s", list ? list : "", list ? "," : "", name);
			free(list);
			list = longer;
			++*nr;
		}
		free(name);
	}
	if (p->nr_probes)
		refused_add(refused, "probe events", "--backend perf makes none");
	return list;
}
