/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bitmaps: what is taken, copied and cleared; rings: what goes in comes out, in order. */
#include "engine/core/dirty_log.h"
#include "engine/core/dirty_ring.h"
#include "test/table.h"

#define NPAGES	200	/* three words and a bit */

enum what { TAKE, COPY_CLEAR, CLEAR_UNASKED, DROP };

static const struct row {
	const char	*name;
	enum what	 what;
	bool		 all_set;
	uint64_t	 set, later;	/* pages set before, and between copy and clear; 0: none */
	uint64_t	 word, want, left;	/* what the step gives of @word, and what the word holds then */
} rows[] = {
	{ "a page is taken once", TAKE, false, 65, 0, 1, 2, 0 },
	{ "all of the last, short word", TAKE, true, 0, 0, 3, 0xff, 0 },
	{ "a page set after the copy stays", COPY_CLEAR, false, 66, 67, 1, 4, 8 },
	{ "without a copy everything is asked for", CLEAR_UNASKED, false, 66, 67, 1, 12, 0 },
	{ "pages that do not begin a word", DROP, false, 66, 130, 1, 0, 0 },
};

static void check_log(const void *vrow)
{
	const struct row *row = vrow;
	struct dirty_log *d = dirty_log_new(NPAGES, row->all_set);
	uint64_t got = 0;

	if (row->set)
		dirty_log_set(d, row->set);
	if (row->what == COPY_CLEAR)
		assert_int_equal(dirty_log_copy(d), 1);
	if (row->later)
		dirty_log_set(d, row->later);
	switch (row->what) {
	case TAKE:
		got = dirty_log_take(d, row->word);
		break;
	case COPY_CLEAR:
	case CLEAR_UNASKED:
		got = dirty_log_clear(d, row->word);
		break;
	case DROP:
		dirty_log_drop(d, 66, ~0ULL >> 1 | 1);
		assert_true(dirty_log_has(d, 130));
		dirty_log_drop(d, 100, ~0ULL);
		assert_false(dirty_log_has(d, 130));
		break;
	}
	assert_int_equal(got, row->want);
	assert_int_equal(rt_peek(&d->word[row->word]), row->left);
	dirty_log_free(d);
}

static const struct ring_row {
	const char	*name;
	unsigned int	 push, take;	/* alternating, as often as @times */
	unsigned int	 times;
} ring_rows[] = {
	{ "nothing", 0, 1, 1 },
	{ "one at a time", 1, 1, 600 },
	{ "a whole chunk", DIRTY_CHUNK, DIRTY_CHUNK, 3 },
	{ "more than a chunk", DIRTY_CHUNK + 1, DIRTY_CHUNK + 1, 3 },
	{ "fuller and fuller", 100, 90, 20 },
};

static void check_ring(const void *vrow)
{
	const struct ring_row *row = vrow;
	struct dirty_ring r;
	struct dirty_entry e;
	uint64_t in = 0, out = 0;

	dirty_ring_init(&r);
	for (unsigned int n = 0; n < row->times; n++) {
		for (unsigned int i = 0; i < row->push; i++, in++)
			dirty_ring_push(&r, &(struct dirty_entry){ .id = 1, .page = in });
		assert_int_equal(dirty_ring_has(&r, &(struct dirty_entry){ .id = 1, .page = out }), out < in);
		for (unsigned int i = 0; i < row->take && out < in; i++, out++) {
			assert_true(dirty_ring_take(&r, &e));
			assert_int_equal(e.page, out);
		}
	}
	while (dirty_ring_take(&r, &e))
		assert_int_equal(e.page, out++);
	assert_int_equal(out, in);
	dirty_ring_fini(&r);
}

int main(void)
{
	int failed = table_run("dirty bitmaps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check_log);

	return failed | table_run("dirty rings", ring_rows, ARRAY_SIZE(ring_rows), sizeof(ring_rows[0]), check_ring);
}
