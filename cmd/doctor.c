// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab doctor: what of this host can be recorded, and what captures left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"
#include "capture/live/instance.h"
#include "capture/live/profile.h"
#include "cmd/opts.h"
#include "cmd/paths.h"
#include "cmd/verb.h"

static void print_removed(void *arg, const char *name)
{
	printf("removed   %s\n", name);
}

/* What the profile asks for and this host has not got, a line each. */
static void look_at_events(struct instance *in, const struct profile *p)
{
	size_t found = 0;

	for (size_t i = 0; i < p->nr_events; i++) {
		char file[256], *format;

		snprintf(file, sizeof(file), "events/%s/%s/format", p->events[i].system, p->events[i].name);
		format = instance_read(in, file);
		if (format)
			found++;
		else
			printf("lacks     %s:%s%s\n", p->events[i].system, p->events[i].name,
			       p->events[i].optional ? ", as other releases or architectures do" : "");
		free(format);
	}
	printf("events    %zu of the %zu of profile full can be recorded\n", found, p->nr_events);
}

static int look(struct err *e)
{
	char *path = paths_file("profiles", "full.events"), *text;
	struct profile p = { 0 };
	struct instance *in;
	int ret;

	if (!path)
		return err_set(e, ERR_INPUT, "profile full is not installed");
	ret = profile_read(path, &p, e);
	if (!ret)
		ret = instance_open(&in, e);
	if (!ret) {
		text = instance_read(in, "trace_clock");
		printf("tracefs   an instance of our own can be made\n");
		printf("clocks    %.*s\n", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
		look_at_events(in, &p);
		free(text);
		text = instance_read_top("kprobe_events");
		printf("probes    %s\n", text ? "can be made" : "none: this kernel has no kprobe_events, or hides it");
		free(text);
		instance_close(in);
	}
	profile_fini(&p);
	free(path);
	return ret;
}

static int run(int argc, char **argv, struct err *e)
{
	bool clean = false;
	const struct opt opts[] = {
		{ 0, "clean", OPT_FLAG, &clean },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;

	if (first < 0)
		return first;
	ret = opts_positional(argc, first, 0, 0, "no argument", e);
	if (ret || !clean)
		return ret ? ret : look(e);
	if (!instance_clean(print_removed, NULL))
		puts("nothing was left by a capture that is no more");
	return 0;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.summary = "say what of this host can be recorded; remove what a killed capture left",
	.usage =
	"usage: mmulab doctor [--clean]\n"
	"\n"
	"Says what \"mmulab capture\" can record on this host, and what is missing for the\n"
	"rest. Nothing is recorded. Status 4, and why, when no capture is possible.\n"
	"\n"
	"      --clean           only remove the tracing instances and probes of captures that\n"
	"                        were killed; those of running ones are left alone\n",
	.run = run,
};
