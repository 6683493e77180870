/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of a database on their way into scripts: numbered once, quoted always. */
#include "analysis/jstext.h"

#include "analysis/intern.h"
#include "base/alloc.h"
#include "test/table.h"

struct row {
	const char *name, *text, *want;
};

static void quotes(const void *arg)
{
	const struct row *r = arg;
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	jstext(out, r->text);
	fclose(out);
	assert_string_equal(got, r->want);
	free(got);
}

static const struct row rows[] = {
	{ "a word", "x86-6.12", "\"x86-6.12\"" },
	{ "nothing", "", "\"\"" },
	{ "quotes and backslashes", "a\"b\\c", "\"a\\u0022b\\u005cc\"" },
	{ "lines and tabs", "a\nb\tc", "\"a\\u000ab\\u0009c\"" },
	{ "the end of a script", "</script>&", "\"\\u003c/script>\\u0026\"" },
	{ "letters of two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7\"" },
	{ "a byte that begins nothing", "a\xff" "b", "\"a\\ufffdb\"" },
	{ "half a letter at the end", "a\xe2\x82", "\"a\\ufffd\\ufffd\"" },
	{ "a letter written too long", "\xc0\xaf", "\"\\ufffd\\ufffd\"" },
	{ "half a pair of UTF-16", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "beyond Unicode", "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
};

/* Numbers are those of first use, through every growth of the table. */
static int numbers(void)
{
	struct intern t = { 0 };
	char text[16];
	int bad = 0;

	for (int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "text %u", i);
			bad |= intern(&t, text) != i;
		}
	}
	bad |= t.nr != 5000 || strcmp(t.v[4711], "text 4711") != 0;
	intern_fini(&t);
	printf("%sok 1 - texts are numbered once, in the order they came\n", bad ? "not " : "");
	return bad;
}

int main(void)
{
	return numbers() | table_run("texts", rows, ARRAY_SIZE(rows), sizeof(rows[0]), quotes);
}
