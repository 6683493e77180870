/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trace.dat writer: our reader and libtracecmd find every record that was put in, and what the kernel counted. */
#include "capture/out/datout.h"

#include <stdio.h>
#include <unistd.h>

#include "capture/dat.h"
#include "capture/source.h"
#include "test/unit/capture/digest.h"

#define PAGE		4096u
#define EVENT_ID	301
#define CPUS_MAX	4

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

#define COMMON \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const struct datout_event ftrace[] = {
	{ "ftrace", "name: print\nID: 5\nformat:\n" COMMON
	  "\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\n"
	  "print fmt: \"%s\", REC->buf\n" },
};
static const struct datout_event events[] = {
	{ "kvm", "name: kvm_thing\nID: 301\nformat:\n" COMMON
	  "\tfield:u64 n;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"n=%llu\", REC->n\n" },
	{ "kvm", "name: kvm_other\nID: 302\nformat:\n" COMMON "\nprint fmt: \"\"\n" },
	{ "kvmmmu", "name: kvm_third\nID: 303\nformat:\n" COMMON "\nprint fmt: \"\"\n" },
};

static const struct {
	const char *name;
	uint32_t    nr_cpus;
	uint32_t    pages[CPUS_MAX];	/* of each CPU */
	uint32_t    per_page;		/* records */
	bool	    symbols;		/* kallsyms and printk formats; NULL otherwise */
} cases[] = {
	{ "one page of one CPU",		1, { 1 }, 3, true },
	{ "several pages of several CPUs",	3, { 2, 5, 1 }, 100, true },
	{ "CPUs without data in between",	4, { 0, 2, 0, 1 }, 7, true },
	{ "no symbols, no printk formats",	2, { 1, 1 }, 1, false },
};

/* Records of 16 bytes, 1 us apart; CPUs' times interleave. */
static void make_page(uint8_t *page, uint64_t ts_ns, uint32_t n, uint64_t first)
{
	uint64_t used = 20ULL * n;

	memset(page, 0, PAGE);
	memcpy(page, &ts_ns, 8);
	memcpy(page + 8, &used, 8);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *p = page + 16 + 20 * i;
		uint32_t word = 4 | (i ? 1000u : 0) << 5;
		uint16_t id = EVENT_ID;
		uint64_t value = first + i;

		memcpy(p, &word, 4);
		memcpy(p + 4, &id, 2);
		memcpy(p + 12, &value, 8);
	}
}

static void make_file(const char *path, size_t row)
{
	uint64_t bytes[CPUS_MAX], n = 0;
	char text[CPUS_MAX][160];
	const char *stats[CPUS_MAX];
	struct datout_head h = {
		.header_page = header_page, .header_event = "# compressed entry header\n",
		.ftrace = ftrace, .nr_ftrace = ARRAY_SIZE(ftrace), .events = events, .nr_events = ARRAY_SIZE(events),
		.kallsyms = cases[row].symbols ? "ffffffff81000000 T startup_64\n" : NULL,
		.printk_formats = cases[row].symbols ? "0xffffffff82000000 : \"thing\"\n" : NULL,
		.cmdlines = "1 init\n77 vcpu\n", .clocks = "local [mono] boot\n", .uname = "Linux host 6.12.9 x86_64",
		.program = "mmulab", .cpu_stats = stats, .page_size = PAGE, .nr_cpus = cases[row].nr_cpus,
	};
	struct outfile *o;
	struct err e;
	uint8_t page[PAGE];

	for (uint32_t cpu = 0; cpu < h.nr_cpus; cpu++) {
		bytes[cpu] = (uint64_t)cases[row].pages[cpu] * PAGE;
		snprintf(text[cpu], sizeof(text[cpu]), "entries: 0\noverrun: %u\ncommit overrun: 0\nbytes: 0\n"
			 "dropped events: %u\nread events: %u\n", 10 + cpu, 20 + cpu,
			 cases[row].pages[cpu] * cases[row].per_page);
		stats[cpu] = text[cpu];
	}
	assert_int_equal(outfile_open(path, &o, &e), 0);
	assert_int_equal(datout_head(o, &h, bytes, &e), 0);
	for (uint32_t cpu = 0; cpu < h.nr_cpus; cpu++) {
		for (uint32_t i = 0; i < cases[row].pages[cpu]; i++, n += cases[row].per_page) {
			make_page(page, 1000000ULL * (i + 1) + cpu, cases[row].per_page, n);
			assert_int_equal(outfile_write(o, page, PAGE, &e), 0);
		}
	}
	assert_int_equal(outfile_commit(o, &e), 0);
}

static void check_head(const char *path, size_t row)
{
	struct dat *d;
	struct err e;

	assert_int_equal(dat_open(path, &d, &e), 0);
	assert_int_equal(d->version, 6);
	assert_int_equal(d->nr_notes, 0);
	assert_string_equal(d->clock_name, "mono");
	assert_string_equal(d->uname, "Linux host 6.12.9 x86_64");
	assert_int_equal(d->nr_formats, ARRAY_SIZE(ftrace) + ARRAY_SIZE(events));
	assert_memory_equal(d->cmdlines, "1 init\n77 vcpu\n", d->cmdlines_len);
	assert_int_equal(d->nr_stats, cases[row].nr_cpus);
	for (uint32_t cpu = 0; cpu < d->nr_stats; cpu++) {
		assert_int_equal(d->stats[cpu].overrun, 10 + cpu);
		assert_int_equal(d->stats[cpu].dropped, 20 + cpu);
	}
	dat_close(d);
}

static void check(const void *r)
{
	size_t row = (typeof(&cases[0]))r - cases;
	char path[] = "/tmp/datout_XXXXXX";
	struct digest d = { 0 };
	struct source_record rec;
	struct source *s;
	struct err e = { 0 };
	uint64_t want = 0;

	close(mkstemp(path));
	make_file(path, row);
	check_head(path, row);
	assert_int_equal(source_open(path, &s, &e), 0);
	while (s->ops->next(s, &rec, &e) > 0)
		digest_add(&d, rec.ts_ns, rec.cpu, rec.data, rec.size);
	source_close(s);
	for (uint32_t cpu = 0; cpu < cases[row].nr_cpus; cpu++)
		want += cases[row].pages[cpu] * cases[row].per_page;
	assert_int_equal(d.n, want);
	digest_equal(d, digest_by_libtracecmd(path));
	unlink(path);
}

int main(void)
{
	return table_run("trace.dat writer", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
