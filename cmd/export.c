/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab export: runs in the formats of others. */
#include <stdbool.h>
#include <string.h>

#include "cmd/export.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab export --format FORMAT [options] results.db\n"
	"       mmulab export --trace-dat OUT.dat [options] T.mmt\n"
	"\n"
	"Runs of a results database for other programs: tables as CSV, everything as JSON, or metrics\n"
	"and latency histograms as OpenMetrics text.\n"
	"\n"
	"Or one run as the recording that a host would have left (trace.dat, version 6): a recording is\n"
	"replayed under a policy, in virtual time, and what the engine did is written down, each task a\n"
	"thread, with the kernel's own events and those of the probes that `mmulab capture` makes.\n"
	"trace-cmd and KernelShark open it, and `mmulab import` reads it back.  Its times are virtual.\n"
	"\n"
	"      --format NAME     csv (RFC 4180), json, openmetrics\n"
	"      --table NAME      csv: this table alone, one of run, knob, metric, hist, bucket, blame,\n"
	"                        series, heat, fidelity\n"
	"  -o, --output PATH     write there; csv of all tables: a folder, with a file for each.\n"
	"                        Default: standard output\n"
	RUNS_USAGE
	"      --trace-dat FILE  the recording to write, of a run under these:\n"
	"  -p, --policy NAME     policy to replay under (default: that of the recorded kernel)\n"
	"      --set NAME=VALUE  change a knob, a cost (costs.kick=2000) or the host (host.cpus=16); may be\n"
	"                        given again\n"
	"      --pacing NAME     closed (default), open, asap: as `mmulab replay` has it\n"
	"      --time-scale X    likewise\n"
	"      --clone N         likewise\n"
	"      --seed N          likewise\n"
	"      --grain NAME      access (default): what tasks did to each other is in the order of its\n"
	"                        times; op: at locks only, as `mmulab replay` without options runs\n"
	"      --costs FILE      likewise\n"
	"      --access NAME     likewise\n"
	"      --assume FACT     likewise\n"
	"      --salvage         likewise\n"
	"\n"
	"Exit status: 3 when no run of the database was chosen; 4 when the trace lacks a fact that a\n"
	"replay needs, or cannot be told in records of a kernel: shadow pages, and memory that was\n"
	"mapped before the trace begins.\n";

static bool wants_recording(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--trace-dat", strlen("--trace-dat")))
			return true;
	return false;
}

static int run(int argc, char **argv, struct err *e)
{
	return wants_recording(argc, argv) ? export_trace_dat(argc, argv, e) : export_db(argc, argv, e);
}

const struct verb verb_export = {
	.name = "export",
	.summary = "runs for other programs: CSV, JSON, OpenMetrics, or a recording that trace-cmd opens",
	.usage = usage,
	.run = run,
};
