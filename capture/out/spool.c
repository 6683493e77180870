// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/out/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

#define CHUNK_BYTES	(1u << 20)

static int open_and_unlink(const char *dir)
{
	char *name = xasprintf("%s/.mmulab.XXXXXX", dir);
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

int spool_open(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xasprintf("%.*s", (int)(slash - path + 1), path) : xstrdup(".");
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = open_and_unlink(dir);
	free(dir);
	return fd < 0 ? err_sys(e, errno, path, "create") : fd;
}

int spool_append(int fd, uint64_t bytes, const char *path, struct outfile *o, struct err *e)
{
	char *chunk = xmalloc(CHUNK_BYTES);
	int ret = 0;

	for (uint64_t at = 0; at < bytes && !ret;) {
		ssize_t got = pread(fd, chunk, min_u64(CHUNK_BYTES, bytes - at), at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			ret = err_sys(e, got ? errno : EIO, path, "read back");
			break;
		}
		ret = outfile_write(o, chunk, got, e);
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, got);
		at += got;
	}
	free(chunk);
	return ret;
}
