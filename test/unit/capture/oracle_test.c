/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trace.dat source against libtracecmd: every record of every trace in
 * datasets/ in the same order, with the same CPU, time, event and bytes.
 */
#include "test/unit/capture/digest.h"

#include "base/types.h"
#include "capture/source.h"

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

	digest_equal(by_source(path), digest_by_libtracecmd(path));
}

int main(void)
{
	return table_run("trace.dat against libtracecmd", cases, ARRAY_SIZE(cases), sizeof(cases[0]), check);
}
