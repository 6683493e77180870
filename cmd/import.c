// SPDX-License-Identifier: GPL-2.0-or-later
/* mmulab import: a recording to an event file. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/types.h"
#include "capture/caveat.h"
#include "capture/guests.h"
#include "capture/import.h"
#include "cmd/import_selftest.h"
#include "cmd/opts.h"
#include "cmd/verb.h"

static void show_progress(void *arg, uint64_t events)
{
	fprintf(stderr, "\r%s: %" PRIu64 " M events", (const char *)arg, events / 1000000);
}

static uint64_t kinds_of(const struct ev_meta *m, const char *kind)
{
	return ev_counts_get(&m->kinds, kind);
}

static void print_caveat(void *arg, const char *line)
{
	fprintf(stderr, "mmulab import: %s: %s\n", (const char *)arg, line);
}

static void print_caveats(const struct ev_meta *m)
{
	caveats(m, print_caveat, m->source);
}

/* One line, however much it is: info tells all of it. */
static void print_damage(const struct ev_meta *m)
{
	if (!m->damage.nr)
		return;
	fprintf(stderr, "mmulab import: %s: damaged: %s: %" PRIu64, m->source, m->damage.v[0].name, m->damage.v[0].n);
	if (m->damage.nr > 1)
		fprintf(stderr, "; and %zu more, see \"mmulab info\"", m->damage.nr - 1);
	fputs("; what could be read was imported\n", stderr);
}

static void print_summary(const struct ev_meta *m, const char *out)
{
	uint64_t lost = 0, observations = 0;

	for (size_t i = 0; i < m->nr_lost; i++)
		lost += m->lost[i].n;
	for (unsigned int kind = OBS_FIRST; kind < OBS_END; kind++)
		observations += kinds_of(m, ev_kind_name(kind));
	printf("%s: %" PRIu64 " events, %" PRIu64 " lost; %u VM%s, %" PRIu64 " accesses, %" PRIu64 " invalidations, %"
	       PRIu64 " observations\n", out, m->events, lost, (unsigned int)m->nr_vms, m->nr_vms == 1 ? "" : "s",
	       kinds_of(m, "access"), kinds_of(m, "invalidate_start"), observations);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int import_run(int argc, char **argv, struct err *e)
{
	struct import_options how = { .zstd_level = 1 };
	const char *output = NULL, *kernel = NULL;
	struct import_selftest test = { 0 };
	uint32_t level = 1;
	bool quiet = false;
	const struct opt opts[] = {
		{ 'o', "output",     OPT_TEXT, &output },
		{ 0,   "kernel",     OPT_TEXT, &kernel },
		{ 0,   "zstd-level", OPT_U32,  &level },
		{ 'q', "quiet",      OPT_FLAG, &quiet },
		{ 0,   "selftest",   OPT_TEXT, &test.file },
		{ 0,   "db",         OPT_TEXT, &test.db },
		{ 0,   "arch",       OPT_TEXT, &test.arch },
		{ 0,   "published",  OPT_TEXT, &test.published },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), ret;
	struct ev_meta meta;

	if (first < 0)
		return first;
	if (test.file) {
		test.kernel = kernel;
		ret = opts_positional(argc, first, 0, 0, "nothing beside --selftest FILE", e);
		return ret ? ret : import_selftest(&test, e);
	}
	if (test.db || test.arch || test.published)
		return err_set(e, ERR_USAGE, "--db, --arch and --published go with --selftest FILE");
	ret = opts_positional(argc, first, 1, GUESTS_MAX, "one recording, or a host's and those of its guests", e);
	if (ret)
		return ret;
	if (!output)
		return err_set(e, ERR_USAGE, "-o FILE is missing; say where the event file goes");
	if (level > 19)
		return err_set(e, ERR_USAGE, "--zstd-level %u: must be 0 .. 19", level);
	for (int i = first; i < argc; i++)
		if (same_file(argv[i], output))
			return err_set(e, ERR_USAGE, "%s: is the recording itself; write the event file elsewhere", output);
	how.beside = (const char *const *)&argv[first + 1];
	how.nr_beside = argc - first - 1;
	how.zstd_level = level;
	how.kernel = kernel;
	if (!quiet && isatty(STDERR_FILENO)) {
		how.progress = show_progress;
		how.progress_arg = argv[first];
	}
	ret = import_file(argv[first], output, &how, &meta, e);
	if (how.progress)
		fputs("\r\033[K", stderr);
	if (!ret)
		print_damage(&meta);
	if (!ret && !quiet) {
		print_caveats(&meta);
		print_summary(&meta, output);
	}
	ev_meta_fini(&meta);
	return ret;
}

const struct verb verb_import = {
	.name = "import",
	.summary = "turn a recording into an event file, or what a selftest printed into runs",
	.usage =
		"usage: mmulab import [options] TRACE [GUEST...] -o T.mmt\n"
		"       mmulab import --selftest OUTPUT.txt --db results.db [options]\n"
		"\n"
		"Reads a recording and writes an event file: guest accesses with their retries folded, MMU\n"
		"notifiers and memslots as stimuli, and what the kernel said it did as observations. \"mmulab\n"
		"info T.mmt\" says what was found and what was not used. The output appears whole or not at\n"
		"all.\n"
		"\n"
		"TRACE is a trace.dat (version 6 or 7) of trace-cmd, a perf.data, or text: what trace-cmd\n"
		"report (also -l, -t, -N, -R), perf script or tracefs (trace, trace_pipe) prints, also out of a\n"
		"mail, quoted and wrapped. A text has microseconds where trace-cmd report is not told -t, perf\n"
		"script not --ns, and some numbers in words that do not tell all of them; what it lacks is said.\n"
		"\n"
		"GUEST is a trace.dat of a guest, recorded together with its host's (trace-cmd record -A). Its\n"
		"events come to stand on the host's clock; they tell nothing of the host's MMU and are counted\n"
		"as unused.\n"
		"\n"
		"OUTPUT.txt is what a performance test of the kernel's KVM selftests printed\n"
		"(dirty_log_perf_test and others), also out of a mail: its times become runs of a database,\n"
		"beside the lab's own and told apart from them. Lines that no such test prints are told.\n"
		"\n"
		"  -o, --output FILE     the event file to write\n"
		"      --kernel RELEASE  as uname -r has it, of a recording that does not say it (a text\n"
		"                        rarely does; it is inferred from its entries if they tell)\n"
		"      --zstd-level N    compression of its blocks: 0 none, 1 (default) .. 19\n"
		"      --selftest FILE   read the output of selftests (-: standard input)\n"
		"      --db FILE         the database its runs go to (made when it is not there)\n"
		"      --arch NAME       x86 or arm64, of the machine it ran on\n"
		"      --published TEXT  where somebody printed it; without: you measured it\n"
		"  -q, --quiet           no progress, no summary, no caveats\n",
	.run = import_run,
};
