/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab plot: pictures of runs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/figure.h"
#include "base/alloc.h"
#include "base/outfile.h"
#include "cmd/paths.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab plot [options] RESULTS.db -o DIR\n"
	"\n"
	"Draws the runs of a database: distributions of access latency and lock wait, both over\n"
	"the run's time, what made up the stall, why faults started over, and who waited for whom.\n"
	"One picture per figure and per set of runs that can be compared; DIR/TRACE-FIGURE.svg.\n"
	"Says the name of each file it wrote, and which figures had nothing to show.\n"
	"\n"
	"  -o, --output DIR      made when it is not there; pictures in it are replaced\n"
	"      --fig NAME        this figure only (several times: these)\n"
	"      --list            the names of the figures, and what they show\n"
	"      --format FORMAT   svg (the default) or png\n"
	RUNS_USAGE;

struct plot {
	struct figures		 figures;
	struct db		 db;
	struct selection	 runs;
	const char		*dir;
	enum figure_format	 format;
};

static int plot_one(struct plot *p, const struct group *group, const struct figure *fig, struct err *e)
{
	char *path = xasprintf("%s/%s-%s.%s", p->dir, group->slug, fig->name, p->format == FIGURE_PNG ? "png" : "svg");
	char *bytes = NULL;
	size_t len;
	int rc = figure_draw(&p->db, &p->figures, fig, group, p->format, &bytes, &len, e);

	if (rc == 0)
		rc = outfile_put(path, bytes, len, e);
	else if (rc == 1)
		rc = printf("%s: nothing recorded, not drawn\n", path) < 0;
	if (!rc && bytes)
		puts(path);
	free(bytes);
	free(path);
	return rc;
}

static bool is_asked(const struct opt_list *figs, const char *name)
{
	for (size_t i = 0; i < figs->nr; i++)
		if (!strcmp(figs->v[i], name))
			return true;
	return figs->nr == 0;
}

static int plot_group(struct plot *p, const struct group *group, const struct opt_list *figs, struct err *e)
{
	int rc = figures_group(&p->db, group, e);

	for (size_t i = 0; !rc && i < p->figures.nr; i++)
		if (is_asked(figs, p->figures.v[i].name))
			rc = plot_one(p, group, &p->figures.v[i], e);
	return rc;
}

static int plot_all(struct plot *p, const char *path, const struct select_rule *rule, const struct opt_list *figs,
		    struct err *e)
{
	int rc = db_open(path, &p->db, e);

	if (!rc)
		rc = select_runs(&p->db, rule, &p->runs, e);
	if (!rc && mkdir(p->dir, 0777) && errno != EEXIST)
		rc = err_sys(e, errno, p->dir, "create");
	for (size_t i = 0; !rc && i < p->runs.nr; i++)
		rc = plot_group(p, &p->runs.v[i], figs, e);
	selection_fini(&p->runs);
	db_close(&p->db);
	return rc;
}

static void list_figures(const struct figures *f)
{
	for (size_t i = 0; i < f->nr; i++)
		printf("%-12s  %s\n", f->v[i].name, f->v[i].about);
}

static int check_options(const struct plot *p, const char *format, const struct opt_list *figs, struct err *e)
{
	if (strcmp(format, "svg") && strcmp(format, "png"))
		return err_set(e, ERR_USAGE, "--format %s: give svg or png", format);
	for (size_t i = 0; i < figs->nr; i++)
		if (!figures_find(&p->figures, figs->v[i]))
			return err_set(e, ERR_USAGE, "--fig %s: no such figure; `mmulab plot --list` names them",
				       figs->v[i]);
	return 0;
}

static int run(int argc, char **argv, struct err *e)
{
	struct runs runs = { 0 };
	struct opt_list figs = { 0 };
	struct plot p = { 0 };
	const char *format = "svg";
	bool list = false;
	const struct opt opts[] = {
		{ 'o', "output", OPT_TEXT, &p.dir },
		{ 0, "fig", OPT_LIST, &figs },
		{ 0, "format", OPT_TEXT, &format },
		{ 0, "list", OPT_FLAG, &list },
		RUNS_OPTS(runs),
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : figures_open(paths_dirs("plots")[0], &p.figures, e);

	if (!rc && list) {
		list_figures(&p.figures);
	} else if (!rc) {
		struct select_rule rule = runs_rule(&runs);

		rc = check_options(&p, format, &figs, e);
		p.format = strcmp(format, "png") ? FIGURE_SVG : FIGURE_PNG;
		if (!rc)
			rc = opts_positional(argc, first, 1, 1, "one results database", e);
		if (!rc && !p.dir)
			rc = err_set(e, ERR_USAGE, "-o DIR is missing: where to put the pictures");
		if (!rc)
			rc = plot_all(&p, argv[first], &rule, &figs, e);
	}
	figures_close(&p.figures);
	opt_list_fini(&figs);
	runs_fini(&runs);
	return rc;
}

const struct verb verb_plot = {
	.name = "plot",
	.summary = "draw runs: latency and lock wait, stall, who waited for whom",
	.usage = usage,
	.run = run,
};
