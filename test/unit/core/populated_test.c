/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pages the host has: bits across word borders, and ends that are cut off. */
#include "engine/core/populated.h"
#include "test/table.h"

#define NPAGES 200

static const struct row {
	const char	*name;
	uint64_t	 touch, first, nr;	/* page touched; those that come with it */
	uint64_t	 clear, nr_clear;
	uint64_t	 want_first, want_nr;	/* what is there afterwards */
} rows[] = {
	{ "one page", 5, 5, 1, 0, 0, 5, 1 },
	{ "the last bit of a word", 63, 63, 1, 0, 0, 63, 1 },
	{ "one whole word", 70, 64, 64, 0, 0, 64, 64 },
	{ "across two borders", 100, 60, 100, 0, 0, 60, 100 },
	{ "beyond the end", 199, 150, 512, 0, 0, 150, 50 },
	{ "cleared at the front", 100, 60, 100, 0, 70, 70, 90 },
	{ "cleared at the back", 100, 60, 100, 128, 72, 60, 68 },
	{ "cleared altogether", 100, 60, 100, 0, 200, 0, 0 },
};

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct populated *p = populated_new(NPAGES, 0);

	assert_false(populated_touch(p, row->touch, row->first, row->nr));
	assert_true(populated_touch(p, row->touch, row->first, row->nr));
	populated_clear(p, row->clear, row->nr_clear);
	for (uint64_t i = 0; i < NPAGES; i++)
		assert_int_equal(populated_touch(p, i, i, 1), i - row->want_first < row->want_nr);
	populated_free(p);
}

int main(void)
{
	return table_run("populated", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
