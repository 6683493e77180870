/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged event files: found always, salvaged as far as they are sound. */
#include "event/disk.h"
#include "test/unit/event/sample.h"

/* Small blocks come from time overflow: 3 tasks, 2 classes, a block for every two records. */
static const struct shape small = { 3, 9, 0, 2200000000, 1 };
/* A few blocks large enough for the codec to matter. */
static const struct shape middle = { 2, 2500, 0, 100, 1 };

/* Walks the blocks of a sound image. */
static struct disk_block block_at(const struct image *im, size_t offset)
{
	struct disk_block head;

	memcpy(&head, im->bytes + offset, sizeof(head));
	return head;
}

static size_t next_block(const struct image *im, size_t offset)
{
	return offset + sizeof(struct disk_block) + block_at(im, offset).stored_bytes;
}

static bool is_block(const struct image *im, size_t offset)
{
	return block_at(im, offset).magic == DISK_BLOCK_MAGIC;
}

#define FIRST	sizeof(struct disk_preamble)

static uint64_t total(const struct shape *s)
{
	return (uint64_t)s->nr_tasks * s->records * EV_NR_CLASSES;
}

static void every_flipped_bit_is_found(void **state)
{
	struct image im;

	image_open(&im, &small);
	assert_int_equal(sample_read(im.path, 0, &small, NULL, NULL), total(&small));
	for (size_t bit = 0; bit < im.size * 8; bit++) {
		struct err e = { 0 };
		int64_t n;

		image_flip(&im, bit / 8, 1u << bit % 8);
		n = sample_read(im.path, 0, &small, NULL, &e);
		if (n != -ERR_INPUT)
			fail_msg("bit %zu of byte %zu went unseen: %lld %s", bit % 8, bit / 8, (long long)n, e.text);
		image_flip(&im, bit / 8, 0);
	}
	image_close(&im);
}

/* With a flipped bit a salvage never gives a wrong record and loses one block at most. */
static void salvage_survives_every_flipped_byte(void **state)
{
	struct image im;

	image_open(&im, &small);
	for (size_t byte = 0; byte < im.size; byte++) {
		struct err e = { 0 };
		int64_t n;

		image_flip(&im, byte, 0x10);
		n = sample_read(im.path, EV_SALVAGE, &small, NULL, &e);
		if (n < (int64_t)total(&small) - 2 || n > (int64_t)total(&small))
			fail_msg("byte %zu: %lld records, %s", byte, (long long)n, e.text);
		image_flip(&im, byte, 0);
	}
	image_close(&im);
}

/* What whole blocks in the first @size bytes hold. */
static uint64_t records_before(const struct image *im, size_t size)
{
	uint64_t n = 0;

	for (size_t at = FIRST; is_block(im, at); at = next_block(im, at)) {
		if (next_block(im, at) <= size)
			n += block_at(im, at).count;
	}
	return n;
}

static void truncation_is_refused_and_salvaged(void **state)
{
	struct image im;

	image_open(&im, &small);
	for (size_t size = im.size; size-- > 0;) {
		uint64_t whole = records_before(&im, size);
		struct err e = { 0 };
		int64_t n;

		assert_int_equal(ftruncate(im.fd, size), 0);
		n = sample_read(im.path, 0, &small, NULL, &e);
		if (n != -ERR_INPUT)
			fail_msg("%zu bytes of %zu were accepted", size, im.size);
		n = sample_read(im.path, EV_SALVAGE, &small, NULL, &e);
		if (n != (whole ? (int64_t)whole : -ERR_INPUT))
			fail_msg("%zu bytes: %lld records, %s", size, (long long)n, e.text);
	}
	image_close(&im);
}

/* Cut between blocks nothing is missing that could be known; cut elsewhere one block is. */
static void salvage_counts_the_block_that_was_cut(void **state)
{
	struct image im;
	struct err e = { 0 };

	image_open(&im, &small);
	for (size_t at = FIRST; is_block(&im, at); at = next_block(&im, at)) {
		for (int off = -1; off <= 1; off++) {
			size_t size = next_block(&im, at) + off;
			uint64_t skipped;

			image_restore(&im);
			assert_int_equal(ftruncate(im.fd, size), 0);
			if (records_before(&im, size) == 0)
				continue;
			assert_int_equal(sample_read(im.path, EV_SALVAGE, &small, &skipped, &e),
					 records_before(&im, size));
			assert_int_equal(skipped, off == 0 ? 0 : 1);
		}
	}
	image_close(&im);
}

static void a_bad_block_is_named_and_left_out(void **state)
{
	struct image im;
	unsigned int number = 0;

	image_open(&im, &middle);
	for (size_t at = FIRST; is_block(&im, at); at = next_block(&im, at)) {
		struct disk_block head = block_at(&im, at);
		size_t payload = at + sizeof(head) + head.stored_bytes / 2;
		struct err e = { 0 };
		char want[200];
		uint64_t skipped;

		image_flip(&im, payload, 1);
		snprintf(want, sizeof(want),
			 "%s: block %u (task %u, %s): checksum does not match; `mmulab text --salvage` prints the rest",
			 im.path, number++, head.task, head.cls == EV_STIMULUS ? "stimuli" : "observations");
		assert_int_equal(sample_read(im.path, 0, &middle, NULL, &e), -ERR_INPUT);
		assert_string_equal(e.text, want);
		assert_int_equal(sample_read(im.path, EV_SALVAGE, &middle, &skipped, &e),
				 total(&middle) - head.count);
		assert_int_equal(skipped, 1);
		image_flip(&im, payload, 0);
	}
	assert_true(number > 4);
	image_close(&im);
}

/* Numbers of records stay what they were, so that others may refer to them. */
static void a_gap_keeps_the_numbers(void **state)
{
	struct image im;
	struct ev_file *f;
	struct ev_cursor *c;
	struct ev_at at = { 0 };
	size_t first = sizeof(struct disk_preamble);

	image_open(&im, &middle);
	image_flip(&im, first + sizeof(struct disk_block), 1);
	assert_int_equal(ev_open(im.path, EV_SALVAGE, &f, NULL), 0);
	assert_int_equal(ev_task_count(f, block_at(&im, first).task, block_at(&im, first).cls),
			 middle.records - block_at(&im, first).count);
	assert_int_equal(ev_task_end(f, block_at(&im, first).task, block_at(&im, first).cls), middle.records);
	assert_int_equal(ev_cursor_open(f, block_at(&im, first).task, block_at(&im, first).cls, &c, NULL), 0);
	assert_int_equal(ev_cursor_next(c, &at, NULL), 1);
	assert_int_equal(at.number, block_at(&im, first).count);
	assert_true(sample_is(&middle, &at));
	assert_int_equal(ev_counts_get(&ev_meta(f)->damage, "event file: blocks left out"), 1);
	ev_cursor_close(c);
	ev_close(f);
	image_close(&im);
}

/* Dictionary and index gone, one header smashed, bytes inserted: all the rest comes. */
static void salvage_without_index(void **state)
{
	size_t first = sizeof(struct disk_preamble);
	struct image im;
	struct ev_file *f;
	struct err e = { 0 };
	uint64_t skipped, end = 0;

	image_open(&im, &middle);
	for (size_t at = FIRST; is_block(&im, at); at = next_block(&im, at))
		end = next_block(&im, at);
	assert_int_equal(ftruncate(im.fd, end), 0);
	image_flip(&im, next_block(&im, first), 0xff);	/* the second block's magic */
	assert_int_equal(sample_read(im.path, EV_SALVAGE, &middle, &skipped, &e),
			 total(&middle) - block_at(&im, next_block(&im, first)).count);
	assert_int_equal(skipped, 1);
	assert_int_equal(ev_open(im.path, EV_SALVAGE, &f, NULL), 0);
	assert_int_equal(ev_meta(f)->nr_tasks, 2);
	assert_int_equal(ev_meta(f)->nr_vms, 3);
	assert_string_equal(ev_meta(f)->tasks[1].comm, "task-1");
	assert_int_equal(ev_counts_get(&ev_meta(f)->damage, "event file: index lost"), 1);
	assert_int_equal(ev_counts_get(&ev_meta(f)->damage, "event file: dictionary lost, tasks are numbers"), 1);
	ev_close(f);
	image_close(&im);
}

static void a_sound_file_salvages_to_itself(void **state)
{
	struct image im;
	struct ev_file *f;

	image_open(&im, &middle);
	assert_int_equal(ev_open(im.path, EV_SALVAGE, &f, NULL), 0);
	assert_int_equal(ev_skipped_blocks(f), 0);
	assert_int_equal(ev_meta(f)->damage.nr, 0);
	assert_string_equal(ev_meta(f)->tasks[1].comm, "made");
	ev_close(f);
	image_close(&im);
}

/* Two files in one: the second's blocks are not this file's. */
static void a_second_file_behind_is_not_read(void **state)
{
	struct image im;
	struct err e = { 0 };

	image_open(&im, &middle);
	assert_int_equal(pwrite(im.fd, im.bytes, im.size, im.size), im.size);
	assert_int_equal(ftruncate(im.fd, 2 * im.size - 9), 0);
	assert_int_equal(sample_read(im.path, 0, &middle, NULL, &e), -ERR_INPUT);
	assert_int_equal(sample_read(im.path, EV_SALVAGE, &middle, NULL, &e), total(&middle));
	image_close(&im);
}

static const struct foreign_row {
	const char	*name;
	const char	*bytes;
	size_t		 size;
	const char	*want;
} foreign_rows[] = {
	{ "an empty file", "", 0, ": the file is empty" },
	{ "a text file", "hello, this is a text file and no more than that\n", 49,
	  ": not an event file; mmulab import makes them from traces" },
	{ "a single byte", "M", 1, ": not an event file; mmulab import makes them from traces" },
	{ "a trace.dat", "\x17\x08\x44tracing6", 11,
	  ": a trace.dat, not an event file; convert it with mmulab import" },
	{ "the magic alone", DISK_MAGIC, 8, ": preamble: checksum does not match; `mmulab text --salvage` prints what is sound" },
};

static void check_foreign(const void *arg)
{
	const struct foreign_row *row = arg;
	int fd = memfd_create("foreign", 0);
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, row->bytes, row->size), row->size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (unsigned int flags = 0; flags <= EV_SALVAGE; flags++) {
		struct ev_file *f = NULL;
		struct err e = { 0 };

		assert_int_equal(ev_open(path, flags, &f, &e), -ERR_INPUT);
		assert_null(f);
		assert_string_equal(e.text + strlen(path), row->want);
	}
	close(fd);
}

static void another_version_is_said(void **state)
{
	struct disk_preamble p;
	struct image im;
	struct err e = { 0 };

	image_open(&im, &small);
	memcpy(&p, im.bytes, sizeof(p));
	p.version = 9;
	DISK_SEAL(&p);
	assert_int_equal(pwrite(im.fd, &p, sizeof(p), 0), sizeof(p));
	for (unsigned int flags = 0; flags <= EV_SALVAGE; flags++) {
		assert_int_equal(sample_read(im.path, flags, &small, NULL, &e), -ERR_INPUT);
		assert_string_equal(e.text + strlen(im.path),
				    ": event file of version 9; this program reads version 1: import it again");
	}
	image_close(&im);
}

static void what_is_no_file_is_refused(void **state)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "/nonexistent", "/nonexistent: cannot read: No such file or directory" },
		{ "/tmp", "/tmp: cannot read: Is a directory" },
		{ "/dev/null", "/dev/null: not a regular file; an event file is read in any order" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ev_file *f = NULL;
		struct err e = { 0 };

		assert_int_equal(ev_open(rows[i].path, EV_SALVAGE, &f, &e), -ERR_INPUT);
		assert_string_equal(e.text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_is_found),
		cmocka_unit_test(salvage_survives_every_flipped_byte),
		cmocka_unit_test(truncation_is_refused_and_salvaged),
		cmocka_unit_test(salvage_counts_the_block_that_was_cut),
		cmocka_unit_test(a_bad_block_is_named_and_left_out),
		cmocka_unit_test(a_gap_keeps_the_numbers),
		cmocka_unit_test(salvage_without_index),
		cmocka_unit_test(a_sound_file_salvages_to_itself),
		cmocka_unit_test(a_second_file_behind_is_not_read),
		cmocka_unit_test(another_version_is_said),
		cmocka_unit_test(what_is_no_file_is_refused),
	};

	return table_run("foreign files", foreign_rows, ARRAY_SIZE(foreign_rows), sizeof(foreign_rows[0]),
			 check_foreign) |
	       cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
