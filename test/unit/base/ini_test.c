/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files: what is read, and where an error is said to be. */
#include "base/ini.h"

#include <stdio.h>
#include <unistd.h>

#include "base/types.h"
#include "test/table.h"

#define TEXT190 \
	"0123456789012345678901234567890123456789012345678901234567890123456789" \
	"0123456789012345678901234567890123456789012345678901234567890123456789" \
	"01234567890123456789012345678901234567890123456789"

struct row {
	const char	*name;
	const char	*text;
	int		 ret;
	const char	*want;		/* "section.name=value@line;" each, or the error after FILE: */
};

static const struct row rows[] = {
	{ "assignments come in order with their lines", "a = 1\n[s]\nb=2\n", 0, ".a=1@1;s.b=2@3;" },
	{ "comments and blank lines count", "# x\n\n; y\na = 1 ; why\n", 0, ".a=1@4;" },
	{ "an indented line stands for itself", "a = 1\n  b = 2\n", 0, ".a=1@1;.b=2@2;" },
	{ "a last line without newline", "[s]\na = 1", 0, "s.a=1@2;" },
	{ "carriage returns are blanks", "a = 1\r\nb = 2\r\n", 0, ".a=1@1;.b=2@2;" },
	{ "an empty value is a value", "a =\n", 0, ".a=@1;" },
	{ "an empty file has nothing", "", 0, "" },
	{ "a long comment is no harm", "# " TEXT190 TEXT190 "\na = 1\n", 0, ".a=1@2;" },
	{ "a line without '='", "a = 1\nword\nb = 2\n", -ERR_INPUT, ":2: neither [section] nor name = value" },
	{ "the first of two bad lines", "x\na = stop\n", -ERR_INPUT, ":1: neither [section] nor name = value" },
	{ "a bracket that stays open", "[s\na = 1\n", -ERR_INPUT, ":1: neither [section] nor name = value" },
	{ "no name", "a = 1\n= 2\n", -ERR_INPUT, ":2: no name before '='" },
	{ "a line longer than the library keeps", "a = " TEXT190 "01234567890\n", -ERR_INPUT,
	  ":1: line is too long; 190 characters is the limit" },
	{ "a section longer than the library keeps", "[0123456789012345678901234567890123456789012345678]\n",
	  -ERR_INPUT, ":1: section name is too long or its ']' is missing" },
	{ "the caller's own error comes back", "a = 1\nb = stop\nc = 3\n", -ERR_USAGE, ":2: stopped" },
};

struct seen {
	char	text[1024];
	size_t	len;
};

static int note(void *arg, const char *section, const char *name, const char *value, const char *where,
		struct err *e)
{
	struct seen *s = arg;

	if (!strcmp(value, "stop"))
		return err_set(e, ERR_USAGE, "%s: stopped", where);
	s->len += snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s.%s=%s@%s;", section, name, value,
			   strrchr(where, ':') + 1);
	return 0;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	char path[] = "/tmp/ini_test.XXXXXX";
	int fd = mkstemp(path);
	struct seen seen = { 0 };
	struct err e = { 0 };
	int ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, row->text, strlen(row->text)), strlen(row->text));
	close(fd);
	ret = ini_read(path, note, &seen, &e);
	unlink(path);
	assert_int_equal(ret, row->ret);
	if (ret) {
		assert_int_equal(e.exit, -ret);
		assert_memory_equal(e.text, path, strlen(path));
		assert_string_equal(e.text + strlen(path), row->want);
	} else {
		assert_string_equal(seen.text, row->want);
	}
}

static const struct near_row {
	const char	*name;
	const char	*word;
	const char	*want;
} near_rows[] = {
	{ "one letter too few", "fault.lok", "fault.lock" },
	{ "two letters exchanged", "age.lcok", "age.lock" },
	{ "the same word", "age.lock", "age.lock" },
	{ "nothing is near", "zzzzzzzz", NULL },
	{ "an empty word is near nothing", "", NULL },
};

static void check_near(const void *arg)
{
	static const char *const words[] = { "fault.lock", "age.lock", "yield" };
	const struct near_row *row = arg;
	const char *got = ini_nearest(row->word, words, ARRAY_SIZE(words));

	if (row->want) {
		assert_non_null(got);
		assert_string_equal(got, row->want);
	} else {
		assert_null(got);
	}
}

static const struct absent_row {
	const char	*name;
	const char	*path;
	const char	*want;
} absent_rows[] = {
	{ "a file that is not there", "/nonexistent/x.ini",
	  "/nonexistent/x.ini: cannot read: No such file or directory" },
	{ "a directory", "/tmp", "/tmp: cannot read: Is a directory" },
};

static void check_absent(const void *arg)
{
	const struct absent_row *row = arg;
	struct seen seen = { 0 };
	struct err e = { 0 };

	assert_int_equal(ini_read(row->path, note, &seen, &e), -ERR_INPUT);
	assert_string_equal(e.text, row->want);
}

int main(void)
{
	return table_run("ini", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       table_run("ini_nearest", near_rows, ARRAY_SIZE(near_rows), sizeof(near_rows[0]), check_near) |
	       table_run("ini absent", absent_rows, ARRAY_SIZE(absent_rows), sizeof(absent_rows[0]), check_absent);
}
