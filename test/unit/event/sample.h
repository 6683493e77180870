/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_EVENT_SAMPLE_H
#define TEST_EVENT_SAMPLE_H

/*
 * Event files whose every record follows from its place: (task, class, number)
 * says what it must hold, so that a reader is checked without a second copy.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/prng.h"
#include "event/reader.h"
#include "event/writer.h"
#include "test/table.h"

struct shape {
	uint32_t	nr_tasks;
	uint32_t	records;	/* per task and class */
	uint32_t	every;		/* only every so-manieth task has records; 0 and 1: all */
	uint64_t	step_ns;	/* between records; some are twice as far, some at the same time */
	int		level;		/* of zstd */
};

static inline uint32_t sample_records(const struct shape *s, uint32_t task)
{
	return s->every > 1 && task % s->every ? 0 : s->records;
}

static inline uint64_t sample_time(const struct shape *s, uint32_t task, uint32_t number)
{
	return task + number / 2 * 2 * s->step_ns;
}

static inline unsigned int sample_kind(enum ev_class cls, uint64_t hash)
{
	if (cls == EV_STIMULUS)
		return EV_NONE + 1 + hash % (EV_STIM_END - EV_NONE - 1);
	return OBS_FIRST + hash % (OBS_END - OBS_FIRST);
}

static inline struct ev sample_ev(uint32_t task, enum ev_class cls, uint32_t number)
{
	uint64_t h = prng_hash(task, cls, number);
	struct ev ev = { .kind = sample_kind(cls, h), .flags = h >> 16, .vm = (h >> 24) % 3 };

	for (unsigned int w = 0; w < 3; w++)
		ev.w[w] = number % 4 ? 0x80000000bfd00000ULL + number : prng_hash(h, w, 0);
	return ev;
}

static inline void sample_meta(struct ev_meta *m, const struct shape *s)
{
	ev_meta_init(m);
	m->kernel = xstrdup("6.12.117+deb12-amd64");
	m->release = KVM_6_12;
	m->release_exact = true;
	m->tdp_mmu = true;
	m->nr_cpus = 4;
	m->clock = xstrdup("mono");
	m->source = xstrdup("made.dat");
	strcpy(m->source_xxh3, "00112233445566778899aabbccddeeff");
	m->first_ns = 1000000007;
	ev_meta_set_param(m, "kvm.tdp_mmu", "Y");
	ev_meta_add_lost(m, 1, "overrun", 5);
	for (uint32_t task = 0; task < s->nr_tasks; task++)
		ev_meta_add_task(m, 100 + task, "made");
	for (unsigned int vm = 0; vm < 3; vm++)
		ev_meta_add_vm(m);
	ev_counts_add(&m->sources, "kvm:kvm_exit", 12);
}

/* Streams take turns, as they do while importing. */
static inline int sample_fill(struct ev_writer *w, const struct shape *s)
{
	for (uint32_t number = 0; number < s->records; number++) {
		for (uint32_t task = 0; task < s->nr_tasks; task++) {
			for (unsigned int cls = 0; cls < EV_NR_CLASSES; cls++) {
				struct ev ev = sample_ev(task, cls, number);
				int ret = 0;

				if (number < sample_records(s, task))
					ret = ev_write(w, task, sample_time(s, task, number), &ev);
				if (ret)
					return ret;
			}
		}
	}
	return 0;
}

static inline void sample_write(const char *path, const struct shape *s)
{
	struct ev_writer *w;
	struct ev_meta m;
	struct err e = { 0 };
	int ret;

	sample_meta(&m, s);
	ret = ev_writer_open(path, s->level, &w, &e);
	if (!ret) {
		sample_fill(w, s);
		ret = ev_writer_close(w, &m, &e);
	}
	ev_meta_fini(&m);
	if (ret)
		fail_msg("%s", e.text);
}

/* Is it the record that belongs there? */
static inline bool sample_is(const struct shape *s, const struct ev_at *at)
{
	enum ev_class cls = ev_is_stimulus(at->ev->kind) ? EV_STIMULUS : EV_OBSERVATION;
	struct ev want = sample_ev(at->task, cls, at->number);

	want.dt_ns = at->ev->dt_ns;
	return at->t_ns == sample_time(s, at->task, at->number) && !memcmp(&want, at->ev, sizeof(want));
}

/* A file of the sample's bytes in memory, to be damaged. */
struct image {
	uint8_t	*bytes;
	size_t	 size;
	int	 fd;
	char	 path[64];	/* by which the reader gets at it */
};

static inline void image_open(struct image *im, const struct shape *s)
{
	char path[] = "/tmp/event_test.XXXXXX";
	int fd = mkstemp(path);
	off_t size;

	assert_true(fd >= 0);
	close(fd);
	sample_write(path, s);
	fd = open(path, O_RDONLY);
	unlink(path);
	size = lseek(fd, 0, SEEK_END);
	im->bytes = xmalloc(size);
	im->size = size;
	assert_int_equal(pread(fd, im->bytes, size, 0), size);
	close(fd);
	im->fd = memfd_create("event", 0);
	assert_true(im->fd >= 0);
	assert_int_equal(pwrite(im->fd, im->bytes, im->size, 0), im->size);
	snprintf(im->path, sizeof(im->path), "/proc/self/fd/%d", im->fd);
}

static inline void image_flip(struct image *im, size_t byte, uint8_t bits)
{
	uint8_t v = im->bytes[byte] ^ bits;

	assert_int_equal(pwrite(im->fd, &v, 1, byte), 1);
}

static inline void image_restore(struct image *im)
{
	assert_int_equal(ftruncate(im->fd, im->size), 0);
	assert_int_equal(pwrite(im->fd, im->bytes, im->size, 0), im->size);
}

static inline void image_close(struct image *im)
{
	close(im->fd);
	free(im->bytes);
}

/*
 * Reads all of a file through the merge.  Return: records, each checked to be
 * the one that belongs there, or negative with @e.
 */
static inline int64_t sample_read(const char *path, unsigned int flags, const struct shape *s,
				  uint64_t *skipped, struct err *e)
{
	struct ev_file *f;
	struct ev_merge *m;
	struct ev_at at;
	int64_t n = 0;
	int ret = ev_open(path, flags, &f, e);

	if (ret)
		return ret;
	if (skipped)
		*skipped = ev_skipped_blocks(f);
	ret = ev_merge_open(f, 3, &m, e);
	if (!ret) {
		while ((ret = ev_merge_next(m, &at, e)) > 0) {
			if (!sample_is(s, &at)) {
				ret = err_set(e, ERR_NO, "record %u of task %u is wrong", at.number, at.task);
				break;
			}
			n++;
		}
		ev_merge_close(m);
	}
	ev_close(f);
	return ret ? ret : n;
}

#endif
