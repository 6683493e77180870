// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/probes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct table {			/* being read */
	struct instance *in;
	const char	*path, *release, *kallsyms;
	struct profile	*p;
	struct refused	*refused;
	unsigned int	 line;
};

int probes_for_release(const char *condition, const char *release)
{
	unsigned int major, minor, a = 0, b = 0;
	bool from = !strncmp(condition, ">=", 2);
	int end = 0;

	if (!from && *condition != '<')
		return -1;
	if (sscanf(condition + 1 + from, "%u.%u%n", &major, &minor, &end) != 2 || condition[1 + from + end])
		return -1;
	if (sscanf(release, "%u.%u", &a, &b) != 2)
		return 0;
	return from == (a > major || (a == major && b >= minor));
}

/* Whole word @symbol, which a type letter and a blank stand before, a line's end or a module's name behind. */
static bool has_symbol(const char *kallsyms, const char *symbol)
{
	size_t len = strlen(symbol);

	for (const char *p = kallsyms; (p = strstr(p, symbol)); p += len)
		if (p > kallsyms + 1 && p[-1] == ' ' && strchr("tTwW", p[-2]) && (p[len] == '\n' || p[len] == '\t' || !p[len]))
			return true;
	return false;
}

static void add_event(struct profile *p, const char *system, const char *name)
{
	p->events = xreallocarray(p->events, p->nr_events + 1, sizeof(*p->events));
	p->events[p->nr_events++] = (struct profile_event){ xstrdup(system), xstrdup(name), false };
}

/* Return: 0 or -errno. */
static int set_filter(struct table *t, const char *group, const char *name, const char *filter)
{
	char *file = xasprintf("events/%s/%s/filter", group, name);
	int ret = instance_write(t->in, file, filter);

	free(file);
	return ret;
}

/* So many of a function's calls may be under way for each return to be recorded: vCPUs sleep in some. */
#define RETURNS	"256"

static void make_one(struct table *t, char kind, const char *name, const char *symbol, char *args)
{
	const char *group = instance_probe_group(t->in);
	char *command, *filter = strstr(args, " if ");
	int ret;

	if (!has_symbol(t->kallsyms, symbol))
		return;
	if (filter)
		*filter = '\0';
	command = xasprintf("%s:%s/%s %s %s", kind == 'r' ? "r" RETURNS : "p", group, name, symbol, args);
	ret = instance_append_top("kprobe_events", command);
	free(command);
	if (!ret) {
		add_event(t->p, group, name);
		ret = filter ? set_filter(t, group, name, filter + 4) : 0;
	}
	if (!ret)
		return;
	command = xasprintf("probe %s on %s", name, symbol);
	refused_add(t->refused, command, strerror(-ret));
	free(command);
}

static int read_line(struct table *t, char *line, struct err *e)
{
	char end[] = "", *save = NULL, *word = strtok_r(line, " \t\n", &save), *name, *symbol;
	int wanted = word ? probes_for_release(word, t->release) : 0;

	if (!word || !wanted)
		return 0;
	if (wanted > 0)
		word = strtok_r(NULL, " \t\n", &save);
	name = strtok_r(NULL, " \t\n", &save);
	symbol = strtok_r(NULL, " \t\n", &save);
	if (!word || (strcmp(word, "p") && strcmp(word, "r")) || !symbol)
		return err_set(e, ERR_INPUT, "%s:%u: a probe is [<|>=RELEASE] p|r NAME SYMBOL ARGUMENTS", t->path, t->line);
	make_one(t, *word, name, symbol, save ? save : end);
	return 0;
}

static int read_table(struct table *t, struct err *e)
{
	FILE *f = fopen(t->path, "re");
	char *line = NULL;
	size_t cap = 0;
	int ret = 0;

	if (!f)
		return err_sys(e, errno, t->path, "read");
	while (!ret && getline(&line, &cap, f) >= 0) {
		t->line++;
		line[strcspn(line, "#\n")] = '\0';
		ret = read_line(t, line, e);
	}
	free(line);
	fclose(f);
	return ret;
}

int probes_make(struct instance *in, const char *release, const char *kallsyms, struct profile *p,
		struct refused *refused, struct err *e)
{
	int ret = 0;

	if (p->nr_probes) {
		ret = instance_append_top("kprobe_events", "");
		if (ret) {
			refused_add(refused, "probe events", ret == -ENOENT ? "this kernel has none" : strerror(-ret));
			return 0;
		}
	}
	for (size_t i = 0; i < p->nr_probes && !ret; i++) {
		struct table t = { in, p->probes[i], release, kallsyms, p, refused, 0 };

		ret = read_table(&t, e);
	}
	return ret;
}
