/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring buffer pages: what is put in comes out of the reader of recordings, in order and at its time. */
#include "export/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/dat.h"
#include "capture/out/datout.h"
#include "capture/source.h"
#include "test/table.h"

#define EVENT_ID	301
#define COMMON \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const struct {
	const char *name;
	uint32_t    nr_cpus, nr;	/* records of each CPU but the second, which has none */
	uint64_t    step_ns;		/* between two of a CPU */
	uint32_t    back_every;		/* one in so many claims to be older; 0: none */
} cases[] = {
	{ "one record",					1, 1, 10, 0 },
	{ "a page and a bit",				1, 300, 10, 0 },
	{ "many pages of three CPUs, one of them idle",	3, 5000, 7, 0 },
	{ "further apart than 27 bits can say",		1, 50, 200000000, 0 },
	{ "two at one time",				1, 100, 0, 0 },
	{ "some are late, and get the time of those before", 1, 1000, 10, 10 },
};

static void put_all(struct pages *p, uint32_t nr_cpus, uint32_t nr, uint64_t step_ns, uint32_t back_every)
{
	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
			uint64_t t_ns = 1000000 + i * step_ns, record[2] = { EVENT_ID | (uint64_t)cpu << 32, i };

			if (cpu == 1)
				continue;
			if (back_every && i % back_every == back_every - 1)
				t_ns -= 2 * step_ns;
			pages_add(p, cpu, t_ns, record, sizeof(record));
		}
}

static void write_file(struct pages *p, uint32_t nr_cpus, const char *path)
{
	static const struct datout_event events[] = {
		{ "kvm", "name: kvm_thing\nID: 301\nformat:\n" COMMON
		  "\tfield:u64 n;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"n=%llu\", REC->n\n" },
	};
	const char *stats[3] = { "", "", "" };
	uint64_t bytes[3];
	struct datout_head h = {
		.header_page = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
			       "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
			       "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n",
		.header_event = "", .events = events, .nr_events = 1, .clocks = "[mono]", .uname = "Linux x 6.12.1 x86_64",
		.program = "test", .cpu_stats = stats, .page_size = PAGES_BYTES, .nr_cpus = nr_cpus,
	};
	struct outfile *o;
	struct err e;

	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++)
		bytes[cpu] = pages_bytes(p, cpu);
	assert_int_equal(outfile_open(path, &o, &e), 0);
	assert_int_equal(datout_head(o, &h, bytes, &e), 0);
	assert_int_equal(pages_append(p, o, &e), 0);
	assert_int_equal(outfile_commit(o, &e), 0);
}

static void read_back(const char *path, uint32_t row)
{
	uint64_t next[3] = { 0 }, last_ns[3] = { 0 }, nr = 0;
	struct source *s;
	struct source_record rec;
	struct err e;
	int ret;

	assert_int_equal(source_open(path, &s, &e), 0);
	while ((ret = s->ops->next(s, &rec, &e)) > 0) {
		uint64_t n;

		memcpy(&n, (const uint8_t *)rec.data + 8, 8);
		assert_int_equal(n, next[rec.cpu]++);
		assert_true(rec.ts_ns >= last_ns[rec.cpu]);
		if (!cases[row].back_every)
			assert_int_equal(rec.ts_ns, 1000000 + n * cases[row].step_ns);
		last_ns[rec.cpu] = rec.ts_ns;
		nr++;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(nr, (uint64_t)cases[row].nr * (cases[row].nr_cpus - (cases[row].nr_cpus > 1)));
	source_close(s);
}

static void check(const void *r)
{
	uint32_t row = (uint32_t)((typeof(&cases[0]))r - cases);
	char path[] = "/tmp/pages-test.XXXXXX";
	int fd = mkstemp(path);
	struct pages *p;
	struct err e;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(pages_open(path, cases[row].nr_cpus, &p, &e), 0);
	put_all(p, cases[row].nr_cpus, cases[row].nr, cases[row].step_ns, cases[row].back_every);
	assert_int_equal(pages_finish(p, &e), 0);
	assert_int_equal(pages_records(p, 0), cases[row].nr);
	assert_int_equal(pages_late(p), cases[row].back_every ? cases[row].nr / cases[row].back_every : 0);
	write_file(p, cases[row].nr_cpus, path);
	read_back(path, row);
	pages_close(p);
	unlink(path);
}

int main(void)
{
	return table_run("pages of a recording", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
