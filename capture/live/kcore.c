// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/live/kcore.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

struct kcore {
	int	     fd;
	Elf64_Phdr  *segments;
	unsigned int nr;
};

static bool read_at(int fd, uint64_t offset, void *to, size_t bytes)
{
	return pread(fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* Return: false: it is no core file of this machine's kind. */
static bool read_segments(struct kcore *k)
{
	Elf64_Ehdr h;

	if (!read_at(k->fd, 0, &h, sizeof(h)) || memcmp(h.e_ident, ELFMAG, SELFMAG) ||
	    h.e_ident[EI_CLASS] != ELFCLASS64 ||
	    h.e_type != ET_CORE || h.e_phentsize != sizeof(*k->segments))
		return false;
	k->nr = h.e_phnum;
	k->segments = xcalloc(k->nr + 1, sizeof(*k->segments));
	return read_at(k->fd, h.e_phoff, k->segments, k->nr * sizeof(*k->segments));
}

struct kcore *kcore_open(const char *path)
{
	struct kcore *k;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->fd = fd;
	if (read_segments(k))
		return k;
	kcore_close(k);
	errno = ENOEXEC;
	return NULL;
}

void kcore_close(struct kcore *k)
{
	if (!k)
		return;
	close(k->fd);
	free(k->segments);
	free(k);
}

bool kcore_read(const struct kcore *k, uint64_t address, void *to, size_t bytes)
{
	for (unsigned int i = 0; i < k->nr; i++) {
		const Elf64_Phdr *s = &k->segments[i];
		uint64_t from = address - s->p_vaddr;

		if (s->p_type == PT_LOAD && from < s->p_memsz && bytes <= s->p_memsz - from)
			return read_at(k->fd, s->p_offset + from, to, bytes);
	}
	return false;
}
