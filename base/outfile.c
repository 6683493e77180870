/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole-or-nothing output.  Either @temp is NULL and the file has no name yet,
 * or @temp is its hidden name, to be renamed or removed.
 */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

#define NAME_TRIES	1000

struct outfile {
	char		*name;		/* as the user wrote it, for messages */
	char		*target;	/* what it is once links are followed */
	char		*dir;
	char		*temp;
	int		 fd;
	uint64_t	 size;
};

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/") : xasprintf("%.*s", (int)(slash - path), path);
}

/* A hidden name beside the target; another process may hold the same one. */
static char *temp_name(const struct outfile *o, unsigned int try)
{
	const char *slash = strrchr(o->target, '/');

	return xasprintf("%s/.%s.%ld.%u.tmp", o->dir, slash ? slash + 1 : o->target, (long)getpid(), try);
}

static int open_named(struct outfile *o)
{
	for (unsigned int try = 0; try < NAME_TRIES; try++) {
		o->temp = temp_name(o, try);
		o->fd = open(o->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd >= 0)
			return 0;
		free(o->temp);
		o->temp = NULL;
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

static int open_temp(struct outfile *o)
{
	/* Without /proc an unnamed file could not be given its name. */
	if (access("/proc/self/fd", X_OK) == 0) {
		o->fd = open(o->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
		if (o->fd >= 0)
			return 0;
	}
	return open_named(o);
}

static int check_target(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT ? 0 : err_sys(e, errno, path, "write");
	if (S_ISDIR(st.st_mode))
		return err_sys(e, EISDIR, path, "write");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_INPUT, "%s: not a regular file; name a file to be made", path);
	return 0;
}

int outfile_open(const char *path, struct outfile **out, struct err *e)
{
	struct outfile *o;
	char *real;
	int ret = check_target(path, e);

	if (ret)
		return ret;
	real = realpath(path, NULL);
	o = xmalloc(sizeof(*o));
	*o = (struct outfile){ .name = xstrdup(path), .target = xstrdup(real ? real : path), .fd = -1 };
	free(real);
	o->dir = dir_of(o->target);
	ret = open_temp(o);
	if (ret) {
		outfile_abort(o);
		return err_sys(e, -ret, path, "create");
	}
	*out = o;
	return 0;
}

int outfile_write(struct outfile *o, const void *data, size_t bytes, struct err *e)
{
	const char *p = data;

	while (bytes) {
		ssize_t n = write(o->fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, o->name, "write");
		p += n;
		bytes -= n;
		o->size += n;
	}
	return 0;
}

int outfile_fd(const struct outfile *o)
{
	return o->fd;
}

uint64_t outfile_size(const struct outfile *o)
{
	return o->size;
}

/* Gives an unnamed file a hidden name; a rename over the target follows. */
static int link_unnamed(struct outfile *o)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	for (unsigned int try = 0; try < NAME_TRIES; try++) {
		char *temp = temp_name(o, try);

		if (linkat(AT_FDCWD, self, AT_FDCWD, temp, AT_SYMLINK_FOLLOW) == 0) {
			o->temp = temp;
			return 0;
		}
		free(temp);
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

static int publish(struct outfile *o)
{
	int ret = o->temp ? 0 : link_unnamed(o);

	if (ret)
		return ret;
	if (rename(o->temp, o->target))
		return -errno;
	free(o->temp);
	o->temp = NULL;
	return 0;
}

/* So that the new name survives a crash; a filesystem that cannot is no failure. */
static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

int outfile_commit(struct outfile *o, struct err *e)
{
	int ret = fsync(o->fd) ? -errno : publish(o);

	if (ret)
		ret = err_sys(e, -ret, o->name, "write");
	else
		sync_dir(o->dir);
	outfile_abort(o);
	return ret;
}

void outfile_abort(struct outfile *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	free(o->dir);
	free(o->target);
	free(o->name);
	free(o);
}

int outfile_put(const char *path, const void *data, size_t bytes, struct err *e)
{
	struct outfile *o;
	int ret = outfile_open(path, &o, e);

	if (ret)
		return ret;
	ret = outfile_write(o, data, bytes, e);
	if (!ret)
		return outfile_commit(o, e);
	outfile_abort(o);
	return ret;
}
