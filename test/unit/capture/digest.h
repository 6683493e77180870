/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_UNIT_CAPTURE_DIGEST_H
#define TEST_UNIT_CAPTURE_DIGEST_H

/* Records in their order, with CPU, time and bytes, as one number; and those of a file as libtracecmd reads it. */
#include <trace-cmd.h>
#include <xxhash.h>

#include "test/table.h"

/* The library loses a few bytes of each file; the address sanitizer asks for this by name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtracecmd\n";
}

#define DIGEST_BUFFERS_MAX 8

struct digest {
	uint64_t n;
	XXH64_hash_t hash;
};

static inline void digest_add(struct digest *d, uint64_t ts_ns, uint32_t cpu, const void *data, size_t size)
{
	uint64_t head[] = { d->hash, ts_ns, cpu, size };

	d->n++;
	d->hash = XXH64(data, size, XXH64(head, sizeof(head), 0));
}

static inline int digest_record(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *arg)
{
	digest_add(arg, record->ts, (uint32_t)record->cpu, record->data, (size_t)record->size);
	return 0;
}

static inline struct digest digest_by_libtracecmd(const char *path)
{
	struct tracecmd_input *handles[DIGEST_BUFFERS_MAX];
	struct digest d = { 0 };
	int nr;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	handles[0] = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	assert_non_null(handles[0]);
	nr = tracecmd_buffer_instances(handles[0]);
	assert_in_range(nr, 0, DIGEST_BUFFERS_MAX - 1);
	for (int i = 0; i < nr; i++)
		handles[1 + i] = tracecmd_buffer_instance_handle(handles[0], i);
	assert_int_equal(tracecmd_iterate_events_multi(handles, 1 + nr, digest_record, &d), 0);
	for (int i = nr; i >= 0; i--)
		tracecmd_close(handles[i]);
	return d;
}

static inline void digest_equal(struct digest got, struct digest want)
{
	assert_true(want.n > 0);
	assert_int_equal(got.n, want.n);
	assert_int_equal(got.hash, want.hash);
}

#endif
