/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where policies, costs and plots lie: beside the program, in the source tree,
 * or installed.
 */
#include "cmd/paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#ifndef MMULAB_DATADIR
#define MMULAB_DATADIR "/usr/local/share/mmulab"
#endif

#define MAX_DIRS 4

struct dirs {
	struct dirs	*next;
	char		*kind;
	char		*v[MAX_DIRS + 1];
	unsigned int	 nr;
};

/* The source tree keeps some of it beside the code that uses it. */
static const char *source_folder(const char *kind)
{
	if (strcmp(kind, "plots") == 0)
		return "analysis/plots";
	if (strcmp(kind, "dashboard") == 0)
		return "analysis/dashboard";
	return strcmp(kind, "profiles") == 0 ? "capture/profiles" : kind;
}

/* The folder the running program lies in, or "" where /proc does not say. */
static void program_dir(char *buf, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", buf, size - 1);
	char *slash;

	buf[len < 0 ? 0 : len] = '\0';
	slash = strrchr(buf, '/');
	*(slash ? slash : buf) = '\0';
}

/* Takes @path over: canonical where it exists, and as seen from the working directory where it is below it. */
static char *shorten(char *path)
{
	char *real = realpath(path, NULL), *cwd = getcwd(NULL, 0), *out;
	size_t len = cwd ? strlen(cwd) : 0;

	if (real) {
		free(path);
		path = real;
	}
	if (len > 1 && strncmp(path, cwd, len) == 0 && path[len] == '/') {
		out = xstrdup(path + len + 1);
		free(path);
		path = out;
	}
	free(cwd);
	return path;
}

static void dirs_add(struct dirs *d, char *path)
{
	path = shorten(path);
	for (unsigned int i = 0; i < d->nr; i++)
		if (strcmp(d->v[i], path) == 0) {
			free(path);
			return;
		}
	d->v[d->nr++] = path;
}

static void dirs_candidates(struct dirs *d, const char *kind)
{
	const char *env = getenv("MMULAB_DATA");
	char exe[PATH_MAX];

	if (env && *env) {
		dirs_add(d, xasprintf("%s/%s", env, kind));
		return;
	}
	program_dir(exe, sizeof(exe));
	if (exe[0]) {
		dirs_add(d, xasprintf("%s/../share/mmulab/%s", exe, kind));
		dirs_add(d, xasprintf("%s/../%s", exe, source_folder(kind)));
	}
#ifdef MMULAB_SOURCE
	dirs_add(d, xasprintf("%s/%s", MMULAB_SOURCE, source_folder(kind)));
#endif
	dirs_add(d, xasprintf("%s/%s", MMULAB_DATADIR, kind));
}

/* The first that exists: presets of two versions are never mixed.  All of them, for the message, when none does. */
static void dirs_keep_existing(struct dirs *d)
{
	unsigned int found = 0;

	while (found < d->nr && access(d->v[found], F_OK))
		found++;
	if (found == d->nr)
		return;
	for (unsigned int i = 0; i < d->nr; i++)
		if (i != found)
			free(d->v[i]);
	d->v[0] = d->v[found];
	d->v[1] = NULL;
	d->nr = 1;
}

const char *const *paths_dirs(const char *kind)
{
	static struct dirs *known;
	struct dirs *d;

	for (d = known; d; d = d->next)
		if (strcmp(d->kind, kind) == 0)
			return (const char *const *)d->v;
	d = xcalloc(1, sizeof(*d));
	d->kind = xstrdup(kind);
	dirs_candidates(d, kind);
	dirs_keep_existing(d);
	d->next = known;
	known = d;
	return (const char *const *)d->v;
}

char *paths_file(const char *kind, const char *name)
{
	const char *const *dirs = paths_dirs(kind);

	for (; *dirs; dirs++) {
		char *path = xasprintf("%s/%s", *dirs, name);

		if (access(path, R_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}
