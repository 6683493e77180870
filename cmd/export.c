/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab export: runs in the formats of others. */
#include <stdio.h>
#include <string.h>

#include "cmd/export.h"
#include "cmd/opts.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab export --trace-dat OUT.dat [options] T.mmt\n"
	"\n"
	"Replays a recording under a policy, in virtual time, and writes down what the engine did as the\n"
	"recording a host would have left (trace.dat, version 6): each task a thread, with the kernel's own events\n"
	"and those of the probes that `mmulab capture` makes.  trace-cmd and KernelShark open it, and `mmulab\n"
	"import` reads it back.  Its times are virtual.\n"
	"\n"
	"      --trace-dat FILE  the recording to write\n"
	"  -p, --policy NAME     policy to replay under (default: that of the recorded kernel)\n"
	"      --set NAME=VALUE  change a knob, a cost (costs.kick=2000) or the host (host.cpus=16); may be\n"
	"                        given again\n"
	"      --pacing NAME     closed (default), open, asap: as `mmulab replay` has it\n"
	"      --time-scale X    likewise\n"
	"      --clone N         likewise\n"
	"      --seed N          likewise\n"
	"      --grain NAME      access (default): what tasks did to each other is in the order of its times; op:\n"
	"                        at locks only, as `mmulab replay` without options runs\n"
	"      --costs FILE      likewise\n"
	"      --access NAME     likewise\n"
	"      --assume FACT     likewise\n"
	"      --salvage         likewise\n"
	"\n"
	"Exit status: 4 when the trace lacks a fact that a replay needs, or cannot be told in records of a kernel:\n"
	"shadow pages, and memory that was mapped before the trace begins.\n";

static int run(int argc, char **argv, struct err *e)
{
	return export_trace_dat(argc, argv, e);
}

const struct verb verb_export = {
	.name = "export",
	.summary = "a run as a recording that trace-cmd opens",
	.usage = usage,
	.run = run,
};
