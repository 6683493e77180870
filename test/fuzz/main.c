// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fuzz target without libFuzzer: runs the files named, or those in
 * test/fuzz/corpus/NAME/, and prints TAP.  A finding ends the process.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int n;

static int run_file(const char *path)
{
	static uint8_t buf[16u << 20];
	FILE *in = fopen(path, "r");
	uint8_t *data;
	size_t size;

	if (!in) {
		perror(path);
		return 1;
	}
	size = fread(buf, 1, sizeof(buf), in);
	fclose(in);
	data = malloc(size + 1);	/* of its own length, so that a sanitizer sees its end */
	if (!data)
		return 1;
	memcpy(data, buf, size);
	printf("# %s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	printf("ok %u - %s\n", ++n, path);
	return 0;
}

static int run_corpus(const char *target)
{
	const char *slash = strrchr(target, '/');
	char dir[512], path[1024];
	const struct dirent *entry;
	int bad = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "test/fuzz/corpus/%s", slash ? slash + 1 : target);
	d = opendir(dir);
	if (!d) {
		perror(dir);
		return 1;
	}
	while ((entry = readdir(d))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		bad |= run_file(path);
	}
	closedir(d);
	printf("1..%u\n", n);
	return bad | !n;
}

int main(int argc, char **argv)
{
	int bad = 0;

	if (argc == 1)
		return run_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		bad |= run_file(argv[i]);
	return bad;
}
