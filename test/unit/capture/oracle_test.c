/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace.dat source against libtracecmd: every record of every trace in
 * datasets/ in the same order, with the same CPU, time, event and bytes.
 */
#include <trace-cmd.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/types.h"
#include "capture/source.h"
#include "test/table.h"

/* The library loses a few bytes of each file; the address sanitizer asks for this by name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtracecmd\n";
}

struct digest {
	uint64_t n;
	XXH64_hash_t hash;
};

static void digest_add(struct digest *d, uint64_t ts_ns, uint32_t cpu, const void *data, size_t size)
{
	uint64_t head[] = { d->hash, ts_ns, cpu, size };

	d->n++;
	d->hash = XXH64(data, size, XXH64(head, sizeof(head), 0));
}

static int theirs(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *arg)
{
	digest_add(arg, record->ts, (uint32_t)cpu, record->data, (size_t)record->size);
	return 0;
}

static struct digest by_libtracecmd(const char *path)
{
	struct digest d = { 0 };
	struct tracecmd_input *handle;

	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	handle = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	assert_non_null(handle);
	assert_int_equal(tracecmd_iterate_events(handle, NULL, 0, theirs, &d), 0);
	tracecmd_close(handle);
	return d;
}

static struct digest by_source(const char *path)
{
	struct digest d = { 0 };
	struct source_record rec;
	struct source *s;
	struct err e = { 0 };
	int ret;

	assert_int_equal(source_open(path, &s, &e), 0);
	while ((ret = s->ops->next(s, &rec, &e)) > 0)
		digest_add(&d, rec.ts_ns, rec.cpu, rec.data, rec.size);
	assert_int_equal(ret, 0);
	source_close(s);
	return d;
}

static const struct {
	const char *name;
} cases[] = {
	{ "datasets/x86-6.12-populate-4k.dat" },
	{ "datasets/x86-6.12-populate-thp.dat" },
	{ "datasets/x86-6.12-notifier-pins.dat" },
	{ "datasets/x86-6.12-aging-mglru.dat" },
	{ "datasets/x86-6.1-populate-mix.dat" },
};

static void check(const void *row)
{
	const char *path = *(const char *const *)row;
	struct digest want = by_libtracecmd(path), got = by_source(path);

	assert_true(want.n > 0);
	assert_int_equal(got.n, want.n);
	assert_int_equal(got.hash, want.hash);
}

int main(void)
{
	return table_run("trace.dat against libtracecmd", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
