/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab dashboard: all runs as a folder for a browser. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/dashboard.h"
#include "cmd/paths.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

#define LIST "mmulab-files.txt"

static const char usage[] =
	"usage: mmulab dashboard [options] RESULTS.db -o DIR\n"
	"\n"
	"Writes a folder for a browser that shows every run of a database: traces against policies,\n"
	"the trend of each metric over commits and where it changed, and each run by itself.  It can\n"
	"be sorted and filtered, every view has an address of its own, and it works from file:// as\n"
	"well as from any web server: nothing is fetched from elsewhere.  The same database gives\n"
	"the same folder.\n"
	"\n"
	"  -o, --output DIR      replaced as a whole or left alone; refused when anything lies in it\n"
	"                        that an earlier dashboard did not write\n"
	"      --pictures N      draw N runs (default 4; all, none): first those at which a trend\n"
	"                        changes, beside the run before, then the newest\n"
	RUNS_USAGE;

static int parse_pictures(const char *text, size_t *out, struct err *e)
{
	char *end;

	if (!strcmp(text, "all") || !strcmp(text, "none")) {
		*out = text[0] == 'a' ? SIZE_MAX : 0;
		return 0;
	}
	errno = 0;
	*out = strtoul(text, &end, 10);
	if (*end || end == text || errno || *text == '-')
		return err_set(e, ERR_USAGE, "--pictures %s: give a number, all or none", text);
	return 0;
}

static int write_folder(const struct dashboard *d, const char *path, struct err *e)
{
	struct outdir *out;
	int rc = outdir_open(path, LIST, "mmulab dashboard", &out, e);

	if (rc)
		return rc;
	rc = dashboard_write(d, out, e);
	if (rc)
		outdir_abort(out);
	else
		rc = outdir_commit(out, e);
	return rc;
}

static int dashboard(const char *path, const struct select_rule *rule, size_t pictures, const char *dir,
		     struct err *e)
{
	struct figures figures = { 0 };
	struct selection runs = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	if (!rc)
		rc = select_runs(&db, rule, &runs, e);
	if (!rc)
		rc = figures_open(paths_dirs("plots")[0], &figures, e);
	if (!rc) {
		const struct dashboard d = { .db = &db, .runs = &runs, .figures = &figures,
					     .assets = paths_dirs("dashboard")[0], .pictures = pictures };

		rc = write_folder(&d, dir, e);
	}
	if (!rc)
		printf("%s%sindex.html\n", dir, dir[strlen(dir) - 1] == '/' ? "" : "/");
	figures_close(&figures);
	selection_fini(&runs);
	db_close(&db);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct runs runs = { 0 };
	const char *dir = NULL, *pictures = "4";
	size_t nr_pictures = 0;
	const struct opt opts[] = {
		{ 'o', "output", OPT_TEXT, &dir },
		{ 0, "pictures", OPT_TEXT, &pictures },
		RUNS_OPTS(runs),
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc && (!dir || !*dir))
		rc = err_set(e, ERR_USAGE, "-o DIR is missing: the folder to write");
	if (!rc)
		rc = parse_pictures(pictures, &nr_pictures, e);
	if (!rc) {
		struct select_rule rule = runs_rule(&runs);

		rule.repeated = true;
		rc = dashboard(argv[first], &rule, nr_pictures, dir, e);
	}
	runs_fini(&runs);
	return rc;
}

const struct verb verb_dashboard = {
	.name = "dashboard",
	.summary = "write a folder for a browser: all runs, trends over commits, each run",
	.usage = usage,
	.run = run,
};
