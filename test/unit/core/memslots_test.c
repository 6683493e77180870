/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slot look-up: by gfn, by host range, and after changes. */
#include "engine/core/memslots.h"
#include "test/table.h"

/*
 * id  as  gfns          host pages (page numbers)
 *  1   0  100 .. 199    1000 .. 1099
 *  2   0  300 .. 309     500 ..  509
 *  3   1  100 .. 149    1050 .. 1099	(SMM: overlaps slot 1's host memory)
 *  4   0  400 .. 499    2000 .. 2099
 */
static const struct mmu_slot slots[] = {
	{ .id = 1, .as_id = 0, .base_gfn = 100, .npages = 100, .hva = 1000 << 12 },
	{ .id = 2, .as_id = 0, .base_gfn = 300, .npages = 10, .hva = 500 << 12 },
	{ .id = 3, .as_id = 1, .base_gfn = 100, .npages = 50, .hva = 1050 << 12 },
	{ .id = 4, .as_id = 0, .base_gfn = 400, .npages = 100, .hva = 2000 << 12 },
};

enum what { BY_GFN, BY_HVA, OVERLAP, REMOVED, GENERATION };

#define NONE 0

static const struct row {
	const char	*name;
	enum what	 what;
	unsigned int	 as_id;
	uint64_t	 from, to;	/* BY_GFN: from is the gfn; BY_HVA: bytes; OVERLAP: gfn, pages */
	struct {
		unsigned int id;
		gfn_t	     start, end;
	} want[3];
} rows[] = {
	{ "the first gfn of a slot", BY_GFN, 0, 100, 0, { { 1, 0, 0 } } },
	{ "the last", BY_GFN, 0, 199, 0, { { 1, 0, 0 } } },
	{ "one past it", BY_GFN, 0, 200, 0, { { NONE, 0, 0 } } },
	{ "one before the first slot", BY_GFN, 0, 99, 0, { { NONE, 0, 0 } } },
	{ "the other address space has slots of its own", BY_GFN, 1, 149, 0, { { 3, 0, 0 } } },
	{ "and not those of the first", BY_GFN, 1, 300, 0, { { NONE, 0, 0 } } },

	{ "one page of one slot", BY_HVA, 0, 505 << 12, 506 << 12, { { 2, 305, 306 } } },
	{ "a part of a page counts as the page", BY_HVA, 0, (505 << 12) + 17, (506 << 12) + 1, { { 2, 305, 307 } } },
	{ "a range is clamped to each slot, in order of the host's addresses", BY_HVA, 0, 0, 1051 << 12,
	  { { 2, 300, 310 }, { 1, 100, 151 }, { 3, 100, 101 } } },
	{ "a gap between slots", BY_HVA, 0, 510 << 12, 1000 << 12, { { NONE, 0, 0 } } },
	{ "beyond the last one", BY_HVA, 0, 2100 << 12, 3000 << 12, { { NONE, 0, 0 } } },
	{ "an end that only touches", BY_HVA, 0, 1100 << 12, 2000 << 12, { { NONE, 0, 0 } } },

	{ "a new slot may not overlap one", OVERLAP, 0, 199, 1, { { 1, 0, 0 } } },
	{ "it may be its neighbour", OVERLAP, 0, 200, 100, { { NONE, 0, 0 } } },
	{ "nor swallow one", OVERLAP, 0, 290, 50, { { 1, 0, 0 } } },
	{ "in the other address space there is room", OVERLAP, 1, 300, 50, { { NONE, 0, 0 } } },

	{ "a removed slot is found no more, the others are", REMOVED, 0, 0, 0, { { NONE, 0, 0 } } },
	{ "a generation says that it is being updated, then advances by 2", GENERATION, 1, 0, 0, { { NONE, 0, 0 } } },
};

static void fill(struct memslots *ms)
{
	struct memslot_set *next = memslots_edit(ms);

	for (unsigned int i = 0; i < ARRAY_SIZE(slots); i++)
		memslot_set_add(next, &slots[i], NULL);
	memslot_set_sort(next);
	memslots_publish(ms, 0);
	memslots_arch_unlock(ms);
	memslots_advance(ms, 0);
}

static void check_hva(const struct memslot_set *set, const struct row *row)
{
	unsigned int i = memslot_span_first(set, row->from), n = 0;
	struct memslot_span span;

	for (; memslot_span_next(set, &i, row->from, row->to, &span); n++) {
		assert_in_range(n, 0, 2);
		assert_int_equal(span.slot->cfg.id, row->want[n].id);
		assert_int_equal(span.start, row->want[n].start);
		assert_int_equal(span.end, row->want[n].end);
	}
	assert_true(n == 3 || row->want[n].id == NONE);
}

static void check_removed(struct memslots *ms)
{
	struct memslot_set *next = memslots_edit(ms);

	memslot_set_remove(next, 0, 1);
	memslot_set_sort(next);
	assert_non_null(memslot_find(memslots_get(ms), 0, 100));	/* not published yet */
	memslots_publish(ms, 0);
	memslots_arch_unlock(ms);
	assert_null(memslot_find(memslots_get(ms), 0, 100));
	assert_null(memslot_find_id(memslots_get(ms), 0, 1));
	assert_int_equal(memslot_find(memslots_get(ms), 1, 100)->cfg.id, 3);
	assert_int_equal(memslot_find(memslots_get(ms), 0, 499)->cfg.id, 4);
}

static void check_generation(struct memslots *ms)
{
	assert_int_equal(rt_peek(&ms->generation[0]), 2);
	assert_int_equal(rt_peek(&ms->generation[1]), 1);
	memslots_edit(ms);
	memslots_publish(ms, 1);
	memslots_arch_unlock(ms);
	assert_true(rt_peek(&ms->generation[1]) == (1 | MEMSLOT_UPDATING));
	assert_int_equal(memslots_advance(ms, 1), 3);
	assert_int_equal(rt_peek(&ms->generation[1]), 3);
}

static void check(const void *vrow)
{
	const struct row *row = vrow;
	const struct memslot *slot;
	struct memslots ms;

	memslots_init(&ms, 12, 0);
	assert_null(memslot_find(memslots_get(&ms), 0, 100));
	fill(&ms);
	switch (row->what) {
	case BY_GFN:
		slot = memslot_find(memslots_get(&ms), row->as_id, row->from);
		assert_int_equal(slot ? slot->cfg.id : NONE, row->want[0].id);
		break;
	case BY_HVA:
		check_hva(memslots_get(&ms), row);
		break;
	case OVERLAP:
		assert_int_equal(memslot_overlaps(memslots_get(&ms), row->as_id, 9, row->from, row->to),
				 row->want[0].id != NONE);
		break;
	case REMOVED:
		check_removed(&ms);
		break;
	case GENERATION:
		check_generation(&ms);
		break;
	}
	memslots_fini(&ms);
}

int main(void)
{
	return table_run("memslots", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
