// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every layout a sample can have, in both forms and byte orders: whatever stands
 * around the raw data, they come out as ftrace would have them, in order of time.
 */
#include <stdio.h>
#include <unistd.h>

#include "capture/source.h"
#include "test/perf_writer.h"
#include "test/table.h"

#define BASE	(1 << 0 | 1 << 1 | 1 << 2 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 16)	/* what perf record asks for */
#define BARE	(1 << 2 | 1 << 10)
#define READ	(1 << 4)
#define CHAIN	(1 << 5)
#define BRANCH	(1 << 11)
#define ALL	((1 << 25) - 1)
#define ROUNDS	12
#define PER_CPU	7		/* samples of each CPU in each round */

static const struct layout {
	const char  *name;
	unsigned int flags;
	uint64_t     type, read_format, branch_type, second;	/* sample type of another event, 0: none */
	bool	     no_ids;
} rows[] = {
	{ "as perf record has it", 0, BASE },
	{ "nothing but time and data", 0, BARE, .no_ids = true },
	{ "with an address", 0, BASE | 1 << 3 },
	{ "the id where it once was", 0, (BASE | 1 << 6) & ~(1 << 16) },
	{ "the id at both places", 0, BASE | 1 << 6 },
	{ "with a stream id", 0, BASE | 1 << 9 },
	{ "without CPU, thread, address of code", 0, BASE & ~(1 << 0 | 1 << 1 | 1 << 7) },
	{ "read values, plain", 0, BASE | READ },
	{ "read values, times", 0, BASE | READ, .read_format = 3 },
	{ "read values, one time", 0, BASE | READ, .read_format = 2 },
	{ "read values, id", 0, BASE | READ, .read_format = 4 },
	{ "read values, lost", 0, BASE | READ, .read_format = 16 },
	{ "read values, id and lost", 0, BASE | READ, .read_format = 20 },
	{ "read values, a group", 0, BASE | READ, .read_format = 8 },
	{ "read values, a group with times", 0, BASE | READ, .read_format = 8 | 3 },
	{ "read values, a group with ids and lost", 0, BASE | READ, .read_format = 8 | 20 },
	{ "read values, a group with everything", 0, BASE | READ, .read_format = 31 },
	{ "a call chain", 0, BASE | CHAIN },
	{ "a branch stack", 0, BASE | BRANCH },
	{ "a branch stack with its index", 0, BASE | BRANCH, .branch_type = 1 << 17 },
	{ "a branch stack with counters", 0, BASE | BRANCH, .branch_type = 1 << 19 | 1 << 18 },
	{ "user registers", 0, BASE | 1 << 12 },
	{ "user stack", 0, BASE | 1 << 13 },
	{ "weight", 0, BASE | 1 << 14 },
	{ "data source", 0, BASE | 1 << 15 },
	{ "transaction", 0, BASE | 1 << 17 },
	{ "interrupted registers", 0, BASE | 1 << 18 },
	{ "physical address", 0, BASE | 1 << 19 },
	{ "aux data", 0, BASE | 1 << 20 },
	{ "cgroup", 0, BASE | 1 << 21 },
	{ "data page size", 0, BASE | 1 << 22 },
	{ "code page size", 0, BASE | 1 << 23 },
	{ "three weights", 0, BASE | 1 << 24 },
	{ "all there is", 0, ALL, .read_format = 31, .branch_type = 1 << 17 | 1 << 19 },
	{ "two events of different layout", 0, BASE | CHAIN, .second = BASE | READ | 1 << 9 },
	{ "two events, one without raw data", 0, BASE, .second = BASE & ~(1 << 10) },
	{ "big endian", PW_BIG, BASE },
	{ "big endian, all there is", PW_BIG, ALL, .read_format = 31, .branch_type = 1 << 17 | 1 << 19 },
	{ "big endian, two events", PW_BIG, BASE, .second = BASE | CHAIN },
	{ "a pipe", PW_PIPE, BASE },
	{ "a pipe, all there is", PW_PIPE, ALL, .read_format = 31 },
	{ "a pipe, two events", PW_PIPE, BASE, .second = BASE | CHAIN | 1 << 21 },
	{ "a big-endian pipe", PW_PIPE | PW_BIG, BASE },
	{ "compressed", PW_ZSTD, BASE },
	{ "compressed, all there is", PW_ZSTD, ALL, .read_format = 31 },
	{ "compressed the newer way", PW_ZSTD2, BASE },
	{ "a compressed pipe", PW_PIPE | PW_ZSTD, BASE },
	{ "a compressed pipe, newer", PW_PIPE | PW_ZSTD2, BASE, .second = BASE | CHAIN },
	{ "a compressed big-endian pipe", PW_PIPE | PW_ZSTD2 | PW_BIG, BASE | CHAIN },
};

/* The data of sample @n of @cpu: common fields, then what can be told again. */
static uint32_t raw_of(uint8_t *raw, unsigned int flags, uint32_t event, uint64_t time, uint32_t cpu)
{
	struct pw w = { .flags = flags };
	uint32_t len = 24 + 4 * (time % 3);

	pw_u16(&w, event);
	pw_u16(&w, 0);
	pw_u32(&w, 500 + cpu);
	pw_u64(&w, time * 3);
	pw_bytes(&w, NULL, len - w.len);
	memcpy(raw, w.rec, len);
	free(w.rec);
	return len;
}

/* CPU 1 is read after CPU 0, and so has younger ones than CPU 0's first of the next round. */
static uint64_t time_of(uint32_t round, uint32_t cpu, uint32_t i)
{
	return 1000000 + round * 7000000 + cpu * 3000000 + i * 1000000 + cpu;
}

static void write_one(struct pw *w, const struct layout *l, uint32_t round, uint32_t cpu, uint32_t i)
{
	static const uint16_t modes[] = { 0, 1, 2, 3, 4, 5 };	/* unknown, kernel, user, hypervisor, guest kernel, user */
	uint32_t attr = l->second ? i & 1 : 0;
	struct pw_sample s = { .time = time_of(round, cpu, i), .cpu = cpu, .pid = 40, .tid = 500 + cpu,
			       .misc = modes[i % 6], .nr = (round + i) % 4 };
	uint8_t raw[64];

	s.raw = raw;
	s.raw_size = raw_of(raw, w->flags, 300 + attr, s.time, cpu);
	pw_sample(w, attr, &s);
}

static void write_file(const char *path, const struct layout *l)
{
	static const char format[] =
		"name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:u64 value;\toffset:8;\tsize:8;\tsigned:0;\n\nprint fmt: \"%%d\", REC->value\n";
	const uint64_t types[] = { l->type, l->second };
	struct pw w;
	char text[512];

	pw_open(&w, path, l->flags);
	for (uint32_t i = 0; i < 1 + !!l->second; i++) {
		bool traced = types[i] & 1 << 10;
		struct pw_attr a = { .type = traced ? 2 : 0, .config = traced ? 300 + i : 1, .sample_type = types[i],
				     .read_format = l->read_format, .branch_type = l->branch_type, .regs_user = 0xff,
				     .regs_intr = 0xf0f, .sample_id_all = true, .use_clockid = true, .clockid = 1 };

		for (int cpu = 0; cpu < 2 && !l->no_ids; cpu++)
			a.ids[cpu] = 10 + 2 * i + cpu;
		pw_attr(&w, &a);
		snprintf(text, sizeof(text), format, i ? "second" : "first", 300 + i);
		pw_format(&w, "test", text);
	}
	pw_start(&w);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t cpu = 0; cpu < 2; cpu++)
			for (uint32_t i = 0; i < PER_CPU; i++)
				write_one(&w, l, round, cpu, i);
		pw_round(&w);
	}
	pw_close(&w);
}

static void expect(const struct layout *l, struct source *s, const struct source_record *r)
{
	const struct source_event *ev = &s->events[r->event];
	bool traced = !strcmp(ev->system, "test"), second = strcmp(ev->name, "first");
	struct source_field f;
	uint8_t raw[64];
	uint32_t len;

	if (l->type & 1 << 7)
		assert_int_equal(r->cpu, r->ts_ns & 1);
	if (!traced) {
		assert_string_equal(ev->name, "instructions");
		assert_int_equal(r->size, 0);
		assert_int_equal(r->tid, 500 + r->cpu);
		return;
	}
	assert_string_equal(ev->name, second ? "second" : "first");
	assert_true(s->ops->field(s, r->event, "value", &f));
	assert_int_equal(f.offset, 8);
	assert_int_equal(f.swap, (l->flags & PW_BIG ? __BIG_ENDIAN : __LITTLE_ENDIAN) != __BYTE_ORDER);
	len = raw_of(raw, l->flags, 300 + second, r->ts_ns, r->ts_ns & 1);
	assert_true(r->size >= len && r->size < len + 8);
	assert_memory_equal(r->data, raw, len);
	assert_int_equal(r->tid, 500 + (r->ts_ns & 1));
}

static void count(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	print_message("%s\n", what);
	*(uint64_t *)arg += n;
}

static void check(const void *arg)
{
	const struct layout *l = arg;
	char path[] = "/tmp/mmulab-perf-XXXXXX";
	uint64_t last = 0, n = 0, notes = 0;
	struct source_record r;
	struct source *s;
	struct err e = { 0 };

	close(mkstemp(path));
	write_file(path, l);
	assert_int_equal(source_open(path, &s, &e), 0);
	assert_string_equal(s->info.uname, "Linux host 6.12.1-test x86_64");
	assert_string_equal(s->info.clock, "mono");
	assert_int_equal(s->info.nr_cpus, 2);
	while (s->ops->next(s, &r, &e) > 0) {
		assert_true(r.ts_ns >= last);
		last = r.ts_ns;
		n++;
		expect(l, s, &r);
	}
	assert_int_equal(n, ROUNDS * 2 * PER_CPU);
	s->ops->damage(s, count, &notes);
	s->ops->lost(s, count, &notes);
	assert_int_equal(notes, 0);
	assert_string_equal(s->ops->comm(s, 55), "lister");
	source_close(s);
	unlink(path);
}

int main(void)
{
	return table_run("layouts of perf.data", rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), check);
}
