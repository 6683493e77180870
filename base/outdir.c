/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole-or-nothing folders.
 *
 * - @files are in @temp and nowhere else; the list comes last.
 * - Folders below the first are made as files need them, and are empty of
 *   anything but listed files when a folder may be removed.
 */
#include "base/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/outfile.h"

#define NAME_TRIES 1000

struct names {
	char	**v;
	size_t	  nr;
};

struct outdir {
	char		*name;		/* as the user wrote it, for messages */
	char		*target;	/* what it is once links are followed, no slash at its end */
	char		*temp;
	char		*list, *maker;
	struct names	 files;
	struct names	 old;		/* of the folder that is there already */
	bool		 replaces;
};

static void names_add(struct names *n, const char *name)
{
	n->v = xreallocarray(n->v, n->nr + 1, sizeof(*n->v));
	n->v[n->nr++] = xstrdup(name);
}

static bool names_have(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->nr; i++)
		if (!strcmp(n->v[i], name))
			return true;
	return false;
}

static void names_fini(struct names *n)
{
	for (size_t i = 0; i < n->nr; i++)
		free(n->v[i]);
	free(n->v);
	*n = (struct names){ 0 };
}

/* --- what is there ------------------------------------------------------------------ */

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Every file below @dir/@sub, named from @dir. */
static int find_files(const char *dir, const char *sub, struct names *out, struct err *e)
{
	char *path = xasprintf("%s/%s", dir, sub);
	struct dirent **entries;
	int nr = scandir(path, &entries, is_entry, alphasort), rc = 0;

	if (nr < 0)
		rc = err_sys(e, errno, path, "read");
	for (int i = 0; i < nr; i++) {
		char *name = xasprintf("%s%s%s", sub, *sub ? "/" : "", entries[i]->d_name);

		if (entries[i]->d_type != DT_DIR)
			names_add(out, name);
		else if (!rc)
			rc = find_files(dir, name, out, e);
		free(name);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	free(path);
	return rc;
}

/* The names in the list of @o's target; none when it has no such list. */
static void read_list(const struct outdir *o, struct names *out)
{
	char *path = xasprintf("%s/%s", o->target, o->list), *line = NULL;
	FILE *f = fopen(path, "re");
	size_t cap = 0;
	ssize_t len;

	while (f && (len = getline(&line, &cap, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (line[0] != '#')
			names_add(out, line);
	}
	if (f) {
		names_add(out, o->list);
		fclose(f);
	}
	free(line);
	free(path);
}

static int check_target(struct outdir *o, struct err *e)
{
	struct names found = { 0 };
	struct stat st;
	int rc = 0;

	if (stat(o->target, &st))
		return errno == ENOENT ? 0 : err_sys(e, errno, o->name, "replace");
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: not a folder; name one to be made", o->name);
	o->replaces = true;
	rc = find_files(o->target, "", &found, e);
	read_list(o, &o->old);
	for (size_t i = 0; !rc && i < found.nr; i++)
		if (!names_have(&o->old, found.v[i]))
			rc = err_set(e, ERR_INPUT, "%s/%s: not written by %s, and replacing the folder would remove it;"
				     " name another folder, or move that away", o->name, found.v[i], o->maker);
	names_fini(&found);
	return rc;
}

/* --- filling --------------------------------------------------------------------------- */

/* A hidden name beside the target, not taken when this was called. */
static char *hidden_name(const struct outdir *o, unsigned int try)
{
	const char *base = strrchr(o->target, '/');
	int dir_len = base ? (int)(base - o->target) + 1 : 0;

	return xasprintf("%.*s.%s.%ld.%u.tmp", dir_len, o->target, o->target + dir_len, (long)getpid(), try);
}

static int make_temp(struct outdir *o, struct err *e)
{
	for (unsigned int try = 0; try < NAME_TRIES; try++) {
		o->temp = hidden_name(o, try);
		if (mkdir(o->temp, 0777) == 0)
			return 0;
		free(o->temp);
		o->temp = NULL;
		if (errno != EEXIST)
			break;
	}
	return err_sys(e, errno, o->name, "create");
}

static char *without_slashes(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return xasprintf("%.*s", (int)len, path);
}

int outdir_open(const char *path, const char *list, const char *maker, struct outdir **out, struct err *e)
{
	struct outdir *o = xcalloc(1, sizeof(*o));
	char *real = realpath(path, NULL);
	int rc;

	o->name = without_slashes(path);
	o->target = real ? real : xstrdup(o->name);
	o->list = xstrdup(list);
	o->maker = xstrdup(maker);
	rc = check_target(o, e);
	if (!rc)
		rc = make_temp(o, e);
	if (rc)
		outdir_abort(o);
	else
		*out = o;
	return rc;
}

int outdir_put(struct outdir *o, const char *name, const void *data, size_t bytes, struct err *e)
{
	char *path = xasprintf("%s/%s", o->temp, name), *slash = strrchr(path, '/');
	int rc = 0;

	if (strchr(name, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			rc = err_sys(e, errno, path, "create");
		*slash = '/';
	}
	names_add(&o->files, name);
	if (!rc)
		rc = outfile_put(path, data, bytes, e);
	free(path);
	return rc;
}

/* --- the end ---------------------------------------------------------------------------- */

/* @dir with @files and the folders they lie in; whatever else is in it stays. */
static void remove_dir(const char *dir, const struct names *files)
{
	for (size_t i = 0; i < files->nr; i++) {
		char *path = xasprintf("%s/%s", dir, files->v[i]);

		unlink(path);
		if (strchr(files->v[i], '/')) {
			*strrchr(path, '/') = '\0';
			rmdir(path);	/* succeeds with the last one */
		}
		free(path);
	}
	rmdir(dir);
}

static int put_list(struct outdir *o, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int rc;

	fprintf(f, "# Written by %s, which replaces this folder while no other files lie in it.\n", o->maker);
	for (size_t i = 0; i < o->files.nr; i++)
		fprintf(f, "%s\n", o->files.v[i]);
	fclose(f);
	rc = outdir_put(o, o->list, text, len, e);
	free(text);
	return rc;
}

/* Where two names cannot be exchanged at once, there is a moment without the folder. */
static int swap_slowly(struct outdir *o)
{
	char *aside = hidden_name(o, NAME_TRIES);
	int rc = rename(o->target, aside);

	if (!rc && rename(o->temp, o->target)) {
		rc = -errno;
		rename(aside, o->target);
	} else if (!rc) {
		rename(aside, o->temp);		/* where the caller looks for the old one */
	} else {
		rc = -errno;
	}
	free(aside);
	return rc;
}

static int publish(struct outdir *o)
{
	if (!o->replaces)
		return rename(o->temp, o->target) ? -errno : 0;
	if (renameat2(AT_FDCWD, o->temp, AT_FDCWD, o->target, RENAME_EXCHANGE) == 0)
		return 0;
	return errno == ENOSYS || errno == EINVAL ? swap_slowly(o) : -errno;
}

static void outdir_free(struct outdir *o)
{
	names_fini(&o->files);
	names_fini(&o->old);
	free(o->name);
	free(o->target);
	free(o->temp);
	free(o->list);
	free(o->maker);
	free(o);
}

int outdir_commit(struct outdir *o, struct err *e)
{
	int rc = put_list(o, e);

	if (!rc) {
		rc = publish(o);
		if (rc)
			rc = err_sys(e, -rc, o->name, "create");
	}
	if (rc) {
		outdir_abort(o);
		return rc;
	}
	if (o->replaces)
		remove_dir(o->temp, &o->old);
	outdir_free(o);
	return 0;
}

void outdir_abort(struct outdir *o)
{
	if (!o)
		return;
	if (o->temp)
		remove_dir(o->temp, &o->files);
	outdir_free(o);
}
