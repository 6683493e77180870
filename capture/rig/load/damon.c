// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/damon.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/types.h"
#include "capture/rig/load/load.h"

#define ROOT	"/sys/kernel/mm/damon/admin/kdamonds"
#define CONTEXT	"0/contexts/0/"
#define TARGET	CONTEXT "targets/0/"

static void put(const char *name, unsigned long long value, const char *text)
{
	char number[32], *path = xasprintf(ROOT "/%s", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	snprintf(number, sizeof(number), "%llu", value);
	if (!text)
		text = number;
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(ERR_MACHINE, "--damon: %s does not take %s; the kernel needs CONFIG_DAMON_SYSFS and CONFIG_DAMON_VADDR", path,
		    text);
	close(fd);
	free(path);
}

void damon_start(pid_t pid, const void *memory, size_t bytes)
{
	const unsigned long long start = (uintptr_t)memory;

	put("nr_kdamonds", 1, NULL);
	put("0/contexts/nr_contexts", 1, NULL);
	put(CONTEXT "operations", 0, "vaddr");
	put(CONTEXT "targets/nr_targets", 1, NULL);
	put(TARGET "pid_target", (unsigned long long)pid, NULL);
	put(TARGET "regions/nr_regions", 1, NULL);
	put(TARGET "regions/0/start", start, NULL);
	put(TARGET "regions/0/end", start + bytes, NULL);
	put(CONTEXT "monitoring_attrs/intervals/sample_us", 5000, NULL);
	put(CONTEXT "monitoring_attrs/intervals/aggr_us", 100000, NULL);
	put(CONTEXT "monitoring_attrs/intervals/update_us", 60000000, NULL);
	put(CONTEXT "monitoring_attrs/nr_regions/min", 100, NULL);
	put(CONTEXT "monitoring_attrs/nr_regions/max", 400, NULL);
	put("0/state", 0, "on");
}

void damon_stop(void)
{
	put("0/state", 0, "off");
}
