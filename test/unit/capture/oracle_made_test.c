// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trace.dat source against libtracecmd on made-up files of every kind: the
 * same records in the same order, with the same CPU, time and bytes.  zlib, which
 * Debian's library lacks, is held against the same records not packed.
 */
#include "test/unit/capture/digest.h"

#include "capture/source.h"
#include "test/unit/capture/dat_make.h"

static void count_note(void *arg, uint32_t cpu, const char *what, uint64_t n)
{
	(void)cpu, (void)what, (void)n;
	++*(unsigned int *)arg;
}

static struct digest by_source(const char *path, unsigned int *notes)
{
	struct digest d = { 0 };
	struct source_record rec;
	struct source *s;
	struct err e = { 0 };
	int ret;

	*notes = 0;
	ret = source_open(path, &s, &e);
	if (ret)
		fail_msg("%s", e.text);
	while ((ret = s->ops->next(s, &rec, &e)) > 0) {
		digest_add(&d, rec.ts_ns, rec.cpu, rec.data, rec.size);
		assert_string_equal(s->events[rec.event].name, "kvm_thing");
		assert_in_range(rec.tid, 1000, 1002);
	}
	assert_int_equal(ret, 0);
	s->ops->damage(s, count_note, notes);
	s->ops->lost(s, count_note, notes);
	source_close(s);
	return d;
}

static const struct {
	const char *name;
	struct make make;
	bool	    not_packed;	/* the library cannot read it: so can it without packing */
	unsigned int notes;	/* the source's, on damage */
} cases[] = {
	{ "version 6", { .version = 6 } },
	{ "version 7", { .version = 7 } },
	{ "version 7, zstd", { .version = 7, .codec = MAKE_ZSTD } },
	{ "version 7, zlib", { .version = 7, .codec = MAKE_ZLIB }, .not_packed = true },
	{ "version 6, big endian", { .version = 6, .big = true } },
	{ "version 7, big endian", { .version = 7, .big = true } },
	{ "version 7, big endian, zstd", { .version = 7, .big = true, .codec = MAKE_ZSTD } },
	{ "version 6, 32 bits", { .version = 6, .long_size = 4 } },
	{ "version 7, 32 bits, big endian", { .version = 7, .big = true, .long_size = 4 } },
	{ "version 6, pages of 16K", { .version = 6, .page_size = 16384 } },
	{ "version 7, pages of 64K, zstd", { .version = 7, .page_size = 65536, .codec = MAKE_ZSTD } },
	{ "version 6, three buffers", { .version = 6, .nr_buffers = 3 } },
	{ "version 7, three buffers", { .version = 7, .nr_buffers = 3 } },
	{ "version 7, three buffers, zstd, big endian", { .version = 7, .nr_buffers = 3, .codec = MAKE_ZSTD, .big = true } },
	{ "an instance with another clock is said", { .version = 7, .nr_buffers = 2, .instance_clock = "boot" }, .notes = 2 },
	{ "an offset", { .version = 6, .offset = "123456789" } },
	{ "a negative offset", { .version = 7, .offset = "-1000000" } },
	{ "a date", { .version = 7, .date = "0x5f3759df00" } },
	{ "cycles", { .version = 7, .mult = 1431655765, .shift = 31, .clock = "x86-tsc" } },
	{ "cycles and an offset", { .version = 6, .mult = 2000000000, .shift = 32, .clock = "x86-tsc", .offset = "42" } },
	{ "a guest with one sample", { .version = 7, .peer_id = 5, .sync = { .nr = 1, .time = { 5000000000 }, .offset = { -70000 },
	  .scaling = 1 } } },
	{ "a guest with two samples", { .version = 7, .peer_id = 5, .sync = { .nr = 2, .time = { 5000000000, 5001000000 },
	  .offset = { -70000, -71000 }, .scaling = 1 } } },
	{ "a guest with four, interpolated", { .version = 7, .peer_id = 5, .sync = { .nr = 4, .flags = 1, .scaling = 1,
	  .time = { 5000100000, 5000500000, 5001000000, 5001900000 }, .offset = { 1000000, 1002000, 1001000, 1009999 } } } },
	{ "a guest with four, its clock scaled", { .version = 6, .peer_id = 5, .sync = { .nr = 4, .flags = 1, .scaling = 3,
	  .fraction = 1, .time = { 5000100000, 5000500000, 5001000000, 5001900000 }, .offset = { 0, 2000, 1000, 9999 } } } },
	{ "a guest's cycles", { .version = 7, .peer_id = 5, .mult = 1431655765, .shift = 31, .clock = "x86-tsc", .sync = { .nr = 2,
	  .flags = 1, .scaling = 1, .time = { 5000000000, 5001000000 }, .offset = { 900000000, 900500000 } } } },
};

static void check(const void *arg)
{
	const typeof(cases[0]) *row = arg;
	char path[] = "/tmp/mmulab-made-XXXXXX", plain_path[] = "/tmp/mmulab-made-XXXXXX";
	struct make plain = row->make;
	struct digest want, got;
	unsigned int notes;

	if (row->not_packed)
		plain.codec = MAKE_NONE;
	make_file(&row->make, path);
	make_file(&plain, plain_path);
	got = by_source(path, &notes);
	want = digest_by_libtracecmd(plain_path);
	unlink(path);
	unlink(plain_path);
	assert_true(want.n > 1000);
	digest_equal(got, want);
	assert_int_equal(notes, row->notes);
}

int main(void)
{
	return table_run("made-up trace.dat against libtracecmd", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
