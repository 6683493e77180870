/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes of the units on disk, and reading at an offset. */
#include "event/disk.h"

#include <errno.h>
#include <unistd.h>
#include <xxhash.h>

uint64_t disk_hash(const void *unit, size_t size)
{
	return XXH3_64bits(unit, size - sizeof(uint64_t));
}

uint64_t disk_payload_hash(const void *data, size_t size)
{
	return XXH3_64bits(data, size);
}

int disk_read(int fd, void *to, size_t bytes, uint64_t offset)
{
	char *p = to;

	while (bytes) {
		ssize_t n = pread(fd, p, bytes, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 1;
		p += n;
		bytes -= n;
		offset += n;
	}
	return 0;
}
