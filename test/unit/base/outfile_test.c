/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output files: whole, or as if nobody had tried. */
#include "base/outfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "test/table.h"

static char dir[] = "/tmp/outfile_test.XXXXXX";

static char *in_dir(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_content(const char *path, const char *want)
{
	char got[64] = { 0 };
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(got, 1, sizeof(got) - 1, f) == strlen(want));
	fclose(f);
	assert_string_equal(got, want);
}

/* Files in the directory, hidden ones included. */
static int nr_files(void)
{
	DIR *d = opendir(dir);
	int nr = 0;

	assert_non_null(d);
	while (readdir(d))
		nr++;
	closedir(d);
	return nr - 2;
}

static void empty_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
}

/* Overlay filesystems of older kernels, for one, do not. */
static bool knows_unnamed_files(void)
{
	int fd = open(dir, O_TMPFILE | O_RDWR, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void commit_makes_it(void **state)
{
	char *path = in_dir("new");
	struct outfile *o;

	assert_int_equal(outfile_open(path, &o, NULL), 0);
	assert_int_equal(outfile_write(o, "hello", 5, NULL), 0);
	assert_int_equal(outfile_size(o), 5);
	assert_int_equal(nr_files(), knows_unnamed_files() ? 0 : 1);
	assert_int_equal(outfile_commit(o, NULL), 0);
	assert_content(path, "hello");
	assert_int_equal(nr_files(), 1);
	free(path);
	empty_dir();
}

static void commit_replaces(void **state)
{
	char *path = in_dir("old");
	struct outfile *o;

	put(path, "before");
	assert_int_equal(outfile_open(path, &o, NULL), 0);
	assert_int_equal(outfile_write(o, "after", 5, NULL), 0);
	assert_content(path, "before");
	assert_int_equal(outfile_commit(o, NULL), 0);
	assert_content(path, "after");
	assert_int_equal(nr_files(), 1);
	free(path);
	empty_dir();
}

static void abort_leaves_all_as_it_was(void **state)
{
	char *path = in_dir("old");
	struct outfile *o;

	put(path, "before");
	assert_int_equal(outfile_open(path, &o, NULL), 0);
	assert_int_equal(outfile_write(o, "after", 5, NULL), 0);
	outfile_abort(o);
	outfile_abort(NULL);
	assert_content(path, "before");
	assert_int_equal(nr_files(), 1);
	free(path);
	empty_dir();
}

static void a_link_keeps_being_one(void **state)
{
	char *path = in_dir("real"), *name = in_dir("link");
	struct outfile *o;
	struct stat st;

	put(path, "before");
	assert_int_equal(symlink("real", name), 0);
	assert_int_equal(outfile_open(name, &o, NULL), 0);
	assert_int_equal(outfile_write(o, "after", 5, NULL), 0);
	assert_int_equal(outfile_commit(o, NULL), 0);
	assert_int_equal(lstat(name, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_content(path, "after");
	free(path);
	free(name);
	empty_dir();
}

static void a_full_disk_is_said(void **state)
{
	const struct rlimit small = { 1000, RLIM_INFINITY };
	char *path = in_dir("old"), data[4096] = { 0 };
	struct outfile *o;
	struct err e = { 0 };
	struct rlimit was;
	int ret;

	put(path, "before");
	assert_int_equal(outfile_open(path, &o, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	setrlimit(RLIMIT_FSIZE, &small);
	ret = outfile_write(o, data, sizeof(data), &e);
	setrlimit(RLIMIT_FSIZE, &was);
	outfile_abort(o);
	assert_int_equal(ret, -ERR_MACHINE);
	assert_memory_equal(e.text, path, strlen(path));
	assert_string_equal(e.text + strlen(path), ": cannot write: File too large");
	assert_content(path, "before");
	assert_int_equal(nr_files(), 1);
	free(path);
	empty_dir();
}

static void a_killed_writer_leaves_nothing(void **state)
{
	char *path = in_dir("new");
	int status;
	pid_t pid;

	if (!knows_unnamed_files())
		skip();
	pid = fork();
	if (pid == 0) {
		struct outfile *o;

		if (outfile_open(path, &o, NULL) || outfile_write(o, "half", 4, NULL))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(nr_files(), 0);
	free(path);
}

/* In a root without /proc the file has a hidden name until it is complete. */
static int write_named(bool commit)
{
	struct outfile *o;

	if (chroot(dir) || chdir("/"))
		return 77;
	if (outfile_open("x", &o, NULL) || outfile_write(o, "named", 5, NULL))
		return 1;
	if (access("x", F_OK) == 0)
		return 2;
	if (commit)
		return outfile_commit(o, NULL) ? 3 : 0;
	outfile_abort(o);
	return 0;
}

static void check_named(bool commit, int want_files)
{
	char *path = in_dir("x");
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(write_named(commit));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		free(path);
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(nr_files(), want_files);
	if (commit)
		assert_content(path, "named");
	free(path);
	empty_dir();
}

static void without_proc_commit_makes_it(void **state)
{
	check_named(true, 1);
}

static void without_proc_abort_leaves_nothing(void **state)
{
	check_named(false, 0);
}

static void what_cannot_be_replaced_is_refused(void **state)
{
	static const struct { const char *path, *want; int ret; } rows[] = {
		{ "/dev/null", "/dev/null: not a regular file; name a file to be made", -ERR_INPUT },
		{ "/tmp", "/tmp: cannot write: Is a directory", -ERR_INPUT },
		{ "/nonexistent/x", "/nonexistent/x: cannot create: No such file or directory", -ERR_INPUT },
		{ "/dev/null/x", "/dev/null/x: cannot write: Not a directory", -ERR_INPUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct outfile *o = NULL;
		struct err e = { 0 };

		assert_int_equal(outfile_open(rows[i].path, &o, &e), rows[i].ret);
		assert_string_equal(e.text, rows[i].want);
		assert_null(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commit_makes_it),
		cmocka_unit_test(commit_replaces),
		cmocka_unit_test(abort_leaves_all_as_it_was),
		cmocka_unit_test(a_link_keeps_being_one),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(a_killed_writer_leaves_nothing),
		cmocka_unit_test(without_proc_commit_makes_it),
		cmocka_unit_test(without_proc_abort_leaves_nothing),
		cmocka_unit_test(what_cannot_be_replaced_is_refused),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
