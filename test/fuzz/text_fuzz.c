/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: any bytes as the text form.  What is accepted must print, and
 * what is printed must be accepted and print the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const char *path, size_t *size)
{
	struct ev_file *f;
	struct err e = { 0 };
	char *text;
	FILE *out = open_memstream(&text, size);

	if (!out || ev_open(path, 0, &f, &e) || ev_text_write(f, 3, out, &e)) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	fclose(out);
	ev_close(f);
	return text;
}

static int parse(const void *text, size_t size, const char *path)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
	struct err e = { 0 };
	int ret;

	if (!in)
		return -1;
	ret = ev_text_read(in, "fuzz", path, &e);
	if (ret && (!e.exit || !e.text[0] || strchr(e.text, '\n')))
		abort();
	fclose(in);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/dev/shm/text_fuzz.XXXXXX";
	static int fd = -1;
	char *first, *second;
	size_t first_size, second_size;

	if (fd < 0)
		fd = mkstemp(path);
	if (fd < 0)
		abort();
	if (size == 0 || parse(data, size, path))
		return 0;
	first = print(path, &first_size);
	if (parse(first, first_size, path))
		abort();
	second = print(path, &second_size);
	if (first_size != second_size || memcmp(first, second, first_size))
		abort();
	free(first);
	free(second);
	return 0;
}
