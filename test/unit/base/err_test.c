/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line, one exit status. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "base/types.h"
#include "test/table.h"

static const struct row {
	const char	*name;
	int		 errnum;
	enum err_exit	 exit;
	const char	*want;
} rows[] = {
	{ "a name that is not there is bad input", ENOENT, ERR_INPUT, "F: cannot read: No such file or directory" },
	{ "a directory is bad input", EISDIR, ERR_INPUT, "F: cannot read: Is a directory" },
	{ "a file as directory is bad input", ENOTDIR, ERR_INPUT, "F: cannot read: Not a directory" },
	{ "too many links is bad input", ELOOP, ERR_INPUT, "F: cannot read: Too many levels of symbolic links" },
	{ "a long name is bad input", ENAMETOOLONG, ERR_INPUT, "F: cannot read: File name too long" },
	{ "rights are the machine", EACCES, ERR_MACHINE, "F: cannot read: Permission denied" },
	{ "a full disk is the machine", ENOSPC, ERR_MACHINE, "F: cannot read: No space left on device" },
	{ "a failing disk is the machine", EIO, ERR_MACHINE, "F: cannot read: Input/output error" },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct err e = { 0 };

	assert_int_equal(err_sys(&e, row->errnum, "F", "read"), -(int)row->exit);
	assert_int_equal(e.exit, row->exit);
	assert_string_equal(e.text, row->want);
	assert_int_equal(err_sys(NULL, row->errnum, "F", "read"), -(int)row->exit);
}

static void long_text_is_cut(void **state)
{
	char text[3000];
	struct err e;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	assert_int_equal(err_set(&e, ERR_USAGE, "%s", text), -ERR_USAGE);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(long_text_is_cut) };

	return table_run("err_sys", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       cmocka_run_group_tests_name("err_set", tests, NULL, NULL);
}
