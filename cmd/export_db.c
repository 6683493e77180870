/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of a database, for other programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/export.h"
#include "base/alloc.h"
#include "base/outdir.h"
#include "base/outfile.h"
#include "cmd/export.h"
#include "cmd/runs.h"

struct ask {
	const char *format, *output, *table, *database;
	struct runs runs;
};

static bool is_csv(const struct ask *ask)
{
	return !strcmp(ask->format, "csv");
}

static int check(const struct ask *ask, struct err *e)
{
	if (!is_csv(ask) && strcmp(ask->format, "json") && strcmp(ask->format, "openmetrics"))
		return err_set(e, ERR_USAGE, "--format %s: not one of csv, json, openmetrics", ask->format);
	if (ask->table && !is_csv(ask))
		return err_set(e, ERR_USAGE, "--table goes with --format csv");
	if (ask->table && !export_has_table(ask->table))
		return err_set(e, ERR_USAGE, "--table %s: not one of run, knob, metric, hist, bucket, blame, series, heat, "
			       "fidelity", ask->table);
	if (is_csv(ask) && !ask->table && !ask->output)
		return err_set(e, ERR_USAGE, "--format csv is a file for each table: say -o FOLDER, or --table NAME for one of them");
	return 0;
}

static int parse(int argc, char **argv, struct ask *ask, struct err *e)
{
	const struct opt opts[] = {
		{ 0, "format", OPT_TEXT, &ask->format },
		{ 0, "table", OPT_TEXT, &ask->table },
		{ 'o', "output", OPT_TEXT, &ask->output },
		RUNS_OPTS(ask->runs),
	};
	int first = opts_parse(argc, argv, opts, ARRAY_SIZE(opts), e);
	int rc = first < 0 ? first : opts_positional(argc, first, 1, 1, "one results database", e);

	if (rc)
		return rc;
	if (!ask->format)
		return err_set(e, ERR_USAGE, "what to export: --format csv, json or openmetrics of a database, or --trace-dat FILE of a run");
	ask->database = argv[first];
	return check(ask, e);
}

static int write_one(struct db *db, const struct ask *ask, const char *table, FILE *out, struct err *e)
{
	if (is_csv(ask))
		return export_csv(db, table, out, e);
	return !strcmp(ask->format, "json") ? export_json(db, out, e) : export_openmetrics(db, out, e);
}

/* Into memory first: a file is there whole or not at all. */
static int in_memory(struct db *db, const struct ask *ask, const char *table, char **text, size_t *len, struct err *e)
{
	FILE *out = open_memstream(text, len);
	int rc;

	if (!out)
		return err_sys(e, errno, "memory", "open");
	rc = write_one(db, ask, table, out, e);
	if (fclose(out) && !rc)
		rc = err_set(e, ERR_MACHINE, "out of memory; choose fewer runs");
	return rc;
}

static int write_folder(struct db *db, const struct ask *ask, struct err *e)
{
	struct outdir *o;
	int rc = outdir_open(ask->output, ".mmulab-export", "mmulab export", &o, e);

	for (size_t i = 0; !rc && i < export_nr_tables; i++) {
		char *name = xasprintf("%s.csv", export_tables[i]), *text = NULL;
		size_t len;

		rc = in_memory(db, ask, export_tables[i], &text, &len, e);
		if (!rc)
			rc = outdir_put(o, name, text, len, e);
		free(text);
		free(name);
		if (rc)
			outdir_abort(o);
	}
	return rc ? rc : outdir_commit(o, e);
}

static int write_file(struct db *db, const struct ask *ask, struct err *e)
{
	char *text = NULL;
	size_t len;
	int rc = in_memory(db, ask, ask->table, &text, &len, e);

	if (!rc)
		rc = outfile_put(ask->output, text, len, e);
	free(text);
	return rc;
}

static int export_all(const struct ask *ask, struct err *e)
{
	struct select_rule rule = runs_rule(&ask->runs);
	struct selection s = { 0 };
	struct db db = { 0 };
	int rc = db_open(ask->database, &db, e);

	rule.repeated = true;
	if (!rc && (rule.nr_runs || rule.trace || rule.nr_policies))
		rc = select_runs(&db, &rule, &s, e);
	if (!rc)
		rc = export_choose(&db, &s, e);
	if (!rc && !ask->output)
		rc = write_one(&db, ask, ask->table, stdout, e);
	else if (!rc)
		rc = ask->table || !is_csv(ask) ? write_file(&db, ask, e) : write_folder(&db, ask, e);
	selection_fini(&s);
	db_close(&db);
	return rc;
}

int export_db(int argc, char **argv, struct err *e)
{
	struct ask ask = { 0 };
	int rc = parse(argc, argv, &ask, e);

	if (!rc)
		rc = export_all(&ask, e);
	runs_fini(&ask.runs);
	return rc;
}
