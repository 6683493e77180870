/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab report: one page about runs. */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/report.h"
#include "base/outfile.h"
#include "cmd/paths.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab report [options] RESULTS.db -o REPORT.html\n"
	"\n"
	"Writes one HTML page that needs nothing beside itself: what was asked, how the policies\n"
	"compare in numbers and pictures, who waited for whom, what must be known before believing\n"
	"it, and the commands that make it again.  The same database gives the same page.\n"
	"\n"
	"  -o, --output FILE     the page; replaced as a whole or left alone\n"
	RUNS_USAGE;

static int make_page(struct db *db, const struct selection *s, const char *path, struct err *e)
{
	struct figures figures = { 0 };
	char *page = NULL;
	size_t len = 0;
	FILE *out;
	int rc = figures_open(paths_dirs("plots")[0], &figures, e);

	if (rc)
		return rc;
	out = open_memstream(&page, &len);
	rc = report_write(db, s, &figures, out, e);
	fclose(out);
	if (!rc)
		rc = outfile_put(path, page, len, e);
	free(page);
	figures_close(&figures);
	return rc;
}

static int report(const char *path, const struct select_rule *rule, const char *page, struct err *e)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	if (!rc)
		rc = select_runs(&db, rule, &s, e);
	if (!rc)
		rc = make_page(&db, &s, page, e);
	if (!rc)
		puts(page);
	selection_fini(&s);
	db_close(&db);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct runs runs = { 0 };
	const char *page = NULL;
	const struct opt opts[] = {
		{ 'o', "output", OPT_TEXT, &page },
		RUNS_OPTS(runs),
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc && !page)
		rc = err_set(e, ERR_USAGE, "-o FILE is missing: the page to write");
	if (!rc) {
		struct select_rule rule = runs_rule(&runs);

		rc = report(argv[first], &rule, page, e);
	}
	runs_fini(&runs);
	return rc;
}

const struct verb verb_report = {
	.name = "report",
	.summary = "write one HTML page about runs: tables, pictures, caveats",
	.usage = usage,
	.run = run,
};
