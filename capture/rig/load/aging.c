// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/rig/load/scenario.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "capture/rig/load/damon.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

#define LRU_GEN		"/sys/kernel/debug/lru_gen"
#define RECLAIM		"4M"	/* at a time; the kernel looks at far more pages than it takes */
#define PRESS_EVERY	8	/* steps */
#define PRESS_US	300000	/* at most: where all is young, the kernel goes round and round */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static int write_in(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int ret = write_file(path, text);

	free(path);
	return ret;
}

/* The whole process: pages are charged to where it stands when they are first touched. */
static void enter_cgroup(const char *dir)
{
	if (write_in(dir, "cgroup.procs", "0"))
		die(ERR_MACHINE, "--cgroup %s: cannot be entered; make it below a cgroup v2 mount with +memory", dir);
}

struct lru_gen {
	unsigned long long memcg;
	int		   node;
	unsigned long long youngest;
};

/* From "memcg ID /PATH", " node NR", " GENERATION AGE ..." of the file: the last generation of our cgroup's first node. */
static bool find_lru_gen(FILE *f, const char *cgroup, struct lru_gen *out)
{
	const char *name = strrchr(cgroup, '/') + 1;
	char line[PATH_MAX + 64], path[PATH_MAX];
	unsigned long long id, generation;
	bool ours = false, found = false;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memcg %llu %4095s", &id, path) == 2) {
			ours = strrchr(path, '/') && !strcmp(strrchr(path, '/') + 1, name);
			out->memcg = ours ? id : out->memcg;
		} else if (ours && sscanf(line, " node %d", &out->node) != 1 && sscanf(line, " %llu", &generation) == 1) {
			out->youngest = generation;
			found = true;
		}
	}
	return found;
}

/* Multi-generational LRU, where it is on and debugfs may be written: a new generation. */
static void age_generation(const char *cgroup)
{
	FILE *f = fopen(LRU_GEN, "re");
	struct lru_gen g = { 0 };
	char *command;

	if (!f)
		return;
	if (find_lru_gen(f, cgroup, &g)) {
		command = xasprintf("+ %llu %d %llu 1 1", g.memcg, g.node, g.youngest);
		write_file(LRU_GEN, command);
		free(command);
	}
	fclose(f);
}

static void on_alarm(int nr)
{
}

/* The signal ends the writes; vCPU threads block it. */
static void press(const char *cgroup)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval limit = { .it_value.tv_usec = PRESS_US }, none = { 0 };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	age_generation(cgroup);
	write_in(cgroup, "memory.reclaim", RECLAIM);
	setitimer(ITIMER_REAL, &none, NULL);
}

static void step(struct vm *vm, const char *cgroup, unsigned int n)
{
	if (n % 4 == 0)
		range_advise(range_any(vm), MADV_PAGEOUT);
	else if (n % 4 == 2)
		range_advise(range_any(vm), MADV_COLD);
	if (!cgroup || n % PRESS_EVERY)
		return;
	press(cgroup);
}

void aging(struct vm *vm)
{
	char cgroup[PATH_MAX] = "";
	struct pace pace;

	if (vm->load->cgroup) {
		if (!realpath(vm->load->cgroup, cgroup))
			die_errno(vm->load->cgroup);
		enter_cgroup(cgroup);
	}
	mark("phase warm");
	vm_touch_all(vm, 50, 0);
	mark("phase aging");
	vm_touch_hot(vm, 30);
	if (vm->load->damon)
		damon_start(getpid(), vm->data, vm->bytes);
	for (pace = pace_begin(vm); pace_more(vm, &pace); pace_rest(vm, 20000))
		step(vm, *cgroup ? cgroup : NULL, pace.rounds);
	if (vm->load->damon)
		damon_stop();
	vm_stop(vm);
}
