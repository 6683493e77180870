// SPDX-License-Identifier: GPL-2.0-or-later
/* What a latency tracer leaves in a trace.dat: the text reader's, in every version and packing. */
#include "capture/source.h"
#include "test/table.h"
#include "test/unit/capture/dat_make.h"

#define TEXT \
	"# tracer: wakeup\n#\n" \
	"       CPU 0/KVM-1234    [001] d..1.   100.000100: kvm_entry: vcpu 0, rip 0xfff0\n" \
	"       CPU 0/KVM-1234    [001] d..1.   100.000200: kvm_exit: vcpu 0 reason npf rip 0xfff0 info1 0x0 info2 0x0\n" \
	"          <idle>-0       [000] dN.3.   100.000300: sched_wakeup: comm=a pid=7 prio=120 target_cpu=000\n"

static const struct {
	const char *name;
	struct make make;
	const char *format;
} rows[] = {
	{ "version 6", { .version = 6, .latency = TEXT }, "trace.dat 6, text" },
	{ "version 6, big endian", { .version = 6, .latency = TEXT, .big = true }, "trace.dat 6, text" },
	{ "version 7", { .version = 7, .latency = TEXT }, "trace.dat 7, text" },
	{ "version 7, zstd", { .version = 7, .latency = TEXT, .codec = MAKE_ZSTD }, "trace.dat 7, text" },
	{ "version 7, zlib", { .version = 7, .latency = TEXT, .codec = MAKE_ZLIB }, "trace.dat 7, text" },
};

static void check(const void *arg)
{
	const typeof(rows[0]) *row = arg;
	char path[] = "/tmp/mmulab-text-XXXXXX";
	struct source_record rec;
	unsigned int n = 0;
	struct source *s;
	struct err e = { 0 };
	int ret;

	make_file(&row->make, path);
	ret = source_open(path, &s, &e);
	unlink(path);
	if (ret)
		fail_msg("%s", e.text);
	assert_string_equal(s->info.format, row->format);
	assert_string_equal(s->info.uname, "Linux host 6.12.1 x86_64");
	while ((ret = s->ops->next(s, &rec, &e)) > 0)
		n++;
	assert_int_equal(ret, 0);
	assert_int_equal(n, 3);
	source_close(s);
}

int main(void)
{
	return table_run("text in trace.dat", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
