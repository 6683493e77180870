/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CMD_RUNS_H
#define CMD_RUNS_H

#include "analysis/select.h"
#include "cmd/opts.h"

/* The options by which compare, plot and report choose their runs. */
struct runs {
	struct opt_list	 numbers, policies;
	const char	*trace;
};

#define RUNS_OPTS(r)					\
	{ 0, "run", OPT_LIST, &(r).numbers },		\
	{ 0, "trace", OPT_TEXT, &(r).trace },		\
	{ 0, "policy", OPT_LIST, &(r).policies }

#define RUNS_USAGE \
	"      --run N           this run; may be given several times, the first is the one\n" \
	"                        the others are held against\n" \
	"      --trace NAME      runs of this trace only (shell pattern; the ending may be left out)\n" \
	"      --policy NAME     runs under this policy only (shell pattern; several times: any of them)\n"

static inline struct select_rule runs_rule(const struct runs *r)
{
	return (struct select_rule){
		.runs = r->numbers.v, .nr_runs = r->numbers.nr, .trace = r->trace,
		.policies = r->policies.v, .nr_policies = r->policies.nr,
	};
}

static inline void runs_fini(struct runs *r)
{
	opt_list_fini(&r->numbers);
	opt_list_fini(&r->policies);
}

#endif
