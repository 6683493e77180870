// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static char *file_of(const struct profile_event *ev, const char *file)
{
	return xasprintf("events/%s/%s/%s", ev->system, ev->name, file);
}

static void refuse(struct refused *refused, const char *of, const struct profile_event *ev, int ret)
{
	char *what = xasprintf("%s%s:%s", of, ev->system, ev->name);

	refused_add(refused, what, ret == -ENOENT ? "this kernel has no such event" : strerror(-ret));
	free(what);
}

/* The caller's to free(); NULL: it may say anything. */
static char *filter_of(struct instance *in, const struct profile_event *ev, const struct addresses *only)
{
	char *file = file_of(ev, "format"), *format = only && only->nr ? instance_read(in, file) : NULL;
	char *vm = format ? addresses_filter(only, format) : NULL, *both = NULL;

	if (vm && ev->filter)
		both = xasprintf("(%s) && (%s)", ev->filter, vm);
	else if (vm || ev->filter)
		both = xstrdup(vm ? vm : ev->filter);
	free(vm);
	free(format);
	free(file);
	return both;
}

static void set_filter(struct instance *in, const struct profile_event *ev, const struct addresses *only,
		       struct refused *refused)
{
	char *file = file_of(ev, "filter"), *filter = filter_of(in, ev, only);
	int ret = filter ? instance_write(in, file, filter) : 0;

	if (ret && ret != -ENOENT)
		refuse(refused, "filter of ", ev, ret);
	free(filter);
	free(file);
}

/* Return: 0 or -errno. */
static int enable(struct instance *in, const struct profile_event *ev)
{
	char *file = file_of(ev, "enable");
	int ret = instance_write(in, file, "1");

	free(file);
	return ret;
}

unsigned int events_enable(struct record_file *f, const struct profile *p, const struct addresses *only,
			   struct refused *refused)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < p->nr_events; i++) {
		const struct profile_event *ev = &p->events[i];
		int ret;

		set_filter(f->in, ev, only, refused);
		ret = enable(f->in, ev);
		if (!ret) {
			record_file_event(f, ev->system, ev->name);
			nr++;
		} else if (ret != -ENOENT || !ev->optional) {
			refuse(refused, "", ev, ret);
		}
	}
	return nr;
}
