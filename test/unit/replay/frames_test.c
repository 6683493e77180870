/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is behind a frame before and after the host moved some of its neighbours. */
#include "replay/frames.h"

#include "kvm/spte.h"
#include "test/table.h"

#define G	0x40000ULL	/* begins 1 GiB */

enum expect { SAME, OTHER, UNKNOWN };

static const struct row {
	const char	*name;
	gfn_t		 gfn;
	int		 level;		/* looked up before, by pages of this size */
	gfn_t		 from, to;	/* moved; none when equal */
	gfn_t		 then;		/* looked up after that ... */
	int		 then_level;	/* ... 0: nothing */
	enum expect	 want;		/* of @gfn at the end */
	uint64_t	 torn;
} rows[] = {
	{ "nothing moved", G + 5, 1, 0, 0, 0, 0, SAME },
	{ "the frame itself", G + 5, 1, G + 5, G + 6, 0, 0, OTHER },
	{ "the one before", G + 5, 1, G + 4, G + 5, 0, 0, SAME },
	{ "the one behind", G + 5, 1, G + 6, G + 7, 0, 0, SAME },
	{ "all of its 2 MiB", G + 5, 2, G, G + 512, 0, 0, OTHER },
	{ "the 2 MiB before", G + 517, 2, G, G + 512, 0, 0, SAME },
	{ "all of a large slot", G + 5, 1, G, G + (1 << 20), 0, 0, OTHER },
	{ "a large slot beside it", G + 5, 1, G + 512, G + (1 << 20), 0, 0, SAME },
	{ "a range over the end of its 2 MiB", G + 511, 1, G + 500, G + 600, 0, 0, OTHER },
	{ "its huge page moved, and is looked up again", G + 5, 2, G, G + 512, G + 7, 2, OTHER },
	{ "its gigantic page moved", G + 5, 3, G, G + 0x40000, G + 7, 3, OTHER },
	{ "a neighbour moved, and all of it is said to be one page", G + 5, 1, G + 6, G + 7, G + 7, 2, UNKNOWN, 1 },
	{ "the same, by 1 GiB", G + 5, 1, G + 600, G + 601, G + 700, 3, SAME },
	{ "a neighbour moved, and is looked up alone", G + 5, 2, G + 6, G + 7, G + 6, 1, SAME },
};

static void check(const void *vrow)
{
	const struct row *row = vrow;
	struct frames *f = frames_make(UINT64_MAX);
	pfn_t before = frames_look_up(f, row->gfn, SPTE_LEVEL_PAGES(row->level)), now;

	assert_int_equal(before, frame_first(row->gfn));
	frames_move(f, row->from, row->to);
	if (row->then_level) {
		pfn_t then = frames_look_up(f, row->then, SPTE_LEVEL_PAGES(row->then_level));

		assert_int_equal((then ^ row->then) & (SPTE_LEVEL_PAGES(row->then_level) - 1), 0);
		if (row->then >> 9 == row->gfn >> 9 && row->then_level > 1 && row->want != UNKNOWN)
			assert_int_equal(then - row->then, frames_now(f, row->gfn) - row->gfn);
	}
	now = frames_now(f, row->gfn);
	if (row->want == UNKNOWN)
		assert_int_equal(now, UINT64_MAX);
	else if (row->want == SAME)
		assert_int_equal(now, before);
	else
		assert_true(now != before && now != UINT64_MAX && now < BIT_ULL(40));
	assert_int_equal(frames_torn(f), row->torn);
	frames_free(f);
}

int main(void)
{
	return table_run("what is behind a frame", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
