/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When memslots were published, from what the faults of that time saw. */
#include "test/table.h"

#include "replay/swaps.h"
#include "test/unit/replay/made.h"

#define BASE	0x100000
#define NO_SLOT	0x8000000000000000ULL

#define HVAS(from, to) .hvas = { .start = BASE + 0x1000 * (from), .end = BASE + 0x1000 * (to) }
#define SLOT_OF(how) .slot = { .gfn = 0, .npages = 16, .hva = BASE, .change = EV_SLOT_##how }
/* Task 2 has made the slot, and changes it from 100 on; the change's first swap is entered at 110. */
#define SLOT MADE_STIM(2, 1, MEMSLOT, SLOT_OF(CREATE)), MADE_OP_FOR(2, 2, MEMSLOT, 1, 0, RET_PF_UNKNOWN)
#define CREATED MADE_STIM(2, 100, MEMSLOT, SLOT_OF(CREATE)), MADE_PIN(2, 110, PIN_SWAP), \
		MADE_PIN(2, 190, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 195, MEMSLOT, 95, 0, RET_PF_UNKNOWN)
#define UNTOLD MADE_STIM(2, 100, MEMSLOT, SLOT_OF(CREATE)), MADE_PIN(2, 110, PIN_SWAP), \
		MADE_OP_FOR(2, 195, MEMSLOT, 95, 0, RET_PF_UNKNOWN)
#define DELETED SLOT, MADE_STIM(2, 100, MEMSLOT, SLOT_OF(DELETE)), MADE_PIN(2, 110, PIN_SWAP), \
		MADE_PIN(2, 140, PIN_SLOTS_UPDATED), MADE_PIN(2, 150, PIN_SWAP), \
		MADE_PIN(2, 190, PIN_SLOTS_UPDATED), MADE_OP_FOR(2, 195, MEMSLOT, 95, 1, RET_PF_UNKNOWN)

/* From a marker alone: nothing says when the call is over. */
#define MARK(t, how) MADE_STIM(2, t, MEMSLOT, SLOT_OF(how))
#define OPEN_OP(t, span, stim) { 2, t, { .kind = OBS_OP, .flags = EV_F_OPEN, .op = { .op = EV_OP_MEMSLOT, .span_ns = span, \
			       .result = RET_PF_UNKNOWN, .stimulus = stim } } }
#define MARKED_CREATED MARK(100, CREATE), OPEN_OP(100, 0, 0), MADE_OP(2, 200, AGE, 5)
#define MARKED_DELETED SLOT, MARK(100, DELETE), MADE_OBS(2, 130, ZAP_ALL_FAST), MADE_OBS(2, 150, SPTE_CHANGED), \
		OPEN_OP(150, 50, 1), MADE_OP(2, 200, AGE, 5)

#define FAULT(task, from, to, g, ret) \
	{ task, to, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = (to) - (from), .result = ret, \
					      .stimulus = EV_NO_STIMULUS } } }
#define MAPPED(task, from, g) MADE_OBS(task, (from) + 2, SPTE_REQUESTED, .map = { .gfn = g, .level = 1, .pfn = 7 }), \
	FAULT(task, from, (from) + 4, g, RET_PF_FIXED)
#define MARKED(task, from, g, of) \
	MADE_OBS(task, (from) + 2, SPTE_REQUESTED, .map = { .gfn = g, .level = 1, .pfn = NO_SLOT }), \
	MADE_OBS(task, (from) + 3, MARK_MMIO, .mmio = { .gfn = g, .gen = of }), \
	FAULT(task, from, (from) + 4, g, RET_PF_EMULATE)
#define SENT_BACK(task, from, g) FAULT(task, from, (from) + 4, g, RET_PF_RETRY)
#define WINDOW(task, from, to) MADE_STIM(task, from, INVALIDATE_START, HVAS(0, 1)), \
	MADE_OBS(task, from, UNMAP_RANGE, .gfns = { .gfn = 0, .count = 1 }), \
	MADE_OP_FOR(task, (from) + 1, INVALIDATE_START, 1, 0, RET_PF_UNKNOWN), \
	MADE_STIM(task, to, INVALIDATE_END, HVAS(0, 1)), MADE_PIN(task, to, PIN_INV_END), \
	MADE_OP_FOR(task, (to) + 1, INVALIDATE_END, 1, 1, RET_PF_UNKNOWN)

#define ARM_FAULT(task, from, g, how, ret) \
	{ task, (from) + 4, { .kind = OBS_OP, .op = { .gfn = g, .op = EV_OP_FAULT, .span_ns = 4, .result = ret, \
						      .stimulus = EV_NO_STIMULUS, .access = EV_F_##how } } }
#define NO_PAGE(task, from, g, how) ARM_FAULT(task, from, g, how, RET_PF_EMULATE)
#define LOOKED_UP(task, from, g, how) MADE_PIN(task, (from) + 2, PIN_SNAPSHOT), ARM_FAULT(task, from, g, how, RET_PF_FIXED)
#define ARM_CREATED(how) MADE_STIM(2, 100, MEMSLOT, .slot = { .gfn = 0, .npages = 16, .hva = BASE, .flags = how, \
							     .change = EV_SLOT_CREATE }), \
		MADE_PIN(2, 110, PIN_SLOT_PREPARE), MADE_PIN(2, 180, PIN_SLOT_COMMIT), \
		MADE_OP_FOR(2, 195, MEMSLOT, 95, 0, RET_PF_UNKNOWN)

static const struct row {
	const char	  *name;
	struct made_record records[24];
	uint32_t	   op;
	unsigned int	   nth;
	struct instant	   published;
	uint64_t	   advanced;	/* by the guide */
	bool		   arm64;
} rows[] = {
	{ "nothing but the probes: as soon as it is entered",
	  { CREATED }, 0, 0, { 110, 110, 190 }, 190 },
	{ "not while a window is open",
	  { WINDOW(0, 105, 130), CREATED }, 2, 0, { 131, 131, 190 }, 190 },
	{ "who maps has seen the new slot, who makes an MMIO entry none",
	  { MARKED(0, 120, 3, 0), MARKED(0, 140, 3, 0), MAPPED(0, 160, 3), CREATED },
	  3, 0, { 141, 141, 160 }, 190 },
	{ "on frames of that slot",
	  { MAPPED(0, 120, 50), CREATED }, 1, 0, { 110, 110, 190 }, 190 },
	{ "a gap between windows that all agree with",
	  { MARKED(1, 120, 3, 0), MAPPED(1, 160, 3), WINDOW(0, 105, 130), CREATED },
	  4, 0, { 131, 131, 160 }, 190 },
	{ "an INVALID slot sends back where no window does",
	  { MAPPED(0, 115, 3), SENT_BACK(0, 125, 3), SENT_BACK(0, 160, 3), MARKED(0, 170, 3, 4), DELETED },
	  5, 0, { 116, 116, 125 }, 140 },
	{ "until it is gone",
	  { MAPPED(0, 115, 3), SENT_BACK(0, 125, 3), SENT_BACK(0, 160, 3), MARKED(0, 170, 3, 4), DELETED },
	  5, 1, { 161, 161, 170 }, 190 },
	{ "what a window may have sent back says nothing",
	  { WINDOW(1, 108, 135), SENT_BACK(0, 125, 3), DELETED }, 4, 0, { 136, 136, 140 }, 140 },
	{ "who still reads memslots at the end has begun after it",
	  { FAULT(0, 150, 200, 50, RET_PF_RETRY), CREATED }, 1, 0, { 110, 110, 150 }, 190 },
	{ "generations of MMIO entries tell of the advance where no probe does",
	  { MARKED(0, 120, 50, 0), MARKED(0, 150, 51, 2), UNTOLD }, 2, 0, { 110, 110, 195 }, 152 },
	{ "a call without a return is over before its task's next record",
	  { MARKED(0, 160, 3, 0), MAPPED(0, 180, 3), MARKED_CREATED }, 2, 0, { 161, 161, 180 }, 195 },
	{ "a slot that goes is INVALID before it is zapped",
	  { MAPPED(0, 110, 3), MARKED_DELETED }, 2, 0, { 111, 111, 130 }, 130 },
	{ "arm64: who finds no slot has seen the old ones",
	  { NO_PAGE(0, 120, 3, W), LOOKED_UP(0, 160, 3, R), ARM_CREATED(0) }, 2, 0, { 121, 121, 160 }, 180, true },
	{ "arm64: who writes to a read-only one says nothing",
	  { NO_PAGE(0, 120, 3, R), LOOKED_UP(0, 130, 3, R), NO_PAGE(0, 140, 3, W), NO_PAGE(0, 150, 4, W),
	    NO_PAGE(0, 160, 5, W), LOOKED_UP(0, 170, 6, R), ARM_CREATED(KVM_MEM_READ_ONLY) },
	  6, 0, { 121, 121, 130 }, 180, true },
	{ "and gone after",
	  { MARKED(0, 170, 3, 4), MARKED_DELETED }, 2, 1, { 150, 150, 170 }, 195 },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	const struct swap *swap;
	struct swaps *swaps;
	struct made m;

	made_open(&m, KVM_6_12, row->records, ARRAY_SIZE(row->records));
	if (row->arm64)
		made_as_arm64(&m);
	swaps = swaps_new(&m.rec);
	swap = swaps_of(swaps, row->op, row->nth);
	assert_non_null(swap);
	assert_int_equal(swap->published.lo, row->published.lo);
	assert_int_equal(swap->published.at, row->published.at);
	assert_int_equal(swap->published.hi, row->published.hi);
	assert_int_equal(swap->advanced.at, row->advanced);
	assert_null(swaps_of(swaps, row->op, 2));
	swaps_free(swaps);
	made_close(&m);
}

int main(void)
{
	return table_run("swaps", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);
}
