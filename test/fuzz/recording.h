/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_RECORDING_H
#define TEST_FUZZ_RECORDING_H

/*
 * Fuzz target: any bytes as a recording that begins with @magic, through the
 * whole import.  A failure says what it is in one line; what is written can be
 * read, and holds what was counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/damage/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fuzz_recording(const uint8_t *data, size_t size, const char *magic, size_t magic_len)
{
	static char out[] = "/dev/shm/recording_fuzz.XXXXXX";
	static int out_fd = -1;
	int fd = memfd_create("fuzz", 0);
	struct answer a;
	char path[64];

	if (out_fd < 0)
		out_fd = mkstemp(out);
	if (fd < 0 || out_fd < 0)
		abort();
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	if (size > magic_len && magic_len && pwrite(fd, magic, magic_len, 0) != (ssize_t)magic_len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	subject_recording(path, out, &a);
	close(fd);
	unlink(out);
	if (a.wrong) {
		fprintf(stderr, "%s\n", a.wrong);
		abort();
	}
	if (a.ret && (a.e.exit != ERR_INPUT || !a.e.text[0] || strchr(a.e.text, '\n'))) {
		fprintf(stderr, "status %d: %s\n", a.e.exit, a.e.text);
		abort();
	}
	return 0;
}

#endif
