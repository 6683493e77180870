// SPDX-License-Identifier: GPL-2.0-or-later
/* A recording in memory. */
#include "capture/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int mapping_check(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return 0;
	return err_set(e, ERR_INPUT, "%s: not a regular file, and a recording is read in any order; "
		       "store what a pipe gives in a file first", path);
}

static int map(int fd, const char *path, struct mapping *m, struct err *e)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st))
		return err_sys(e, errno, path, "open");
	if (!st.st_size)
		return err_set(e, ERR_INPUT, "%s: the file is empty", path);
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, errno, path, "map");
	*m = (struct mapping){ .p = p, .size = st.st_size, .fd = fd };
	return 0;
}

int mapping_open(const char *path, struct mapping *m, struct err *e)
{
	int fd, ret = mapping_check(path, e);

	*m = (struct mapping){ 0 };
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, path, "open");
	ret = map(fd, path, m, e);
	if (ret)
		close(fd);
	return ret;
}

void mapping_close(struct mapping *m)
{
	if (m->p) {
		munmap((void *)m->p, m->size);
		close(m->fd);
	}
	*m = (struct mapping){ 0 };
}
