/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output folders: whole, or as if nobody had tried; nobody's file is lost. */
#include "base/outdir.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "test/table.h"

#define LIST "list.txt"

struct row {
	const char	*name;
	const char	*before[4];	/* written by an earlier folder; none: there is no folder */
	const char	*foreign;	/* then added by somebody else: a file, or a folder where a '/' ends it */
	bool		 empty;		/* an empty folder is there */
	const char	*after[4];
	bool		 abort;
	int		 rc;
	const char	*want;		/* in the message */
	const char	*there, *gone;	/* afterwards */
};

static char top[] = "/tmp/outdir_test.XXXXXX";

static char *in_top(const char *name)
{
	return xasprintf("%s/%s", top, name);
}

static bool exists(const char *name)
{
	char *path = in_top(name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static int write_dir(const char *const *files, bool abort, struct err *e)
{
	char *path = in_top("site");
	struct outdir *o = NULL;
	int rc = outdir_open(path, LIST, "the test", &o, e);

	for (size_t i = 0; !rc && i < 4 && files[i]; i++)
		rc = outdir_put(o, files[i], files[i], strlen(files[i]), e);
	if (!rc && abort)
		outdir_abort(o);
	else if (!rc)
		rc = outdir_commit(o, e);
	free(path);
	return rc;
}

static void make_foreign(const char *name)
{
	char *path = in_top(name);

	if (path[strlen(path) - 1] == '/')
		assert_int_equal(mkdir(path, 0777), 0);
	else
		fclose(fopen(path, "w"));
	free(path);
}

static int system_in_top(const char *command)
{
	char *line = xasprintf("cd %s && %s", top, command);
	int rc = system(line);	/* NOLINT: a fixed text */

	free(line);
	return rc;
}

static void check(const void *arg)
{
	const struct row *r = arg;
	struct err e = { 0 };

	if (r->before[0])
		assert_int_equal(write_dir(r->before, false, &e), 0);
	if (r->empty)
		make_foreign("site/");
	if (r->foreign)
		make_foreign(r->foreign);
	assert_int_equal(write_dir(r->after, r->abort, &e), r->rc);
	if (r->want)
		assert_non_null(strstr(e.text, r->want));
	if (r->there)
		assert_true(exists(r->there));
	if (r->gone)
		assert_false(exists(r->gone));
	/* Nothing hidden is left, and everything that was written can be replaced again. */
	assert_int_equal(system_in_top("[ -z \"$(find . -name '.*.tmp')\" ]"), 0);
	if (!r->rc && !r->abort)
		assert_int_equal(write_dir(r->after, false, &e), 0);
	assert_int_equal(system_in_top("rm -rf site"), 0);
}

static const struct row rows[] = {
	{ .name = "a folder appears", .after = { "a", "b/c", "b/d" }, .there = "site/b/d" },
	{ .name = "its list too", .after = { "a" }, .there = "site/" LIST },
	{ .name = "a folder given up never was", .after = { "a", "b/c" }, .abort = true, .gone = "site" },
	{ .name = "a folder is replaced", .before = { "a" }, .after = { "b" }, .there = "site/b" },
	{ .name = "with all that was in it", .before = { "a", "b/c" }, .after = { "b" }, .gone = "site/b/c" },
	{ .name = "files change into folders", .before = { "a" }, .after = { "a/b" }, .there = "site/a/b" },
	{ .name = "given up, the old one stays", .before = { "a" }, .after = { "b" }, .abort = true,
	  .there = "site/a", .gone = "site/b" },
	{ .name = "an empty folder is taken", .empty = true, .after = { "a" }, .there = "site/a" },
	{ .name = "somebody's file is not removed", .before = { "a" }, .foreign = "site/x", .after = { "b" },
	  .rc = -ERR_INPUT, .want = "site/x: not written by the test", .there = "site/x", .gone = "site/b" },
	{ .name = "nor one in a folder of ours", .before = { "a/b" }, .foreign = "site/a/x", .after = { "b" },
	  .rc = -ERR_INPUT, .want = "site/a/x: not written by the test", .there = "site/a/x" },
	{ .name = "nor a folder that has no list", .empty = true, .foreign = "site/a", .after = { "a" },
	  .rc = -ERR_INPUT, .want = "site/a: not written by the test", .there = "site/a" },
	{ .name = "a file is no folder", .foreign = "site", .after = { "a" }, .rc = -ERR_INPUT,
	  .want = "not a folder", .there = "site" },
};

int main(void)
{
	int failed;

	if (!mkdtemp(top))
		return 1;
	failed = table_run("outdir", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
	rmdir(top);
	return failed;
}
