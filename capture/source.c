// SPDX-License-Identifier: GPL-2.0-or-later
/* Which reader a recording needs. */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/dat.h"
#include "capture/perf_file.h"
#include "capture/text.h"

static const struct {
	const char *magic;
	size_t	    len;
	const char *what;
} foreign[] = {		/* what people hand over by mistake, and what to do about it */
	{ "\xfd" "7zXZ",	5, "compressed by xz; \"xz -d\" it first" },
	{ "\x1f\x8b",		2, "compressed by gzip; \"gzip -d\" it first" },
	{ "\x28\xb5\x2f\xfd",	4, "compressed by zstd; \"zstd -d\" it first" },
	{ "SQLite format 3",	15, "an SQLite database" },
	{ "MMULABEV",		8, "an event file, imported already" },
};

int source_open(const char *path, struct source **out, struct err *e)
{
	uint8_t head[64];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, path, "open");
	len = read(fd, head, sizeof(head));
	if (len < 0) {
		len = errno;
		close(fd);
		return len == EISDIR ? perf_directory(path, e) : err_sys(e, len, path, "read");
	}
	close(fd);
	if (!len)
		return err_set(e, ERR_INPUT, "%s: the file is empty", path);
	if (dat_magic(head, len))
		return source_open_tracedat(path, out, e);
	if (perf_magic(head, len))
		return source_open_perfdata(path, out, e);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if ((size_t)len >= foreign[i].len && !memcmp(head, foreign[i].magic, foreign[i].len))
			return err_set(e, ERR_INPUT, "%s: not a trace.dat but %s", path, foreign[i].what);
	if (text_magic(head, len))
		return source_open_text(path, out, e);
	return err_set(e, ERR_INPUT, "%s: not a trace.dat but something unknown; record with \"trace-cmd record\"", path);
}

void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}
