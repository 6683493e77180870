// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab-kvmload: a small guest on this host's KVM, for something to be recorded. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "capture/rig/load/arch.h"
#include "capture/rig/load/scenario.h"

static int marker = -1;

void die(int status, const char *fmt, ...)
{
	va_list ap;

	fputs("mmulab-kvmload: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(status);
}

void die_errno(const char *what)
{
	die(ERR_MACHINE, "%s: %s", what, strerror(errno));
}

void mark(const char *fmt, ...)
{
	char line[256] = "kvmload: ";
	size_t len = strlen(line);
	va_list ap;

	if (marker < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	va_end(ap);
	/* A recording that takes no more is its own affair. */
	(void)!write(marker, line, strlen(line));
}

/* --- command line ---------------------------------------------------------------------------- */

static void usage(void)
{
	puts("usage: mmulab-kvmload [options] SCENARIO\n"
	     "\n"
	     "Runs a small guest on this host's KVM and does to its memory what the scenario says:\n"
	     "something to record, as in\n"
	     "\n"
	     "  mmulab capture -o T.dat -- mmulab-kvmload notifier\n"
	     "\n"
	     "Scenarios:");
	for (unsigned int i = 0; i < nr_scenarios; i++)
		printf("  %-18s %s\n", scenarios[i].name, scenarios[i].help);
	puts("\n"
	     "  -v, --vcpus N         1 .. 8 (default: 2)\n"
	     "  -m, --memory MIB      of the guest's data, 1 .. 1024 (default: 64)\n"
	     "  -s, --slots N         memslots that they lie in, 1 .. 15 (default: 2)\n"
	     "  -t, --thp N           huge pages: 0 none, 1 all slots, 2 slots 1, 3, ... (default: 2)\n"
	     "  -d, --duration SEC    of the main phase (default: 2)\n"
	     "  -r, --rounds N        and how many rounds it has at most\n"
	     "  -p, --pause US        between two steps of the host (default: as the scenario likes)\n"
	     "  -S, --seed N          of all choices (default: 1)\n"
	     "  -k, --marker FILE     a trace_marker that gets a line for each phase and slot\n"
	     "                        (default: $MMULAB_MARKER, which \"mmulab capture\" sets)\n"
	     "      --clear           dirty-log: initially all set, and cleared by hand\n"
	     "      --ring N          dirty-log: rings of N entries in place of bitmaps\n"
	     "      --split           dirty-log, coalesce: split blocks eagerly (arm64)\n"
	     "      --cgroup DIR      aging: enter this cgroup and reclaim from it\n"
	     "      --damon           aging: DAMON looks as well\n"
	     "      --processes N     churn: of the guest (default: 8)\n"
	     "      --tables N        churn: of 512 pages, for each process (default: 8)\n"
	     "      --shadow-pages N  KVM may keep for the VM\n"
	     "      --quirks MASK     of KVM to be disabled\n"
	     "      --user            the guest runs unprivileged (x86; not churn)\n"
	     "  -h, --help\n"
	     "\n"
	     "Status 0 when the guest ran to the end, 1 when it did not, 2 usage, 4 the machine cannot.");
}

enum { CLEAR = 256, RING, SPLIT, CGROUP, DAMON, PROCESSES, TABLES, SHADOW_PAGES, QUIRKS, USER };

static const struct option options[] = {
	{ "vcpus", 1, NULL, 'v' }, { "memory", 1, NULL, 'm' }, { "slots", 1, NULL, 's' }, { "thp", 1, NULL, 't' },
	{ "duration", 1, NULL, 'd' }, { "rounds", 1, NULL, 'r' }, { "pause", 1, NULL, 'p' }, { "seed", 1, NULL, 'S' },
	{ "marker", 1, NULL, 'k' }, { "clear", 0, NULL, CLEAR }, { "ring", 1, NULL, RING }, { "split", 0, NULL, SPLIT },
	{ "cgroup", 1, NULL, CGROUP }, { "damon", 0, NULL, DAMON }, { "processes", 1, NULL, PROCESSES },
	{ "tables", 1, NULL, TABLES }, { "shadow-pages", 1, NULL, SHADOW_PAGES }, { "quirks", 1, NULL, QUIRKS },
	{ "user", 0, NULL, USER }, { "help", 0, NULL, 'h' }, { 0 },
};

static uint64_t number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno || n < min || n > max)
		die(ERR_USAGE, "%s %s: must be a number from %" PRIu64 " to %" PRIu64, option, text, min, max);
	return n;
}

static double seconds(const char *text)
{
	char *end;
	double s = strtod(text, &end);

	if (end == text || *end || !(s > 0) || s > 1e6)
		die(ERR_USAGE, "--duration %s: is not a number of seconds", text);
	return s;
}

static void take(struct load *l, int option, const char *arg, const char **marker_path)
{
	switch (option) {
	case 'v': l->vcpus = (uint32_t)number("--vcpus", arg, 1, VCPU_MAX); break;
	case 'm': l->mib = (uint32_t)number("--memory", arg, 1, DATA_MAX >> 20); break;
	case 's': l->slots = (uint32_t)number("--slots", arg, 1, SLOT_MAX - 1); break;
	case 't': l->thp = (uint32_t)number("--thp", arg, 0, 2); break;
	case 'd': l->seconds = seconds(arg); break;
	case 'r': l->rounds = (uint32_t)number("--rounds", arg, 1, UINT32_MAX); break;
	case 'p': l->pause_us = (uint32_t)number("--pause", arg, 1, 999999); break;
	case 'S': l->seed = number("--seed", arg, 0, UINT64_MAX); break;
	case 'k': *marker_path = arg; break;
	case CLEAR: l->clear = true; break;
	case RING: l->ring = (uint32_t)number("--ring", arg, 1, 65536); break;
	case SPLIT: l->split = true; break;
	case CGROUP: l->cgroup = arg; break;
	case DAMON: l->damon = true; break;
	case PROCESSES: l->processes = (uint32_t)number("--processes", arg, 1, PROCESS_MAX); break;
	case TABLES: l->tables = (uint32_t)number("--tables", arg, 1, 256); break;
	case SHADOW_PAGES: l->shadow_pages = (uint32_t)number("--shadow-pages", arg, 1, UINT32_MAX); break;
	case QUIRKS: l->quirks = number("--quirks", arg, 1, UINT64_MAX); break;
	case USER: l->user = true; break;
	case 'h': usage(); exit(ERR_OK);
	default: die(ERR_USAGE, "see mmulab-kvmload -h");
	}
}

static const struct scenario *find(const char *name)
{
	for (unsigned int i = 0; i < nr_scenarios; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	die(ERR_USAGE, "%s: is no scenario; see mmulab-kvmload -h", name);
}

static const struct scenario *parse(int argc, char **argv, struct load *l)
{
	const char *marker_path = getenv("MMULAB_MARKER");
	const struct scenario *s;
	int option;

	while ((option = getopt_long(argc, argv, "v:m:s:t:d:r:p:S:k:h", options, NULL)) != -1)
		take(l, option, optarg, &marker_path);
	if (optind + 1 != argc)
		die(ERR_USAGE, "one SCENARIO is wanted; see mmulab-kvmload -h");
	s = find(argv[optind]);
	if (s->churns && !arch_churns)
		die(ERR_USAGE, "%s: this architecture has no shadow paging", s->name);
	if (s->churns && l->user)
		die(ERR_USAGE, "%s: changes page tables, which --user may not", s->name);
	if (marker_path && *marker_path) {
		marker = open(marker_path, O_WRONLY | O_CLOEXEC);
		if (marker < 0)
			die_errno(marker_path);
	}
	return s;
}

static uint64_t sum(const struct vm *vm, size_t member)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		n += *(volatile uint64_t *)((char *)vm->vcpus[i].mailbox + member);
	return n;
}

int main(int argc, char **argv)
{
	struct load load = {
		.vcpus = 2, .slots = 2, .mib = 64, .thp = 2, .seconds = 2, .seed = 1, .processes = 8, .tables = 8,
	};
	const struct scenario *s = parse(argc, argv, &load);
	static struct vm vm;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	mark("start %s vcpus %u memory %u slots %u thp %u seed %" PRIu64, s->name, load.vcpus, load.mib, load.slots, load.thp,
	     load.seed);
	vm_open(&vm, &load);
	if (!vm.failed)
		s->run(&vm);
	vm_close(&vm);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%s: %.2f s, %" PRIu64 " touches, %" PRIu64 " faults of the guest's own\n", s->name,
	       to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9, sum(&vm, offsetof(struct mailbox, touches)),
	       sum(&vm, offsetof(struct mailbox, faults)));
	return vm.failed ? ERR_NO : ERR_OK;
}
