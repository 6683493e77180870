/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outputs of the kernel's own tests as runs of a database. */
#include "cmd/import_selftest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/verb.h"
#include "result/selftest.h"
#include "result/store.h"

#define TOLD_MAX	10	/* lines that say nothing known are told one by one */

struct unknown {
	const char   *file;
	unsigned long nr;
};

static void tell(void *arg, unsigned int number, const char *line)
{
	struct unknown *u = arg;

	if (u->nr++ < TOLD_MAX)
		fprintf(stderr, "mmulab import: %s:%u: not understood: %.100s\n", u->file, number, line);
}

static int check(const struct import_selftest *ask, struct err *e)
{
	if (!ask->db)
		return err_set(e, ERR_USAGE, "--selftest makes runs: say --db results.db");
	if (ask->arch && strcmp(ask->arch, "x86") && strcmp(ask->arch, "arm64"))
		return err_set(e, ERR_USAGE, "--arch %s: not one of x86, arm64", ask->arch);
	return 0;
}

static int read_all(const struct import_selftest *ask, struct selftests *out, struct err *e)
{
	const bool is_stdin = !strcmp(ask->file, "-");
	FILE *in = is_stdin ? stdin : fopen(ask->file, "r");
	struct unknown unknown = { .file = ask->file };
	size_t nr;

	if (!in)
		return err_sys(e, errno, ask->file, "open");
	nr = selftest_read(in, tell, &unknown, out);
	if (!is_stdin)
		fclose(in);
	if (unknown.nr > TOLD_MAX)
		fprintf(stderr, "mmulab import: %s: and %lu more lines\n", ask->file, unknown.nr - TOLD_MAX);
	if (!nr)
		return err_set(e, ERR_INPUT, "%s: no time in it that a performance test of the KVM selftests prints; "
			       "give the output of dirty_log_perf_test or another of docs/database.md", ask->file);
	return 0;
}

/* Outputs of one test with the same parameters are a trend over kernels. */
static int store(const struct import_selftest *ask, struct store *db, const struct selftest *t, struct err *e)
{
	char *trace = xasprintf("%s%s%s", t->test, *t->variant ? ":" : "", t->variant);
	char *command = ask->published ? xasprintf("%s (printed in %s)", *t->command ? t->command : t->test, ask->published)
				       : xstrdup(*t->command ? t->command : t->test);
	const struct store_run row = {
		.trace = trace, .trace_hash = t->hash, .arch = ask->arch ? ask->arch : "", .kernel = ask->kernel ? ask->kernel : "",
		.policy = "hardware", .policy_text = t->params, .costs_text = "", .host_text = "", .runtime = "hardware",
		.figures = ask->published ? "published" : "measured", .origin = "selftest",
		.subject = ask->kernel ? ask->kernel : "", .pacing = "asap", .command = command, .commit = mmulab_version(),
		.clones = 1, .assumed = "",
	};
	int64_t id;
	int rc = store_run(db, &row, &t->result, &id, e);

	if (!rc)
		printf("run %lld: %s, %s%s%s, %s\n", (long long)id, trace, row.arch, *row.arch ? " " : "",
		       ask->kernel ? ask->kernel : "unknown kernel", row.figures);
	free(trace);
	free(command);
	return rc;
}

int import_selftest(const struct import_selftest *ask, struct err *e)
{
	struct selftests all = { 0 };
	struct store *db = NULL;
	int rc = check(ask, e);

	if (!rc)
		rc = read_all(ask, &all, e);
	if (!rc)
		rc = store_open(ask->db, &db, e);
	for (size_t i = 0; !rc && i < all.nr; i++)
		rc = store(ask, db, &all.v[i], e);
	if (db)
		store_close(db);
	selftests_fini(&all);
	return rc;
}
