// SPDX-License-Identifier: GPL-2.0-or-later
/* perf.data: order, losses, threads, and what is left of a damaged file. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/source.h"
#include "test/perf_writer.h"
#include "test/table.h"

#define TYPE	(1 << 0 | 1 << 1 | 1 << 2 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 16)
#define MS	1000000ull
#define SIZE	88		/* of a sample as written here */

enum what { NOTHING, SAMPLES, LOST, LOST_SAMPLES, COUNTED, FILTERED, THROTTLE, COMM, FORK, SWITCH, ROUND, UNKNOWN,
	    STRANGER, OTHERS_RAW, FAR_CPU };

struct step {			/* one of the things in a file, in its order */
	enum what what;
	uint32_t  cpu;
	uint64_t  ms;		/* of the first; one more for each */
	uint32_t  n;
};

struct damage {			/* done to the finished file */
	int64_t	 at;		/* from the first record on; below 0: from the end */
	uint32_t cut, skip;	/* bytes taken out there, or left as they are */
	const char *with;	/* what is written there; its length: @len */
	uint32_t len;
};

static const struct row {
	const char   *name;
	unsigned int  flags;
	struct step   steps[16];
	struct damage damage;
	const char   *want;	/* "MS/CPU[comm][!missed] ...", then "lost ..." and "damage ..." */
} rows[] = {
	{ "two CPUs, one round", 0, { { SAMPLES, 0, 10, 3 }, { SAMPLES, 1, 9, 3 }, { ROUND } },
	  .want = "9/1 10/0 10/1 11/0 11/1 12/0" },
	{ "equal times keep the file's order", 0, { { SAMPLES, 1, 10, 2 }, { SAMPLES, 0, 10, 2 }, { ROUND } },
	  .want = "10/1 10/0 11/1 11/0" },
	{ "a later round holds older records", 0,
	  { { SAMPLES, 0, 10, 2 }, { SAMPLES, 1, 20, 2 }, { ROUND }, { SAMPLES, 0, 12, 2 }, { SAMPLES, 1, 22, 1 }, { ROUND } },
	  .want = "10/0 11/0 12/0 13/0 20/1 21/1 22/1" },
	{ "no rounds at all", 0, { { SAMPLES, 0, 10, 2 }, { SAMPLES, 1, 5, 2 }, { SAMPLES, 0, 1, 1 } },
	  .want = "1/0 5/1 6/1 10/0 11/0; damage no marks of finished rounds: all records were put in order at once 1" },
	{ "no rounds, and none needed", 0, { { SAMPLES, 0, 10, 3 } }, .want = "10/0 11/0 12/0" },
	{ "a record much too late", 0,
	  { { SAMPLES, 0, 10, 1 }, { ROUND }, { SAMPLES, 0, 30, 1 }, { ROUND }, { SAMPLES, 0, 40, 1 }, { ROUND },
	    { SAMPLES, 0, 50, 1 }, { ROUND }, { SAMPLES, 0, 60, 1 }, { ROUND }, { SAMPLES, 0, 70, 1 }, { ROUND },
	    { SAMPLES, 1, 5, 1 }, { ROUND } },
	  .want = "10/0 30/0 30/1 40/0 50/0 60/0 70/0; "
		  "damage samples that came too late: their time is that of the one before 1" },
	{ "other records in between", 0, { { SAMPLES, 0, 10, 1 }, { SWITCH, 0, 10 }, { SAMPLES, 0, 11, 1 }, { ROUND } },
	  .want = "10/0 11/0" },
	{ "a record of a newer perf", 0, { { SAMPLES, 0, 10, 1 }, { UNKNOWN }, { SAMPLES, 0, 11, 1 }, { ROUND } },
	  .want = "10/0 11/0; damage records of a kind not known here 1" },
	{ "a full ring", 0, { { SAMPLES, 0, 10, 1 }, { LOST, 0, 12, 7 }, { SAMPLES, 0, 11, 1 }, { SAMPLES, 1, 10, 2 }, { ROUND } },
	  .want = "10/0 10/1 11/0!7 11/1; lost CPU 0 lost: ring full 7" },
	{ "a full ring, noticed by another CPU's record", 0,
	  { { SAMPLES, 0, 10, 1 }, { LOST, 1, 12, 7 }, { SAMPLES, 0, 11, 1 }, { SAMPLES, 1, 13, 1 }, { ROUND } },
	  .want = "10/0 11/0 13/1!7; lost CPU 1 lost: ring full 7" },
	{ "lost samples", 0, { { SAMPLES, 1, 10, 1 }, { LOST_SAMPLES, 1, 11, 3 }, { SAMPLES, 1, 12, 1 }, { ROUND } },
	  .want = "10/1 12/1!3; lost CPU 1 lost samples 3" },
	{ "a throttled CPU", 0, { { THROTTLE, 1, 9, 1 }, { SAMPLES, 1, 10, 1 }, { ROUND } },
	  .want = "10/1!1; lost CPU 1 throttled 1" },
	{ "samples a filter dropped", 0, { { SAMPLES, 1, 10, 1 }, { FILTERED, 1, 11, 3 }, { ROUND } },
	  .want = "10/1; lost dropped by a BPF filter 3" },
	{ "the events' own count, told already", 0,
	  { { SAMPLES, 0, 10, 1 }, { LOST, 0, 12, 7 }, { SAMPLES, 0, 11, 1 }, { ROUND }, { COUNTED, 0, 0, 7 } },
	  .want = "10/0 11/0!7; lost CPU 0 lost: ring full 7" },
	{ "the events' own count, more than was told", 0,
	  { { SAMPLES, 0, 10, 1 }, { LOST, 0, 12, 7 }, { SAMPLES, 0, 11, 1 }, { ROUND }, { COUNTED, 0, 0, 9 } },
	  .want = "10/0 11/0!7; lost CPU 0 lost: ring full 7 lost samples, by the events' own count 2" },
	{ "a thread renamed while it runs", 0,
	  { { COMM, 0, 0, 1 }, { SAMPLES, 0, 10, 1 }, { COMM, 0, 11, 2 }, { SAMPLES, 0, 12, 1 }, { ROUND } },
	  .want = "10/0(name1) 12/0(name2)" },
	{ "a new thread has its parent's name", 0,
	  { { COMM, 0, 0, 1 }, { FORK, 0, 10, 1 }, { SAMPLES, 0, 10, 1 }, { SAMPLES, 1, 11, 1 }, { ROUND } },
	  .want = "10/0(name1) 11/1(name1)" },
	{ "a pipe", PW_PIPE, { { SAMPLES, 0, 10, 2 }, { SAMPLES, 1, 9, 1 }, { ROUND } }, .want = "9/1 10/0 11/0" },

	{ "perf was killed", PW_KILLED, { { SAMPLES, 0, 10, 2 }, { SAMPLES, 1, 9, 1 }, { ROUND } },
	  .want = "9/1 10/0 11/0; damage perf record did not end in order: no header sections, records up to the end "
		  "of the file 1" },
	{ "cut within its records", 0, { { SAMPLES, 0, 10, 5 } }, { 2 * SIZE + 40, .cut = UINT32_MAX },
	  .want = "10/0 11/0; damage bytes of records are cut off 224 header sections behind the records are cut off 1 "
		  "the records end within one 1" },
	{ "a pipe cut within its records", PW_PIPE, { { SAMPLES, 0, 10, 5 } }, { -40, .cut = UINT32_MAX },
	  .want = "10/0 11/0 12/0 13/0; damage the records end within one 1" },
	{ "a sample with a wrong length of raw data", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 56, .with = "\x21", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage samples that do not add up 1" },
	{ "a sample with the id of no event", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 8, .with = "\x63", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage samples that do not add up 1" },
	{ "a record of a wrong type", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 1, .with = "\x63", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage bytes without a sound record 88" },
	{ "a record longer than it is", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 6, .with = "\x60", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage bytes without a sound record 88" },
	{ "a record shorter than it is", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 6, .with = "\x40", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage bytes without a sound record 88" },
	{ "a record of no length", 0, { { SAMPLES, 0, 10, 4 } }, { SIZE + 6, .with = "\0", .len = 1 },
	  .want = "10/0 12/0!1 13/0; damage bytes without a sound record 88" },
	{ "bytes taken out", 0, { { SAMPLES, 0, 10, 5 } }, { SIZE + 8, .cut = 77 },
	  .want = "10/0 12/0!1 13/0 14/0; damage header sections end beyond the end of the file 5 "
		  "bytes without a sound record 88" },
	{ "a time far ahead", 0, { { SAMPLES, 0, 10, 4 }, { ROUND } }, { SIZE + 39, .with = "\x20", .len = 1 },
	  .want = "10/0 12/0 13/0 13/0; damage samples of a time far from all others: their time is that of the one before 1" },
	{ "a CPU the host does not have", 0, { { SAMPLES, 0, 10, 1 }, { FAR_CPU, 77, 11, 1 }, { SAMPLES, 0, 12, 1 } },
	  .want = "10/0 12/0!1; damage samples of a CPU the host did not have 1" },
	{ "raw data of another event", 0, { { SAMPLES, 0, 10, 1 }, { OTHERS_RAW, 0, 11, 1 }, { SAMPLES, 0, 12, 1 } },
	  .want = "10/0 12/0!1; damage samples whose raw data is another event's 1" },
	{ "a damaged compressed record", PW_ZSTD,
	  { { SAMPLES, 0, 10, 3 }, { ROUND }, { SAMPLES, 0, 20, 3 }, { ROUND }, { SAMPLES, 0, 30, 3 } },
	  { 8, .with = "XXXX", .len = 4 },
	  .want = "; damage compressed records that cannot be decompressed 3" },
	{ "a compressed pipe cut in two", PW_PIPE | PW_ZSTD2,
	  { { SAMPLES, 0, 10, 3 }, { ROUND }, { SAMPLES, 0, 20, 3 }, { ROUND }, { SAMPLES, 0, 30, 3 } },
	  { -30, .cut = UINT32_MAX },
	  .want = "10/0 11/0 12/0 20/0 21/0 22/0; damage the records end within one 1" },
};

static void sample(struct pw *w, const struct step *t, uint32_t i)
{
	struct pw_sample s = { .time = (t->ms + i) * MS, .cpu = t->cpu, .pid = 40, .tid = 500 + t->cpu, .raw_size = 28 };
	uint8_t raw[28] = { t->what == OTHERS_RAW ? 7 : 0x2c, t->what == OTHERS_RAW ? 0 : 1 };

	raw[4] = 0xf4 + (t->cpu & 1);		/* tid 500, 501 */
	raw[5] = 1;
	s.raw = raw;
	pw_sample(w, 0, &s);
}

static void record(struct pw *w, const struct step *t)
{
	static const struct {
		uint32_t type, misc;
	} types[] = {
		[LOST] = { 2 }, [LOST_SAMPLES] = { 13 }, [COUNTED] = { 13 }, [FILTERED] = { 13, 1 << 15 },
		[THROTTLE] = { 5 }, [COMM] = { 3 }, [FORK] = { 7 }, [SWITCH] = { 14 }, [UNKNOWN] = { 90 },
	};
	struct pw_sample s = { .time = t->ms * MS, .cpu = t->cpu, .tid = 500 };

	pw_begin(w, types[t->what].type, types[t->what].misc);
	switch (t->what) {
	case LOST:
		pw_u64(w, 10);
		pw_u64(w, t->n);
		break;
	case LOST_SAMPLES:
	case COUNTED:
	case FILTERED:
		pw_u64(w, t->n);
		break;
	case THROTTLE:
		pw_words(w, 3);
		break;
	case COMM:
		pw_u32(w, 500);
		pw_u32(w, 500);
		pw_bytes(w, t->n == 1 ? "name1\0\0" : "name2\0\0", 8);
		break;
	case FORK:
		pw_u32(w, 500);
		pw_u32(w, 500);
		pw_u32(w, 501);
		pw_u32(w, 500);
		pw_u64(w, s.time);
		break;
	default:
		break;
	}
	if (t->what != UNKNOWN)
		pw_trailer(w, 0, &s);
	pw_end(w);
}

static uint64_t write_file(const char *path, const struct row *row)
{
	const struct pw_attr a = { .type = 2, .config = 300, .sample_type = TYPE, .sample_id_all = true, .ids = { 10, 11 } };
	struct pw w;
	uint64_t from;

	pw_open(&w, path, row->flags);
	pw_attr(&w, &a);
	pw_format(&w, "test", "name: it\nID: 300\nformat:\n"
		  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		  "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n");
	pw_start(&w);
	from = ftell(w.f);
	for (size_t i = 0; i < 16 && row->steps[i].what; i++) {
		const struct step *t = &row->steps[i];

		if (t->what == ROUND)
			pw_round(&w);
		else if (t->what == SAMPLES || t->what >= STRANGER)
			for (uint32_t j = 0; j < t->n; j++)
				sample(&w, t, j);
		else
			record(&w, t);
	}
	pw_close(&w);
	return from;
}

static void do_damage(const char *path, const struct damage *d, uint64_t from)
{
	FILE *f = fopen(path, "r+");
	static uint8_t all[1 << 20];
	size_t len = fread(all, 1, sizeof(all), f), at, cut;

	at = d->at < 0 ? len + d->at : from + d->at;
	memcpy(all + at, d->with ? d->with : "", d->len);
	cut = d->cut < len - at ? d->cut : len - at;
	memmove(all + at, all + at + cut, len - at - cut);
	rewind(f);
	assert_int_equal(fwrite(all, 1, len - cut, f), len - cut);
	fclose(f);
	assert_int_equal(truncate(path, len - cut), 0);
}

struct said {
	char text[2048];
	const char *head;
};

static void note(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	struct said *s = arg;
	size_t at = strlen(s->text);

	if (cpu != SOURCE_NO_CPU)
		snprintf(s->text + at, sizeof(s->text) - at, "%sCPU %u %s %llu", s->head, cpu, what, (unsigned long long)n);
	else
		snprintf(s->text + at, sizeof(s->text) - at, "%s%s %llu", s->head, what, (unsigned long long)n);
	s->head = " ";
}

static void read_file(const char *path, struct said *said)
{
	struct source_record r;
	struct source *s;
	struct err e = { 0 };
	int ret = source_open(path, &s, &e);

	if (ret) {
		snprintf(said->text, sizeof(said->text), "%s", strchr(e.text, ':'));
		return;
	}
	while ((ret = s->ops->next(s, &r, &e)) > 0) {
		size_t at = strlen(said->text);
		const char *comm = s->ops->comm(s, r.tid);

		at += snprintf(said->text + at, sizeof(said->text) - at, "%s%llu/%u", at ? " " : "",
			       (unsigned long long)(r.ts_ns / MS), r.cpu);
		if (comm)
			at += snprintf(said->text + at, sizeof(said->text) - at, "(%s)", comm);
		if (r.missed)
			snprintf(said->text + at, sizeof(said->text) - at, "!%u", r.missed);
	}
	assert_int_equal(ret, 0);
	said->head = "; lost ";
	s->ops->lost(s, note, said);
	said->head = "; damage ";
	s->ops->damage(s, note, said);
	source_close(s);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	char path[] = "/tmp/mmulab-perf-XXXXXX";
	struct said said = { .text = "" };
	uint64_t from;

	close(mkstemp(path));
	from = write_file(path, row);
	if (row->damage.cut || row->damage.len)
		do_damage(path, &row->damage, from);
	read_file(path, &said);
	unlink(path);
	assert_string_equal(said.text, row->want);
}

int main(void)
{
	return table_run("perf.data", rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]), check);
}
