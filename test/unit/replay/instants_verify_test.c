/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which records are evidence of which instant. */
#include "test/table.h"

#include "replay/swaps.h"
#include "test/unit/replay/made.h"

#define READ 2
#define WRITE 4
#define WINDOW_BEGIN MADE_OBS(2, 10, UNMAP_RANGE), MADE_OP(2, 20, INVALIDATE_START, 15)
#define NEW_SLOT MADE_STIM(2, 30, MEMSLOT, .slot = { .npages = 16 }), MADE_PIN(2, 40, PIN_SWAP), \
	MADE_PIN(2, 60, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 70, MEMSLOT, 40, 0, RET_PF_UNKNOWN)

static const struct row {
	const char	   *name;
	struct made_record  records[10];
	unsigned int	    op;		/* which one is asked about */
	enum placement	    place;
	struct instant	    snapshot, check, change;
	bool		    fixed;
} rows[] = {
	{ "a bare fault: snapshot at its begin, check at its end",
	  { MADE_OP(0, 100, FAULT, 90) }, 0, PLACE_GUIDED, { 10, 10, 100 }, { 10, 100, 100 }, .fixed = true },
	{ "the pins of a fault",
	  { MADE_PIN(0, 20, PIN_SNAPSHOT), MADE_PIN(0, 40, PIN_LOOKUP_RET), MADE_PIN(0, 50, PIN_STALE),
	    MADE_PIN(0, 60, PIN_STALE_RET), MADE_OP(0, 100, FAULT, 90) },
	  0, PLACE_GUIDED, { 20, 20, 40 }, { 50, 50, 60 }, .fixed = true },
	{ "a late snapshot comes before the look-up's end",
	  { MADE_PIN(0, 20, PIN_SNAPSHOT), MADE_PIN(0, 40, PIN_LOOKUP_RET), MADE_OP(0, 100, FAULT, 90) },
	  0, PLACE_SNAPSHOT_LATE, { 20, 40, 40 }, { 40, 100, 100 }, .fixed = true },
	{ "the first event of the map comes after the check",
	  { MADE_OBS(0, 70, SPTE_REQUESTED), MADE_OBS(0, 80, SET_SPTE), MADE_OP(0, 100, FAULT, 90) },
	  0, PLACE_GUIDED, { 10, 10, 70 }, { 10, 70, 70 }, .fixed = true },
	{ "the end of a wait for the lock comes before the check",
	  { MADE_OBS(0, 60, LOCK_WAIT, .wait = { .flags = READ }), MADE_OP(0, 100, FAULT, 90) },
	  0, PLACE_CHECK_EARLY, { 10, 10, 100 }, { 60, 60, 100 }, .fixed = true },
	{ "nested notifiers come after the snapshot and before the check",
	  { MADE_OP(0, 30, INVALIDATE_START, 10), MADE_OP(0, 50, INVALIDATE_END, 10), MADE_OP(0, 100, FAULT, 90) },
	  2, PLACE_CHECK_EARLY, { 10, 10, 20 }, { 50, 50, 100 }, .fixed = true },
	{ "a window opens when its handler has the lock",
	  { MADE_OBS(2, 50, UNMAP_RANGE), MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, PLACE_GUIDED, .change = { 20, 50, 50 }, .fixed = true },
	{ "or earlier, but not before the lock was there",
	  { MADE_OBS(2, 40, LOCK_WAIT, .wait = { .flags = WRITE }), MADE_OBS(2, 50, UNMAP_RANGE),
	    MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, PLACE_CHANGE_EARLY, .change = { 40, 40, 50 }, .fixed = true },
	{ "it closes at its pin",
	  { MADE_PIN(2, 45, PIN_INV_END), MADE_OP(2, 80, INVALIDATE_END, 60) },
	  0, PLACE_GUIDED, .change = { 45, 45, 80 }, .fixed = true },
	{ "a fault inside an open window has one order",
	  { WINDOW_BEGIN, MADE_OP(0, 50, FAULT, 20),
	    MADE_OP(2, 90, INVALIDATE_END, 20) },
	  0, PLACE_GUIDED, { 30, 30, 50 }, { 30, 50, 50 }, .fixed = true },
	{ "a window that ends inside the fault leaves several",
	  { WINDOW_BEGIN, MADE_OP(0, 50, FAULT, 20), MADE_OP(2, 60, INVALIDATE_END, 20) },
	  0, PLACE_GUIDED, { 30, 30, 50 }, { 30, 50, 50 }, .fixed = false },
	{ "a window that matched no slot changes nothing",
	  { MADE_OP(2, 20, INVALIDATE_START, 15), MADE_OP(0, 50, FAULT, 20), MADE_OP(2, 60, INVALIDATE_END, 20) },
	  0, PLACE_GUIDED, { 30, 30, 50 }, { 30, 50, 50 }, .fixed = true },
	{ "unless pins part them",
	  { WINDOW_BEGIN, MADE_PIN(0, 31, PIN_SNAPSHOT), MADE_PIN(0, 36, PIN_LOOKUP_RET), MADE_PIN(0, 44, PIN_STALE),
	    MADE_PIN(0, 46, PIN_STALE_RET), MADE_OP(0, 50, FAULT, 20), MADE_PIN(2, 39, PIN_INV_END),
	    MADE_OP(2, 42, INVALIDATE_END, 8) },
	  0, PLACE_GUIDED, { 31, 31, 36 }, { 44, 44, 46 }, .fixed = true },
	{ "a wait that ends after the handler began is for the lock taken again",
	  { MADE_OBS(2, 50, UNMAP_RANGE), MADE_OBS(2, 60, LOCK_WAIT, .wait = { .flags = WRITE }),
	    MADE_OP(2, 80, INVALIDATE_START, 60) },
	  0, PLACE_CHANGE_EARLY, .change = { 20, 20, 50 }, .fixed = true },
	{ "memslots published around a fault leave several",
	  { MADE_OP(0, 55, FAULT, 10), NEW_SLOT },
	  0, PLACE_GUIDED, { 45, 45, 55 }, { 45, 55, 55 }, .fixed = false },
	{ "a fault after their generation advanced has one",
	  { MADE_OP(0, 75, FAULT, 10), NEW_SLOT },
	  0, PLACE_GUIDED, { 65, 65, 75 }, { 65, 75, 75 }, .fixed = true },
	{ "its own notifier leaves one",
	  { MADE_OP(0, 42, INVALIDATE_END, 8), MADE_OP(0, 50, FAULT, 20) },
	  1, PLACE_GUIDED, { 30, 30, 34 }, { 42, 50, 50 }, .fixed = true },
};

static void same(const struct instant *got, const struct instant *want)
{
	assert_int_equal(got->lo, want->lo);
	assert_int_equal(got->at, want->at);
	assert_int_equal(got->hi, want->hi);
}

static void check(const void *arg)
{
	const struct row *row = arg;
	struct fault_instants fault;
	struct changes *changes;
	struct swaps *swaps;
	struct instant change;
	struct made m;

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	swaps = swaps_new(&m.rec);
	changes = changes_new(&m.rec, swaps);
	if (m.rec.ops[row->op].kind == EV_OP_FAULT) {
		instants_fault(&m.rec, &m.rec.ops[row->op], row->place, &fault);
		same(&fault.snapshot, &row->snapshot);
		same(&fault.check, &row->check);
	} else {
		instants_change(&m.rec, &m.rec.ops[row->op], row->place, &change);
		same(&change, &row->change);
	}
	assert_int_equal(changes_order_is_fixed(changes, &m.rec, &m.rec.ops[row->op]), row->fixed);
	changes_free(changes);
	swaps_free(swaps);
	made_close(&m);
}

int main(void)
{
	return table_run("instants", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
