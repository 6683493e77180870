/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text form: both ways without loss, and what it refuses. */
#include "event/text.h"

#include "test/unit/event/sample.h"

#define HEADER "# tasks: [{\"tid\":7,\"comm\":\"a\"}]\n"

static char *print(const char *path, unsigned int classes)
{
	struct ev_file *f;
	struct err e = { 0 };
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (ev_open(path, 0, &f, &e) || ev_text_write(f, classes, out, &e))
		fail_msg("%s", e.text);
	fclose(out);
	ev_close(f);
	return text;
}

static int parse(const char *text, const char *path, struct err *e)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int ret;

	assert_non_null(in);
	ret = ev_text_read(in, "t.txt", path, e);
	fclose(in);
	return ret;
}

static const struct trip_row {
	const char	*name;
	struct shape	 shape;
} trip_rows[] = {
	{ "all kinds, arbitrary payloads", { 4, 2000, 0, 1000, 1 } },
	{ "hours between records", { 2, 30, 0, 3600ULL * 1000000000, 1 } },
	{ "no records", { 3, 0, 0, 0, 1 } },
};

static void check_trip(const void *arg)
{
	const struct shape *s = &((const struct trip_row *)arg)->shape;
	char dir[] = "/tmp/text_test.XXXXXX", *first, *second, *text, *again;
	struct err e = { 0 };

	assert_non_null(mkdtemp(dir));
	first = xasprintf("%s/1.mmt", dir);
	second = xasprintf("%s/2.mmt", dir);
	sample_write(first, s);
	text = print(first, 3);
	if (parse(text, second, &e))
		fail_msg("%s", e.text);
	assert_int_equal(sample_read(second, 0, s, NULL, &e), (int64_t)s->nr_tasks * s->records * EV_NR_CLASSES);
	again = print(second, 3);
	assert_string_equal(text, again);	/* the dictionary as well */
	unlink(first);
	unlink(second);
	assert_int_equal(rmdir(dir), 0);
	free(first);
	free(second);
	free(text);
	free(again);
}

static const struct bad_row {
	const char	*name;
	const char	*text;
	const char	*want;		/* after "t.txt:" */
} bad_rows[] = {
	{ "half a record", HEADER "12 0 access\n",
	  "2: '12' is not a record: TIME_NS TASK KIND FLAGS key=value ..." },
	{ "a time that is a word", HEADER "soon 0 access -\n", "2: 'soon' is no time in nanoseconds" },
	{ "a negative time", HEADER "-1 0 access -\n", "2: '-1' is no time in nanoseconds" },
	{ "a time above 64 bits", HEADER "18446744073709551616 0 access -\n",
	  "2: '18446744073709551616' is no time in nanoseconds" },
	{ "a task the dictionary does not have", HEADER "1 1 access -\n",
	  "2: '1' is no task of the dictionary ('# tasks: [...]' above the records)" },
	{ "no dictionary at all", "1 0 access -\n",
	  "1: '0' is no task of the dictionary ('# tasks: [...]' above the records)" },
	{ "a kind that is none", HEADER "1 0 acces -\n", "2: 'acces' is no kind of record" },
	{ "a flag of another kind", HEADER "\n1 0 access w,young\n", "3: 'w' is no flag of this kind" },
	{ "a field of another kind", HEADER "1 0 access - old=1\n", "2: 'old' is no field of this kind" },
	{ "a value that is no number", HEADER "1 0 access - gfn=abc\n", "2: 'gfn' has no such value" },
	{ "a value that is no result", HEADER "1 0 access - result=fine\n", "2: 'result' has no such value" },
	{ "a value above its field", HEADER "1 0 access - gfn=0x10000000000\n", "2: 'gfn' is too large" },
	{ "a word that is no field", HEADER "1 0 access - gfn\n", "2: 'gfn' is not key=value" },
	{ "a VM above 16 bits", HEADER "1 0 access - vm=65536\n", "2: '65536' is no VM of the dictionary ('# vms: [...]' above the records)" },
	{ "a VM the dictionary does not have", HEADER "# vms: [{}]\n1 0 access - vm=1\n",
	  "3: '1' is no VM of the dictionary ('# vms: [...]' above the records)" },
	{ "time that steps back", HEADER "9 0 access -\n8 0 access -\n",
	  "3: OUT: record of task 0: time steps back" },
	{ "a member that is no JSON", "# tasks: [\n", "1: value of 'tasks': ']' expected near end of file" },
	{ "a member without a colon", "# tasks\n",
	  "1: '# tasks' is neither '# member: JSON' nor a remark, which begins with ##" },
	{ "a member that stands twice", HEADER HEADER, "2: 'tasks' stands twice in the dictionary" },
	{ "a member of the wrong type", "# nr_cpus: \"four\"\n",
	  " dictionary: value of 'nr_cpus' is not what it should be" },
	{ "a word that is none of the known", "# arch: \"vax\"\n",
	  " dictionary: value of 'arch' is not what it should be" },
	{ "a page size that KVM does not have", "# page_shift: 64\n",
	  " dictionary: page_shift 64 is none that KVM has" },
	{ "tasks that are no array", "# tasks: 5\n", " dictionary: 'tasks' is not an array" },
};

static void check_bad(const void *arg)
{
	const struct bad_row *row = arg;
	char dir[] = "/tmp/text_test.XXXXXX", *path, *found, got[1024];
	struct err e = { 0 };

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/x.mmt", dir);
	assert_int_equal(parse(row->text, path, &e), -ERR_INPUT);
	found = strstr(e.text, path);		/* "OUT" stands for the output's path */
	if (found)
		snprintf(got, sizeof(got), "%.*sOUT%s", (int)(found - e.text), e.text, found + strlen(path));
	else
		snprintf(got, sizeof(got), "%s", e.text);
	assert_memory_equal(got, "t.txt:", 6);
	assert_string_equal(got + 6, row->want);
	assert_int_equal(rmdir(dir), 0);	/* no output was left */
	free(path);
}

/* What a person would write by hand, and how the lab prints it. */
static void by_hand(void **state)
{
	static const char text[] =
		"## a remark\n"
		"# tasks: [{\"tid\":7,\"comm\":\"cpu \\u0007\"}]\n"
		"# vms: [{},{},{}]\n"
		"# made_later: {\"by\": \"a newer version\"}\n"
		"\n"
		"5 0 access w,p gfn=0x10 attempts=2 result=fixed pfn=77\n"
		"6 0 memslot - gfn=0 id=1 change=create npages=512 hva=0x7f0000000000 vm=2\r\n"
		"6 0 pin - pin=stale value=0x1\n"
		"6 0 mem_attr private gfn=0x40000 count=512\n"
		"7 0 punch_hole - gfn=0x40000 count=0x10 slot=3\n"
		"7 0 op 0x3 op=fault result=99 vm=65535\n";
	static const char want[] =
		"5 0 access w,p gfn=0x10 attempts=2 pfn=0x4d result=fixed guest_ns=0 service_ns=0\n"
		"6 0 memslot - vm=2 gfn=0x0 id=1 change=create npages=0x200 kvm_flags=0x0 hva=0x7f0000000000\n"
		"6 0 mem_attr private gfn=0x40000 count=0x200\n"
		"6 0 pin - pin=stale value=0x1\n"
		"7 0 punch_hole - gfn=0x40000 slot=3 count=0x10\n"
		"7 0 op 0x3 vm=65535 op=fault gfn=0x0 result=0x63 span_ns=0 stimulus=0\n";
	char path[] = "/tmp/text_test.XXXXXX", *got;
	struct err e = { 0 };

	close(mkstemp(path));
	if (parse(text, path, &e))
		fail_msg("%s", e.text);
	got = print(path, 3);
	unlink(path);
	assert_non_null(strstr(got, "\"comm\":\"cpu \\u0007\""));
	assert_string_equal(strstr(got, "\n5 ") + 1, want);
	free(got);
}

static void one_class_and_one_task(void **state)
{
	const struct shape s = { 3, 100, 0, 10, 1 };
	char path[] = "/tmp/text_test.XXXXXX", *text, *line;
	struct ev_file *f;
	unsigned int n = 0;
	size_t size;
	FILE *out;

	close(mkstemp(path));
	sample_write(path, &s);
	assert_int_equal(ev_open(path, 0, &f, NULL), 0);
	unlink(path);
	out = open_memstream(&text, &size);
	assert_int_equal(ev_text_write_task(f, 1u << EV_OBSERVATION, 1, out, NULL), 0);
	fclose(out);
	ev_close(f);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned int task;
		char kind[64];

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%*u %u %63s", &task, kind), 2);
		assert_int_equal(task, 1);
		assert_true(ev_kind_parse(kind) >= OBS_FIRST);
		n++;
	}
	assert_int_equal(n, s.records);
	free(text);
}

static void a_full_device_is_said(void **state)
{
	const struct shape s = { 1, 5000, 0, 10, 1 };
	struct image im;
	struct ev_file *f;
	struct err e = { 0 };
	FILE *out = fopen("/dev/full", "w");

	if (!out)
		skip();
	image_open(&im, &s);
	assert_int_equal(ev_open(im.path, 0, &f, NULL), 0);
	assert_int_equal(ev_text_write(f, 3, out, &e), -ERR_MACHINE);
	assert_string_equal(e.text, "output: cannot write: No space left on device");
	fclose(out);
	ev_close(f);
	image_close(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(one_class_and_one_task),
		cmocka_unit_test(a_full_device_is_said),
	};

	return table_run("text round trip", trip_rows, ARRAY_SIZE(trip_rows), sizeof(trip_rows[0]), check_trip) |
	       table_run("bad text", bad_rows, ARRAY_SIZE(bad_rows), sizeof(bad_rows[0]), check_bad) |
	       cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
