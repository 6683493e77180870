/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmulab report: what runs say, for people. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/report.h"
#include "base/alloc.h"
#include "base/outfile.h"
#include "cmd/paths.h"
#include "cmd/runs.h"
#include "cmd/verb.h"

static const char usage[] =
	"usage: mmulab report [options] RESULTS.db -o REPORT.html\n"
	"       mmulab report [options] --format markdown [-o DIR] RESULTS.db\n"
	"       mmulab report [options] --format mail RESULTS.db\n"
	"\n"
	"Says how the policies of a trace compare: what differs, by how much and how sure that is, what\n"
	"was asked, pictures, who waited for whom, what must be known before believing it, and the\n"
	"commands that make it again.  The same database gives the same report.\n"
	"\n"
	"      --format FORMAT   html (the default): one page that needs nothing beside itself; markdown: as\n"
	"                        GitHub shows it; mail: plain text of 72 columns, for a cover letter\n"
	"  -o, --output FILE     the page or mail, replaced as a whole or left alone; of markdown the\n"
	"                        folder for report.md and its pictures.  Without it markdown (no\n"
	"                        pictures) and mail are printed\n"
	RUNS_USAGE;

enum format { HTML, MARKDOWN, MAIL };

struct options {
	const char	*output;
	enum format	 format;
};

static int format_of(const char *name, enum format *out, struct err *e)
{
	static const char *const names[] = { [HTML] = "html", [MARKDOWN] = "markdown", [MAIL] = "mail" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i])) {
			*out = i;
			return 0;
		}
	}
	return err_set(e, ERR_USAGE, "--format %s: give html, markdown or mail", name);
}

static char *write_text(const struct options *o, const struct doc *d, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (o->format == HTML)
		doc_html(d, out);
	else if (o->format == MARKDOWN)
		doc_markdown(d, o->output != NULL, out);
	else
		doc_mail(d, out);
	fclose(out);
	return text;
}

/* Markdown's pictures lie beside it, and are there before it. */
static int put_pictures(const char *dir, const struct doc *d, struct err *e)
{
	int rc = mkdir(dir, 0777) && errno != EEXIST ? err_sys(e, errno, dir, "create") : 0;

	for (size_t i = 0; !rc && i < d->nr; i++) {
		char *path;

		if (d->v[i].what != DOC_PICTURE)
			continue;
		path = xasprintf("%s/%s.svg", dir, d->v[i].name);
		rc = outfile_put(path, d->v[i].more, strlen(d->v[i].more), e);
		free(path);
	}
	return rc;
}

static int put_out(const struct options *o, const struct doc *d, struct err *e)
{
	size_t len = 0;
	char *text = write_text(o, d, &len), *path = NULL;
	int rc = 0;

	if (!o->output) {
		fwrite(text, 1, len, stdout);
	} else if (o->format == MARKDOWN) {
		path = xasprintf("%s/report.md", o->output);
		rc = put_pictures(o->output, d, e);
	} else {
		path = xstrdup(o->output);
	}
	if (!rc && path)
		rc = outfile_put(path, text, len, e);
	if (!rc && path)
		puts(path);
	free(path);
	free(text);
	return rc;
}

static int make(const struct options *o, struct db *db, const struct selection *s, struct err *e)
{
	bool pictures = o->format == HTML || (o->format == MARKDOWN && o->output);
	struct figures figures = { 0 };
	struct doc doc = { 0 };
	int rc = pictures ? figures_open(paths_dirs("plots")[0], &figures, e) : 0;

	if (rc)
		return rc;
	rc = report_make(db, s, pictures ? &figures : NULL, &doc, e);
	if (!rc)
		rc = put_out(o, &doc, e);
	doc_fini(&doc);
	figures_close(&figures);
	return rc;
}

static int report(const char *path, const struct select_rule *rule, const struct options *o, struct err *e)
{
	struct selection s = { 0 };
	struct db db = { 0 };
	int rc = db_open(path, &db, e);

	if (!rc)
		rc = select_runs(&db, rule, &s, e);
	if (!rc)
		rc = make(o, &db, &s, e);
	selection_fini(&s);
	db_close(&db);
	return rc;
}

static int run(int argc, char **argv, struct err *e)
{
	struct runs runs = { 0 };
	struct options o = { 0 };
	const char *format = "html";
	const struct opt opts[] = {
		{ 'o', "output", OPT_TEXT, &o.output },
		{ 0, "format", OPT_TEXT, &format },
		RUNS_OPTS(runs),
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (!rc)
		rc = format_of(format, &o.format, e);
	if (!rc && o.format == HTML && !o.output)
		rc = err_set(e, ERR_USAGE, "-o FILE is missing: the page to write");
	if (!rc) {
		struct select_rule rule = runs_rule(&runs);

		rc = report(argv[first], &rule, &o, e);
	}
	runs_fini(&runs);
	return rc;
}

const struct verb verb_report = {
	.name = "report",
	.summary = "say what runs show: a page, Markdown or a mail, with pictures and caveats",
	.usage = usage,
	.run = run,
};
