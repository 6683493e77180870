// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/alloc.h"

#define DEPTH_MAX	4	/* of files that include files */

static int read_file(const char *path, struct profile *p, unsigned int depth, struct err *e);

static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return slash ? xasprintf("%.*s/%s", (int)(slash - path), path, name) : xstrdup(name);
}

static bool has_event(const struct profile *p, const char *system, const char *name)
{
	for (size_t i = 0; i < p->nr_events; i++)
		if (!strcmp(p->events[i].system, system) && !strcmp(p->events[i].name, name))
			return true;
	return false;
}

static bool is_word(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static bool add_event(struct profile *p, char *word)
{
	bool optional = *word == '?';
	char *system = word + optional, *name = strchr(system, ':');

	if (!name)
		return false;
	*name++ = '\0';
	if (!is_word(system) || !is_word(name))
		return false;
	if (has_event(p, system, name))
		return true;
	p->events = xreallocarray(p->events, p->nr_events + 1, sizeof(*p->events));
	p->events[p->nr_events++] = (struct profile_event){ xstrdup(system), xstrdup(name), optional, NULL };
	return true;
}

/* @machine: as uname has it, or NULL for any. */
static void add_probes(struct profile *p, const char *path, const char *name, const char *machine)
{
	struct utsname u;

	uname(&u);
	if (machine && strcmp(machine, u.machine))
		return;
	p->probes = xreallocarray(p->probes, p->nr_probes + 1, sizeof(*p->probes));
	p->probes[p->nr_probes++] = beside(path, name);
}

static int read_line(const char *path, unsigned int nr, char *line, struct profile *p, unsigned int depth,
		     struct err *e)
{
	char *first, *second, *third, *save = NULL, *shown = xstrdup(line);
	int ret = 0;

	first = strtok_r(line, " \t\n", &save);
	second = first ? strtok_r(NULL, " \t\n", &save) : NULL;
	third = second ? strtok_r(NULL, " \t\n", &save) : NULL;
	if (!first) {
		;
	} else if (second && !strcmp(first, "probes") && (!third || !strtok_r(NULL, " \t\n", &save))) {
		add_probes(p, path, second, third);
	} else if (second && !strcmp(first, "include") && !third) {
		char *other = beside(path, second);

		ret = depth < DEPTH_MAX ? read_file(other, p, depth + 1, e) :
		      err_set(e, ERR_INPUT, "%s:%u: files include each other", path, nr);
		free(other);
	} else if (second || !add_event(p, first)) {
		ret = err_set(e, ERR_INPUT, "%s:%u: '%.60s' is no SYSTEM:EVENT, include FILE or probes FILE [MACHINE]", path, nr, shown);
	}
	free(shown);
	return ret;
}

static int read_file(const char *path, struct profile *p, unsigned int depth, struct err *e)
{
	FILE *f = fopen(path, "re");
	unsigned int nr = 0;
	char *line = NULL;
	size_t cap = 0;
	int ret = 0;

	if (!f)
		return err_sys(e, errno, path, "read");
	while (!ret && getline(&line, &cap, f) >= 0) {
		line[strcspn(line, "#\n")] = '\0';
		ret = read_line(path, ++nr, line, p, depth, e);
	}
	if (!ret && ferror(f))
		ret = err_sys(e, errno, path, "read");
	free(line);
	fclose(f);
	return ret;
}

int profile_read(const char *path, struct profile *out, struct err *e)
{
	int ret = read_file(path, out, 0, e);

	if (!ret && !out->nr_events && !out->nr_probes)
		ret = err_set(e, ERR_INPUT, "%s: names no event", path);
	return ret;
}

void profile_fini(struct profile *p)
{
	for (size_t i = 0; i < p->nr_events; i++) {
		free(p->events[i].system);
		free(p->events[i].name);
		free(p->events[i].filter);
	}
	for (size_t i = 0; i < p->nr_probes; i++)
		free(p->probes[i]);
	free(p->events);
	free(p->probes);
	*p = (struct profile){ 0 };
}
