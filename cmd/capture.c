// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab capture: this host's KVM, into a trace.dat. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/types.h"
#include "capture/live/instance.h"
#include "capture/live/perf.h"
#include "capture/live/record.h"
#include "cmd/opts.h"
#include "cmd/paths.h"
#include "cmd/verb.h"

typedef int (*record_fn)(const struct record_options *o, struct record_result *out, struct err *e);

static void print_removed(void *arg, const char *name)
{
	fprintf(stderr, "mmulab capture: removed %s, which a capture that was killed had left\n", name);
}

static void print_refused(const struct refused *r)
{
	for (size_t i = 0; i < r->nr; i++)
		fprintf(stderr, "mmulab capture: not recorded: %s\n", r->v[i]);
}

static void print_loss(const char *cause, uint32_t cpu, uint64_t n)
{
	if (n)
		fprintf(stderr, "mmulab capture: lost on CPU %u: %" PRIu64 " %s\n", cpu, n, cause);
}

static void print_command(int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "mmulab capture: the command was ended by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "mmulab capture: the command ended with status %d\n", WEXITSTATUS(status));
}

static void print_summary(const char *path, const struct record_result *r)
{
	uint64_t events = 0, lost = 0;

	for (uint32_t cpu = 0; cpu < r->nr_cpus; cpu++) {
		const struct record_loss *l = &r->cpus[cpu];

		events += l->read;
		lost += loss_total(l);
		print_loss("overwritten before they were read; a larger buffer helps", cpu, l->overrun);
		print_loss("dropped, there was no room; a larger buffer helps", cpu, l->dropped);
		print_loss("dropped, an interrupt filled the buffer; a larger one helps", cpu, l->commit_overrun);
	}
	printf("%s: %" PRIu64 " events, %" PRIu64 " lost, of %u kinds; %" PRIu64 " bytes, %.3f s\n", path, events, lost,
	       r->nr_events, r->bytes, r->seconds);
}

static int read_duration(const char *text, double *out, struct err *e)
{
	char *end;

	if (!text)
		return 0;
	*out = strtod(text, &end);
	if (end == text || *end || !(*out > 0) || *out > 1e9)
		return err_set(e, ERR_USAGE, "--duration %s: is not a number of seconds", text);
	return 0;
}

/* A name of ours, or a path: what has a slash or ends in ".events". */
static char *profile_path(const char *name, struct err *e)
{
	size_t len = strlen(name);
	char *file, *path;

	if (strchr(name, '/') || (len > 7 && !strcmp(name + len - 7, ".events")))
		return xstrdup(name);
	file = xasprintf("%s.events", name);
	path = paths_file("profiles", file);
	free(file);
	if (!path)
		err_set(e, ERR_USAGE, "--profile %s: is none of minimal, default, lock and full, and no path", name);
	return path;
}

/* Return: which recording it is; NULL: none. */
static record_fn backend_of(const char *name, const struct record_options *o, struct err *e)
{
	if (!strcmp(name, "tracefs"))
		return record_host;
	if (strcmp(name, "perf"))
		err_set(e, ERR_USAGE, "--backend %s: is neither tracefs nor perf", name);
	else if (o->metrics)
		err_set(e, ERR_USAGE, "--metrics: goes with --backend tracefs only");
	else
		return perf_host;
	return NULL;
}

static int record(record_fn backend, const struct record_options *o, struct err *e)
{
	struct record_result r = { 0 };
	int ret;

	instance_clean(print_removed, NULL);
	ret = backend(o, &r, e);
	print_refused(&r.refused);
	if (!ret) {
		print_command(r.command_status);
		print_summary(o->output, &r);
	}
	record_result_fini(&r);
	return ret;
}

static int run(int argc, char **argv, struct err *e)
{
	struct record_options o = { .clock = "mono", .buffer_kb = 8192 };
	const char *profile = "default", *duration = NULL, *backend = "tracefs";
	record_fn record_with;
	bool quiet = false;
	const struct opt opts[] = {
		{ 'o', "output",   OPT_TEXT, &o.output },
		{ 'd', "duration", OPT_TEXT, &duration },
		{ 'b', "buffer",   OPT_U32,  &o.buffer_kb },
		{ 'p', "profile",  OPT_TEXT, &profile },
		{ 0,   "vm",       OPT_TEXT, &o.vm },
		{ 0,   "backend",  OPT_TEXT, &backend },
		{ 0,   "metrics",  OPT_TEXT, &o.metrics },
		{ 'q', "quiet",    OPT_FLAG, &quiet },
		{ 0,   "clock",    OPT_TEXT, &o.clock },
	};
	char *path, *program;
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;

	if (first < 0)
		return first;
	if (!o.output)
		return err_set(e, ERR_USAGE, "-o FILE is missing; say where the recording goes");
	if (!o.buffer_kb)
		return err_set(e, ERR_USAGE, "--buffer 0: must be 1 at least");
	if (o.vm && !strcmp(o.vm, "all"))
		o.vm = NULL;
	record_with = backend_of(backend, &o, e);
	if (!record_with)
		return -(int)e->exit;
	ret = read_duration(duration, &o.duration_s, e);
	path = ret ? NULL : profile_path(profile, e);
	if (!path)
		return -(int)e->exit;
	program = xasprintf("mmulab %s", mmulab_version());
	o.profile = path;
	o.view = !quiet && isatty(STDERR_FILENO) ? stderr : NULL;
	o.program = program;
	o.command = first < argc ? &argv[first] : NULL;
	ret = record(record_with, &o, e);
	free(program);
	free(path);
	return ret;
}

const struct verb verb_capture = {
	.name = "capture",
	.summary = "record this host's KVM into a trace.dat",
	.usage =
	"usage: mmulab capture -o T.dat [options] [-- COMMAND...]\n"
	"\n"
	"Records until ^C, SIGTERM or SIGHUP, the time is over or the command ends, into a\n"
	"trace.dat that trace-cmd and KernelShark open as well. What it needs of the kernel's\n"
	"tracing is its own and gone afterwards; what others trace is left alone. What the\n"
	"kernel refuses is said and noted in the recording. On a terminal it shows by VM what\n"
	"is going on, once a second.\n"
	"\n"
	"  -o, --output FILE     the recording; complete or not there at all\n"
	"  -p, --profile NAME    what is recorded: minimal, default, lock, full, or a path\n"
	"                        (default: default)\n"
	"      --vm VM           only this VM: its process's number, its name (-name of QEMU), or\n"
	"                        what its program is called; events of other VMs' threads stay\n"
	"                        out, what the host does to its memory is recorded (default: all)\n"
	"  -d, --duration SEC    end after so many seconds\n"
	"  -b, --buffer KIB      memory of each CPU's buffer (default: 8192)\n"
	"      --backend BACKEND     tracefs, or perf: the same events through \"perf record\" into\n"
	"                        a perf.data, on hosts that do not let tracefs be written;\n"
	"                        without probes and facts of the host (default: tracefs)\n"
	"      --metrics FILE        the figures of the view for Prometheus, renewed each second\n"
	"  -q, --quiet           no view on the terminal while it records\n"
	"      --clock CLOCK     a clock of the kernel's tracing (default: mono)\n",
	.run = run,
};
