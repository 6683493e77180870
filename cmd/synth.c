/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab synth: event files of workloads that nobody recorded. */
#include <stdio.h>

#include "cmd/opts.h"
#include "cmd/verb.h"
#include "synth/synth.h"

static int run(int argc, char **argv, struct err *e)
{
	struct opt_list sets = { 0 };
	const char *output = NULL;
	uint64_t seed = 1;
	bool list = false;
	const struct opt opts[] = {
		{ 'o', "output", OPT_TEXT, &output },
		{ 0, "set", OPT_LIST, &sets },
		{ 0, "seed", OPT_U64, &seed },
		{ 0, "list", OPT_FLAG, &list },
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e), rc = first < 0 ? first : 0;
	const struct synth_workload *w;

	if (!rc && list) {
		synth_print(stdout);
	} else if (!rc) {
		rc = opts_positional(argc, first, 1, 1, "one workload (--list shows them)", e);
		w = rc ? NULL : synth_find(argv[first], e);
		if (!rc && !w)
			rc = -ERR_USAGE;
		if (!rc && !output)
			rc = err_set(e, ERR_USAGE, "-o T.mmt is missing, the event file to be made");
		if (!rc)
			rc = synth_make(w, sets.v, sets.nr, seed, output, e);
	}
	opt_list_fini(&sets);
	return rc;
}

const struct verb verb_synth = {
	.name = "synth",
	.summary = "make an event file of a workload that nobody recorded",
	.usage =
	"usage: mmulab synth WORKLOAD [--set NAME=VALUE]... -o T.mmt\n"
	"       mmulab synth --list\n"
	"\n"
	"Makes an event file from a few numbers, to be replayed like an imported one: for what no\n"
	"host at hand can show, such as a guest of 16 TiB.  The file says that it was made up, and\n"
	"how; so does every report about it.  The same numbers and seed make the same file.\n"
	"\n"
	"      --list            the workloads, their parameters, defaults and ranges\n"
	"      --set NAME=VALUE  a parameter of the workload; may be given again.  Sizes are 64M, 1T;\n"
	"                        times 50us, 20ms\n"
	"      --seed N          of what is left to chance (default 1)\n"
	"  -o, --output T.mmt    the event file\n",
	.run = run,
};
