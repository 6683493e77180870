// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/probes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define RETURNS_MAX	256u	/* calls of one function that may be under way: those that sleep are many */

struct table {			/* being read */
	struct instance *in;
	const char	*path, *release, *kallsyms;
	const struct btf *types;
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

/* ".isra.0", ".constprop.0.isra.1": the whole function, though not with its arguments; 0: it is none. */
static size_t clone_suffix(const char *p)
{
	size_t len = 0, n;

	for (;; len += n) {
		const char *at = p + len;
		size_t word = !strncmp(at, ".isra.", 6) ? 6 : !strncmp(at, ".constprop.", 11) ? 11 : 0;

		n = word ? strspn(at + word, "0123456789") : 0;
		if (!n)
			return len;
		n += word;
	}
}

/* A type letter and a blank stand before it, a line's end or a module's name behind. */
char *probes_symbol(const char *kallsyms, const char *symbol, bool clone)
{
	size_t len = strlen(symbol);

	for (const char *p = kallsyms; (p = strstr(p, symbol)); p += len) {
		size_t more = clone ? clone_suffix(p + len) : 0;
		char end = p[len + more];

		if (p > kallsyms + 1 && p[-1] == ' ' && strchr("tTwW", p[-2]) && (end == '\n' || end == '\t' || !end))
			return strndup(p, len + more);
	}
	return NULL;
}

/* "STRUCT.MEMBER|NUMBER".  Return: -1, and *@why. */
static long place_of(char *word, const struct btf *types, char **why)
{
	char *number = strchr(word, '|');
	long at;

	if (number)
		*number++ = '\0';
	at = types ? btf_offset(types, word) : -ENOENT;
	if (at >= 0)
		return at;
	if (at == -ENOENT && number)
		return strtol(number, NULL, 10);
	*why = at == -ENOENT ? xasprintf("the kernel does not say where %s is", word) :
			       xasprintf("this kernel has no %s", word);
	return -1;
}

char *probes_expand(const char *args, const struct btf *types, char **why)
{
	char *text = NULL;
	size_t bytes;
	FILE *m = open_memstream(&text, &bytes);
	long at = 0;

	for (const char *open; at >= 0 && (open = strchr(args, '{')); ) {
		size_t len = strcspn(open + 1, "}");
		char *word = strndup(open + 1, len);

		at = place_of(word, types, why);
		fprintf(m, "%.*s%ld", (int)(open - args), args, at);
		args = open + 1 + len + (open[1 + len] == '}');
		free(word);
	}
	fputs(args, m);
	if (fclose(m))
		abort();	/* out of memory, as base/alloc.h has it */
	if (at >= 0)
		return text;
	free(text);
	return NULL;
}

static void add_event(struct profile *p, const char *system, const char *name, const char *filter)
{
	p->events = xreallocarray(p->events, p->nr_events + 1, sizeof(*p->events));
	p->events[p->nr_events++] = (struct profile_event){ xstrdup(system), xstrdup(name), false, xstrdup(filter) };
}

static void refuse(struct table *t, const char *name, const char *symbol, const char *why)
{
	char *what = xasprintf("probe %s on %s", name, symbol);

	refused_add(t->refused, what, why);
	free(what);
}

int probes_define(const char *group, char kind, const char *name, const char *symbol, const char *args)
{
	char *command, most[8] = "";
	int ret;

	if (kind == 'r')
		snprintf(most, sizeof(most), "%u", RETURNS_MAX);
	command = xasprintf("%c%s:%s/%s %s %s", kind, most, group, name, symbol, args);
	ret = instance_append_top("kprobe_events", command);
	free(command);
	return ret;
}

static void make_one(struct table *t, char kind, const char *name, const char *function, char *args)
{
	char *filter = strstr(args, " if ");
	const char *group = instance_probe_group(t->in);
	char *symbol, *why = NULL, *full;
	int ret;

	if (filter) {
		*filter = '\0';
		filter += 4;
	}
	symbol = probes_symbol(t->kallsyms, function, !args[strspn(args, " \t")]);
	if (!symbol)
		return;
	full = probes_expand(args, t->types, &why);
	ret = full ? probes_define(group, kind, name, symbol, full) : 0;
	if (!full || ret)
		refuse(t, name, symbol, full ? strerror(-ret) : why);
	else
		add_event(t->p, group, name, filter);
	free(full);
	free(why);
	free(symbol);
}

static int read_line(struct table *t, char *line, struct err *e)
{
	char *save = NULL, *word = strtok_r(line, " \t\n", &save), *name, *symbol, none[] = "";
	int wanted = word ? probes_for_release(word, t->release) : 0;

	if (!word || !wanted)
		return 0;
	if (wanted > 0)
		word = strtok_r(NULL, " \t\n", &save);
	name = strtok_r(NULL, " \t\n", &save);
	symbol = strtok_r(NULL, " \t\n", &save);
	if (!word || (strcmp(word, "p") && strcmp(word, "r")) || !symbol)
		return err_set(e, ERR_INPUT, "%s:%u: a probe is [<|>=RELEASE] p|r NAME SYMBOL ARGUMENTS", t->path, t->line);
	make_one(t, *word, name, symbol, save ? save : none);
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

int probes_make(struct instance *in, const char *release, const char *kallsyms, const struct btf *types,
		struct profile *p, struct refused *refused, struct err *e)
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
		struct table t = { in, p->probes[i], release, kallsyms, types, p, refused, 0 };

		ret = read_table(&t, e);
	}
	return ret;
}

/* Lines "NAME HITS MISSED", without the group. */
uint64_t probes_missed_of(const char *text, const char *name)
{
	unsigned long long missed;
	char word[128];
	uint64_t n = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, " %127s %*u %llu", word, &missed) == 2 && !strcmp(word, name))
			n += missed;
	}
	return n;
}

void probes_missed(struct instance *in, const struct profile *p, struct refused *missed)
{
	char *text = p->nr_probes ? instance_read_top("kprobe_profile") : NULL;

	for (size_t i = 0; text && i < p->nr_events; i++) {
		bool ours = !strcmp(p->events[i].system, instance_probe_group(in));
		uint64_t n = ours ? probes_missed_of(text, p->events[i].name) : 0;
		char *what, *why;

		if (!n)
			continue;
		what = xasprintf("calls of probe %s", p->events[i].name);
		why = xasprintf("%llu were missed", (unsigned long long)n);
		refused_add(missed, what, why);
		free(what);
		free(why);
	}
	free(text);
}
