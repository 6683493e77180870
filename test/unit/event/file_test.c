/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event files: what is written is read, whatever the shape. */
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "event/disk.h"
#include "test/unit/event/sample.h"

static const struct row {
	const char	*name;
	struct shape	 shape;
} rows[] = {
	{ "no tasks, no records", { 0, 0, 0, 0, 1 } },
	{ "tasks without records", { 5, 0, 0, 0, 1 } },
	{ "one record each", { 1, 1, 0, 1, 1 } },
	{ "uncompressed", { 3, 5000, 0, 1000, 0 } },
	{ "zstd 1", { 3, 5000, 0, 1000, 1 } },
	{ "zstd 19", { 2, 1500, 0, 1000, 19 } },
	{ "a full block and not one more", { 1, 1024, 0, 10, 1 } },
	{ "a full block and one more", { 1, 1025, 0, 10, 1 } },
	{ "lengths that are no multiple of eight", { 2, 1037, 0, 10, 1 } },
	{ "every second record overflows the block's time", { 2, 40, 0, 3000000000, 1 } },
	{ "the largest difference that fits a block", { 1, 40, 0, 0xffffffffULL / 2, 1 } },
	{ "hours between records", { 2, 20, 0, 3600ULL * 1000000000, 1 } },
	{ "4096 tasks", { 4096, 3, 0, 100, 1 } },
	{ "4096 tasks, most of them silent", { 4096, 300, 100, 100, 1 } },
	{ "more tasks than full blocks fit the memory", { 1000, 600, 0, 100, 1 } },
};

static uint64_t wanted(const struct shape *s)
{
	uint64_t n = 0;

	for (uint32_t task = 0; task < s->nr_tasks; task++)
		n += sample_records(s, task) * EV_NR_CLASSES;
	return n;
}

static void read_by_cursor(struct ev_file *f, const struct shape *s)
{
	for (uint32_t task = 0; task < s->nr_tasks; task++) {
		for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
			struct ev_cursor *c;
			struct ev_at at;
			uint32_t n = 0;
			int ret;

			assert_int_equal(ev_task_count(f, task, cls), sample_records(s, task));
			assert_int_equal(ev_task_end(f, task, cls), sample_records(s, task));
			assert_int_equal(ev_cursor_open(f, task, cls, &c, NULL), 0);
			while ((ret = ev_cursor_next(c, &at, NULL)) > 0) {
				if (at.task != task || at.number != n || !sample_is(s, &at))
					fail_msg("record %u of task %u", n, task);
				n++;
			}
			assert_int_equal(ret, 0);
			assert_int_equal(ev_cursor_next(c, &at, NULL), 0);	/* the end stays the end */
			assert_int_equal(n, sample_records(s, task));
			ev_cursor_close(c);
		}
	}
}

static void read_by_merge(struct ev_file *f, const struct shape *s, unsigned int classes)
{
	struct { uint64_t t_ns, tie; } last = { 0, 0 };
	struct ev_merge *m;
	struct ev_at at;
	uint64_t n = 0;
	int ret;

	assert_int_equal(ev_merge_open(f, classes, &m, NULL), 0);
	while ((ret = ev_merge_next(m, &at, NULL)) > 0) {
		uint64_t tie = at.task * 2ULL + !ev_is_stimulus(at.ev->kind);

		if (!sample_is(s, &at))
			fail_msg("record %u of task %u", at.number, at.task);
		if (at.t_ns < last.t_ns || (at.t_ns == last.t_ns && tie < last.tie))
			fail_msg("record %u of task %u is out of order", at.number, at.task);
		last.t_ns = at.t_ns;
		last.tie = tie;
		n++;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(n, classes == 3 ? wanted(s) : wanted(s) / 2);
	ev_merge_close(m);
}

static void read_all(const char *path, unsigned int flags, const struct shape *s)
{
	struct err e = { 0 };
	struct ev_file *f;

	if (ev_open(path, flags, &f, &e))
		fail_msg("%s", e.text);
	assert_int_equal(ev_meta(f)->nr_tasks, s->nr_tasks);
	assert_int_equal(ev_skipped_blocks(f), 0);
	read_by_cursor(f, s);
	read_by_merge(f, s, 3);
	read_by_merge(f, s, 1u << EV_STIMULUS);
	read_by_merge(f, s, 1u << EV_OBSERVATION);
	ev_close(f);
}

static void check(const void *arg)
{
	const struct shape *s = &((const struct row *)arg)->shape;
	char path[] = "/tmp/event_test.XXXXXX";

	close(mkstemp(path));
	sample_write(path, s);
	read_all(path, 0, s);
	read_all(path, EV_KEEP, s);
	unlink(path);
}

static void what_is_kept_is_read_once(void **state)
{
	static const struct shape s = { 3, 5000, 0, 1000, 1 };
	struct ev_file *kept, *read;
	struct ev_merge *m;
	struct image im;
	struct err e;

	image_open(&im, &s);
	assert_int_equal(ev_open(im.path, EV_KEEP, &kept, NULL), 0);
	assert_int_equal(ev_open(im.path, 0, &read, NULL), 0);
	read_by_merge(kept, &s, 1u << EV_STIMULUS);
	for (size_t i = sizeof(struct disk_preamble); i < im.size / 2; i++)
		image_flip(&im, i, 0xff);
	read_by_merge(kept, &s, 1u << EV_STIMULUS);
	assert_int_equal(ev_merge_open(read, 1u << EV_STIMULUS, &m, &e), -ERR_INPUT);
	assert_int_equal(ev_merge_open(kept, 3, &m, &e), -ERR_INPUT);	/* nobody asked for observations before */
	ev_close(kept);
	ev_close(read);
	image_close(&im);
}

static void kinds_are_counted(void **state)
{
	const struct shape s = { 3, 500, 0, 10, 1 };
	uint64_t want[OBS_END] = { 0 };
	struct image im;
	struct ev_file *f;

	image_open(&im, &s);
	for (uint32_t task = 0; task < s.nr_tasks; task++) {
		for (uint32_t number = 0; number < s.records; number++) {
			want[sample_ev(task, EV_STIMULUS, number).kind]++;
			want[sample_ev(task, EV_OBSERVATION, number).kind]++;
		}
	}
	assert_int_equal(ev_open(im.path, 0, &f, NULL), 0);
	for (unsigned int kind = 0; kind < OBS_END; kind++) {
		if (ev_kind_name(kind))
			assert_int_equal(ev_counts_get(&ev_meta(f)->kinds, ev_kind_name(kind)), want[kind]);
	}
	ev_close(f);
	image_close(&im);
}

struct reader {
	struct ev_file	*f;
	const struct shape *s;
	uint32_t	 task;
	uint64_t	 good;
};

static void *read_one_task(void *arg)
{
	struct reader *r = arg;
	struct ev_cursor *c;
	struct ev_at at;

	if (ev_cursor_open(r->f, r->task, EV_STIMULUS, &c, NULL))
		return NULL;
	while (ev_cursor_next(c, &at, NULL) > 0)
		r->good += sample_is(r->s, &at);
	ev_cursor_close(c);
	return NULL;
}

/* @nr threads, one after the other on 4 tasks. */
static void read_by_threads(unsigned int flags, uint32_t nr)
{
	const struct shape s = { 4, 20000, 0, 10, 1 };
	struct reader readers[8];
	pthread_t threads[8];
	struct image im;
	struct ev_file *f;

	image_open(&im, &s);
	assert_int_equal(ev_open(im.path, flags, &f, NULL), 0);
	for (uint32_t i = 0; i < nr; i++) {
		readers[i] = (struct reader){ f, &s, i % 4, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, read_one_task, &readers[i]), 0);
	}
	for (uint32_t i = 0; i < nr; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].good, s.records);
	}
	ev_close(f);
	image_close(&im);
}

static void threads_read_their_own_tasks(void **state)
{
	read_by_threads(0, 4);
}

static void threads_read_the_same_tasks(void **state)
{
	read_by_threads(EV_KEEP, 8);
}

/* What the writer refuses, and that it keeps saying so. */
static const struct refuse_row {
	const char	*name;
	uint32_t	 task;
	uint64_t	 first_ns, then_ns;
	uint8_t		 kind;
	const char	*want;
} refuse_rows[] = {
	{ "time that steps back", 0, 100, 99, EV_ACCESS, ": record of task 0: time steps back" },
	{ "a kind between the classes", 0, 100, 100, OBS_FIRST - 1,
	  ": record of task 0: kind is none of the known ones" },
	{ "a kind past the last", 0, 100, 100, OBS_END, ": record of task 0: kind is none of the known ones" },
	{ "kind 0", 0, 100, 100, EV_NONE, ": record of task 0: kind is none of the known ones" },
	{ "a task the dictionary does not have", 7, 100, 100, EV_ACCESS,
	  ": record of task 7: the dictionary has no such task" },
	{ "a task number beyond all sense", 0xffffffff, 100, 100, EV_ACCESS,
	  ": record of task 4294967295: task number is too high for an event file" },
};

static void check_refuse(const void *arg)
{
	const struct refuse_row *row = arg;
	struct ev good = { .kind = EV_ACCESS }, then = { .kind = row->kind };
	char dir[] = "/tmp/event_test.XXXXXX", *path;
	struct err e = { 0 };
	struct ev_writer *w;
	struct ev_meta m;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/x.mmt", dir);
	ev_meta_init(&m);
	ev_meta_add_task(&m, 1, "one");
	assert_int_equal(ev_writer_open(path, 1, &w, NULL), 0);
	assert_int_equal(ev_write(w, 0, row->first_ns, &good), 0);
	if (ev_write(w, row->task, row->then_ns, &then))
		assert_int_equal(ev_write(w, 0, row->first_ns, &good), -ERR_INPUT);
	assert_int_equal(ev_writer_close(w, &m, &e), -ERR_INPUT);
	assert_memory_equal(e.text, path, strlen(path));
	assert_string_equal(e.text + strlen(path), row->want);
	assert_int_equal(rmdir(dir), 0);	/* nothing was left in it */
	ev_meta_fini(&m);
	free(path);
}

static void a_full_disk_keeps_the_old_file(void **state)
{
	const struct shape s = { 4, 3000, 0, 10, 0 }, old = { 1, 1, 0, 10, 1 };
	const struct rlimit small = { 100000, RLIM_INFINITY };
	char dir[] = "/tmp/event_test.XXXXXX", *path;
	struct err e = { 0 };
	struct ev_writer *w;
	struct ev_meta m;
	struct rlimit was;
	int ret;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/x.mmt", dir);
	sample_write(path, &old);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	setrlimit(RLIMIT_FSIZE, &small);
	sample_meta(&m, &s);
	assert_int_equal(ev_writer_open(path, 0, &w, NULL), 0);
	sample_fill(w, &s);
	ret = ev_writer_close(w, &m, &e);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_int_equal(ret, -ERR_MACHINE);
	assert_memory_equal(e.text, path, strlen(path));
	assert_string_equal(e.text + strlen(path), ": cannot write: File too large");
	assert_int_equal(sample_read(path, 0, &old, NULL, NULL), 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	ev_meta_fini(&m);
	free(path);
}

static void a_vm_the_dictionary_does_not_have(void **state)
{
	const struct { uint16_t vm; size_t nr_vms; int ret; } cases[] = {
		{ 0, 0, 0 }, { 0, 1, 0 }, { 1, 2, 0 }, { EV_NO_VM, 0, 0 }, { 1, 0, -ERR_INPUT }, { 2, 2, -ERR_INPUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ev ev = { .kind = EV_ACCESS, .vm = cases[i].vm };
		char path[] = "/tmp/event_test.XXXXXX";
		struct err e = { 0 };
		struct ev_writer *w;
		struct ev_meta m;

		close(mkstemp(path));
		ev_meta_init(&m);
		ev_meta_add_task(&m, 1, "one");
		while (m.nr_vms < cases[i].nr_vms)
			ev_meta_add_vm(&m);
		assert_int_equal(ev_writer_open(path, 1, &w, NULL), 0);
		assert_int_equal(ev_write(w, 0, 1, &ev), 0);
		assert_int_equal(ev_writer_close(w, &m, &e), cases[i].ret);
		ev_meta_fini(&m);
		unlink(path);
	}
}

static void abort_leaves_nothing(void **state)
{
	const struct shape s = { 2, 3000, 0, 10, 1 };
	char dir[] = "/tmp/event_test.XXXXXX", *path;
	struct ev_writer *w;

	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/x.mmt", dir);
	assert_int_equal(ev_writer_open(path, 1, &w, NULL), 0);
	assert_int_equal(sample_fill(w, &s), 0);
	ev_writer_abort(w);
	ev_writer_abort(NULL);
	assert_int_equal(rmdir(dir), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_counted),
		cmocka_unit_test(threads_read_their_own_tasks),
		cmocka_unit_test(threads_read_the_same_tasks),
		cmocka_unit_test(what_is_kept_is_read_once),
		cmocka_unit_test(a_full_disk_keeps_the_old_file),
		cmocka_unit_test(a_vm_the_dictionary_does_not_have),
		cmocka_unit_test(abort_leaves_nothing),
	};

	return table_run("round trip", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       table_run("refused", refuse_rows, ARRAY_SIZE(refuse_rows), sizeof(refuse_rows[0]), check_refuse) |
	       cmocka_run_group_tests_name("event file", tests, NULL, NULL);
}
