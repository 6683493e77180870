// SPDX-License-Identifier: GPL-2.0-or-later
/* Which reader a recording needs. */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "capture/dat.h"
#include "capture/mapping.h"
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
	{ "\x04\x22\x4d\x18",	4, "compressed by lz4; \"lz4 -d\" it first" },
	{ "BZh",		3, "compressed by bzip2; \"bzip2 -d\" it first" },
	{ "PK\3\4",		4, "a zip archive; unpack it first" },
	{ "\x7f" "ELF",		4, "a program or a core" },
	{ "\xc1\x1f\xfc\xc1",	4, "a stream of CTF (LTTng); record with \"trace-cmd record\" or \"perf record\"" },
	{ "\xc1\xfc\x1f\xc1",	4, "a stream of CTF (LTTng); record with \"trace-cmd record\" or \"perf record\"" },
	{ "SQLite format 3",	15, "an SQLite database" },
	{ "MMULABEV",		8, "an event file, imported already" },
};

/*
 * A page of a CPU's ring buffer begins with its time (never 0, nor as late as centuries) and how many bytes
 * of it are used.
 */
static bool is_ring_page(const uint8_t *head, size_t len)
{
	uint64_t time_ns, used;

	if (len < 16)
		return false;
	memcpy(&time_ns, head, sizeof(time_ns));
	memcpy(&used, head + 8, sizeof(used));
	used &= ~(3ULL << 30);		/* records were lost before it; and their number is behind the data */
	return time_ns && !(time_ns >> 62) && used >= 8 && used <= 65536 && !(used & 3);
}

static int refuse(const char *path, const uint8_t *head, size_t len, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		if (len >= foreign[i].len && !memcmp(head, foreign[i].magic, foreign[i].len))
			return err_set(e, ERR_INPUT, "%s: not a trace.dat but %s", path, foreign[i].what);
	if (is_ring_page(head, len))
		return err_set(e, ERR_INPUT, "%s: not a trace.dat but pages of a ring buffer (trace_pipe_raw) without the "
			       "formats of its events; \"trace-cmd extract\" saves both", path);
	return err_set(e, ERR_INPUT, "%s: not a trace.dat, perf.data, text of one or event file but something unknown; "
		       "record with \"trace-cmd record\" or \"perf record\"", path);
}

int source_open(const char *path, struct source **out, struct err *e)
{
	int fd, ret = mapping_check(path, e);
	uint8_t head[64];
	ssize_t len;

	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
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
	if (text_magic(head, len))
		return source_open_text(path, out, e);
	return refuse(path, head, len, e);
}

void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}
