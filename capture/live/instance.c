// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tracefs.h>
#include <unistd.h>

#include "base/alloc.h"

struct instance {
	struct tracefs_instance *tfs;
	char			*name, *group;
};

/* --- names ------------------------------------------------------------------------------- */

/* Field 22 of /proc/PID/stat, behind the name, which may hold anything.  0: there is no such process. */
static unsigned long long start_of(pid_t pid)
{
	char path[64], text[1024], *p;
	unsigned long long start = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	p = strrchr(text, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			 &start) != 1)
		return 0;
	return start;
}

static unsigned long long pid_ns(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino;
}

static char *own_name(char sep)
{
	return xasprintf("mmulab%c%llu%c%d%c%llu", sep, pid_ns(), sep, (int)getpid(), sep, start_of(getpid()));
}

bool instance_owner_of(const char *name, struct instance_owner *out)
{
	char sep = strncmp(name, "mmulab", 6) ? 0 : name[6], format[64];
	int pid, end = 0;

	if (sep != '-' && sep != '_')
		return false;
	snprintf(format, sizeof(format), "mmulab%c%%llu%c%%d%c%%llu%%n", sep, sep, sep);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (sscanf(name, format, &out->pid_ns, &pid, &out->start, &end) != 3 || !end || name[end] || pid <= 0)
		return false;
#pragma GCC diagnostic pop
	out->pid = pid;
	return true;
}

bool instance_owner_gone(const struct instance_owner *owner)
{
	return owner->pid_ns == pid_ns() && start_of(owner->pid) != owner->start;
}

/* Asked so, the library does not mount it; each time it is asked it loses a few bytes. */
const char *instance_tracing_dir(void)
{
	static const char *dir;

	if (!dir && tracefs_tracing_dir_is_mounted(false, &dir) <= 0)
		dir = NULL;
	return dir;
}

/* --- files ------------------------------------------------------------------------------- */

char *instance_path(const struct instance *in, const char *file)
{
	char *path = tracefs_instance_get_file(in->tfs, file), *own = xstrdup(path);

	tracefs_put_tracing_file(path);
	return own;
}

static int write_file(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int write_own(struct instance *in, const char *file, int flags, const char *text)
{
	char *path = instance_path(in, file);
	int ret = write_file(path, flags, text);

	free(path);
	return ret;
}

int instance_write(struct instance *in, const char *file, const char *text)
{
	return write_own(in, file, O_TRUNC, text);
}

int instance_append(struct instance *in, const char *file, const char *text)
{
	return write_own(in, file, O_APPEND, text);
}

char *instance_read(struct instance *in, const char *file)
{
	return tracefs_instance_file_read(in->tfs, file, NULL);
}

char *instance_read_top(const char *file)
{
	return tracefs_instance_file_read(NULL, file, NULL);
}

int instance_append_top(const char *file, const char *line)
{
	char *path = tracefs_get_tracing_file(file);
	int ret = path ? write_file(path, O_APPEND, line) : -ENOENT;

	tracefs_put_tracing_file(path);
	return ret;
}

const char *instance_name(const struct instance *in)
{
	return in->name;
}

const char *instance_probe_group(const struct instance *in)
{
	return in->group;
}

/* --- removal ------------------------------------------------------------------------------- */

/* The probes of @group one by one: removing a group at once is newer than the kernels of interest. */
static unsigned int remove_probes(const char *group)
{
	char *list = instance_read_top("dynamic_events"), *line, *rest = list;
	unsigned int nr = 0;

	while (list && (line = strsep(&rest, "\n"))) {
		char *colon = strchr(line, ':'), *command;
		size_t len = strlen(group);

		if (!colon || strncmp(colon + 1, group, len) || colon[1 + len] != '/')
			continue;
		command = xasprintf("-:%.*s", (int)strcspn(colon + 1, " "), colon + 1);
		nr += !instance_append_top("dynamic_events", command);
		free(command);
	}
	free(list);
	return nr;
}

/* An instance that is not there any more turns its events off by itself. */
static int remove_folder(const char *name)
{
	char *path = tracefs_get_tracing_file("instances"), *folder;
	int ret;

	folder = xasprintf("%s/%s", path, name);
	ret = rmdir(folder) ? -errno : 0;
	free(folder);
	tracefs_put_tracing_file(path);
	return ret;
}

void instance_close(struct instance *in)
{
	if (!in)
		return;
	if (in->tfs) {
		/* Whoever looks at a file of it just now makes it busy for a moment. */
		for (int try = 0; remove_folder(in->name) == -EBUSY && try < 100; try++)
			usleep(10000);
		tracefs_instance_free(in->tfs);
	}
	remove_probes(in->group);
	free(in->name);
	free(in->group);
	free(in);
}

struct cleaning {
	void		(*removed)(void *arg, const char *name);
	void		 *arg;
	unsigned int	  nr;
};

static void clean_instance(struct cleaning *c, const char *name)
{
	struct instance_owner owner;

	if (!instance_owner_of(name, &owner) || !instance_owner_gone(&owner) || remove_folder(name))
		return;
	c->nr++;
	if (c->removed)
		c->removed(c->arg, name);
}

static void clean_instances(struct cleaning *c)
{
	char *path = tracefs_get_tracing_file("instances");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		clean_instance(c, d->d_name);
	if (dir)
		closedir(dir);
	tracefs_put_tracing_file(path);
}

/* Groups of probes whose instance is gone, too: they could not be removed while that used them. */
static void clean_probes(struct cleaning *c)
{
	char *list = instance_read_top("dynamic_events"), *line, *rest = list;

	while (list && (line = strsep(&rest, "\n"))) {
		char *group = strchr(line, ':'), *slash = group ? strchr(group, '/') : NULL;
		struct instance_owner owner;

		if (!slash)
			continue;
		*slash = '\0';
		if (!instance_owner_of(++group, &owner) || !instance_owner_gone(&owner) || !remove_probes(group))
			continue;
		c->nr++;
		if (c->removed)
			c->removed(c->arg, group);
	}
	free(list);
}

unsigned int instance_clean(void (*removed)(void *arg, const char *name), void *arg)
{
	struct cleaning c = { removed, arg, 0 };

	if (!instance_tracing_dir())
		return 0;
	clean_instances(&c);
	clean_probes(&c);
	return c.nr;
}

int instance_open(struct instance **out, struct err *e)
{
	struct instance *in;
	int errnum;

	if (!instance_tracing_dir())
		return err_set(e, ERR_MACHINE, "no tracefs is mounted; `mount -t tracefs nodev /sys/kernel/tracing` as root");
	in = xcalloc(1, sizeof(*in));
	in->name = own_name('-');
	in->group = own_name('_');
	in->tfs = tracefs_instance_create(in->name);
	if (!in->tfs) {
		errnum = errno;
		instance_close(in);
		return err_set(e, ERR_MACHINE, "%s/instances: cannot make an instance: %s%s", tracefs_tracing_dir(),
			       strerror(errnum), errnum == EACCES || errnum == EPERM ? "; run it as root" : "");
	}
	*out = in;
	return 0;
}
