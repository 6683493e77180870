// SPDX-License-Identifier: GPL-2.0-or-later
/* Format files: what is read from them, and what is noticed when they are damaged. */
#include "capture/formats.h"

#include <stdio.h>

#include "test/table.h"

#define COMMON \
	"format:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define HEAD "name: kvm_entry\nID: 12\n" COMMON

static const struct {
	const char *name;
	const char *text;
	const char *field;	/* asked for */
	const char *want;	/* "offset size flags", flags of s(igned) d(ynamic) r(elative); "-": not there */
	const char *wrong;	/* part of what the damage list says; "": nothing */
} rows[] = {
	{ "a number", HEAD "\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n", "vcpu_id", "8 4 ", "" },
	{ "a signed one", HEAD "\tfield:int err;\toffset:8;\tsize:4;\tsigned:1;\n", "err", "8 4 s", "" },
	{ "a common field", HEAD, "common_pid", "4 4 s", "" },
	{ "an array", HEAD "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n", "comm", "8 16 ", "" },
	{ "an array without a length", HEAD "\tfield:char buf[];\toffset:8;\tsize:0;\tsigned:0;\n", "buf", "8 0 ", "" },
	{ "an array of arrays", HEAD "\tfield:u8 m[2][4];\toffset:8;\tsize:8;\tsigned:0;\n", "m", "8 8 ", "" },
	{ "a pointer", HEAD "\tfield:struct kvm * kvm;\toffset:8;\tsize:8;\tsigned:0;\n", "kvm", "8 8 ", "" },
	{ "a text elsewhere in the record", HEAD "\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;\n", "name",
	  "8 4 d", "" },
	{ "a text that counts from the field's end", HEAD "\tfield:__rel_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;\n",
	  "name", "8 4 dr", "" },
	{ "no sign told, as by old kernels", HEAD "\tfield:u64 gfn;\toffset:8;\tsize:8;\n", "gfn", "8 8 ", "" },
	{ "a field it does not have", HEAD, "gfn", "-", "" },
	{ "packed fields of a probe", HEAD "\tfield:u8 a;\toffset:8;\tsize:1;\tsigned:0;\n"
	  "\tfield:u32 b;\toffset:9;\tsize:4;\tsigned:0;\n", "b", "9 4 ", "" },
	{ "what stands in the print format is no field", HEAD "\nprint fmt: \"\\n\tfield:u64 x;\toffset:8;\tsize:8;\", 1\n", "x", "-", "" },
	{ "a print format that names a field", HEAD "\tfield:u64 gfn;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"%d\", REC->gfn\n",
	  "gfn", "8 8 ", "" },
	{ "a print format that names another", HEAD "\tfield:u64 gfo;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"%d\", REC->gfn\n",
	  "gfo", "8 8 ", "a field it does not have" },
	{ "a line cut short", HEAD "\tfield:u64 gfn;\toffset:8;\tsize:8;\tsig", "gfn", "-", "cannot be read" },
	{ "a line without a name", HEAD "\tfield:;\toffset:8;\tsize:8;\tsigned:0;\n", "gfn", "-", "cannot be read" },
	{ "a number too large", HEAD "\tfield:u64 gfn;\toffset:99999999999999999999;\tsize:8;\tsigned:0;\n", "gfn", "-", "cannot be read" },
	{ "fields over one another", HEAD "\tfield:u64 gfn;\toffset:7;\tsize:8;\tsigned:0;\n", "gfn", "7 8 ", "one over the other" },
	{ "fields apart", HEAD "\tfield:u64 gfn;\toffset:80;\tsize:8;\tsigned:0;\n", "gfn", "80 8 ", "or apart" },
	{ "no name", "nam: kvm_entry\nID: 12\n" COMMON, "common_pid", "-", "without a name" },
	{ "no number", "name: kvm_entry\nID: x\n" COMMON, "common_pid", "-", "without a name" },
	{ "a number beyond 16 bits", "name: kvm_entry\nID: 65548\n" COMMON, "common_pid", "-", "without a name" },
	{ "nothing", "", "common_pid", "-", "without a name" },
	{ "no field", "name: kvm_entry\nID: 12\nformat:\n", "common_pid", "-", "no field" },
	{ "its common fields elsewhere", "name: kvm_entry\nID: 12\nformat:\n"
	  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	  "\tfield:int common_pid;\toffset:2;\tsize:4;\tsigned:1;\n", "common_pid", "2 4 s", "not those of the others" },
};

static void note(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	char *said = arg;

	assert_int_equal(cpu, SOURCE_NO_CPU);
	assert_true(n > 0);
	strncat(said, what, 255 - strlen(said));
}

static void add_others(struct formats *f)
{
	static const char a[] = "name: a\nID: 1\n" COMMON, b[] = "name: b\nID: 2\n" COMMON;

	formats_add(f, "kvm", a, strlen(a));
	formats_add(f, "kvm", b, strlen(b));
}

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	struct source s = { 0 };
	struct source_field at;
	struct formats f;
	char got[64] = "-", said[256] = "";

	formats_init(&f, &s, true);
	add_others(&f);
	formats_add(&f, "kvm", row->text, strlen(row->text));
	assert_true(formats_finish(&f));
	assert_int_equal(f.pid_offset, 4);
	if (formats_field(&f, formats_event(&f, 12), row->field, &at)) {
		snprintf(got, sizeof(got), "%u %u %s%s%s", at.offset, at.size, at.is_signed ? "s" : "",
			 at.is_dynamic ? "d" : "", at.is_relative ? "r" : "");
		assert_true(at.swap);
	}
	formats_damage(&f, note, said);
	assert_string_equal(got, row->want);
	if (*row->wrong ? !strstr(said, row->wrong) : *said)
		fail_msg("said \"%s\"", said);
	formats_fini(&f);
}

/* Every bit of a text flipped, and every length cut: the sanitizers watch. */
static void damaged_text(void **state)
{
	static const char text[] = HEAD "\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:0;\n"
		"\tfield:u8 buf[4];\toffset:12;\tsize:4;\tsigned:0;\n\nprint fmt: \"%s %d\", __get_str(name), REC->buf[0]\n";

	for (size_t bit = 0; bit < 9 * sizeof(text); bit++) {
		size_t len = bit < 8 * sizeof(text) ? sizeof(text) - 1 : bit - 8 * sizeof(text);
		struct source s = { 0 };
		struct formats f;
		char *copy = malloc(len);

		memcpy(copy, text, len);
		if (bit / 8 < len)
			copy[bit / 8] ^= 1 << bit % 8;
		formats_init(&f, &s, false);
		formats_add(&f, "kvm", copy, len);
		formats_finish(&f);
		formats_fini(&f);
		free(copy);
	}
}

static void numbers(void **state)
{
	static const char again[] = "name: c\nID: 2\n" COMMON;
	struct source s = { 0 };
	char said[256] = "";
	struct formats f;

	formats_init(&f, &s, false);
	assert_false(formats_finish(&f));
	add_others(&f);
	add_others(&f);		/* the same once more is nothing to tell */
	assert_int_equal(s.nr_events, 2);
	formats_damage(&f, note, said);
	assert_string_equal(said, "");
	formats_add(&f, "kvm", again, strlen(again));
	formats_damage(&f, note, said);
	assert_string_equal(said, "event numbers with two formats");
	assert_int_equal(formats_event(&f, 2), 1);
	assert_true(formats_known(&f, 1));
	assert_int_equal(formats_event(&f, 77), 2);
	assert_string_equal(s.events[2].name, "event 77");
	assert_false(formats_known(&f, 2));
	formats_fini(&f);
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(damaged_text), cmocka_unit_test(numbers) };

	return table_run("formats", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       cmocka_run_group_tests_name("formats, more", more, NULL, NULL);
}
