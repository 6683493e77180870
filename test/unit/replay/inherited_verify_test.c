/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording that begins in the middle says was there before it. */
#include "test/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/inherited.h"
#include "test/unit/replay/made.h"

#define EMPTY	0ULL		/* 6.1 */
#define FROZEN	0x5a0ULL
#define TABLE	0x1000827ULL
#define LEAF	0x13d71e67ULL	/* 0x13d71e47 without A */
#define BLOCK	0x13c00ee7ULL	/* of 2 MiB */

#define CHANGE(task, t, l, g, from, to) \
	MADE_OBS(task, t, SPTE_CHANGED, .spte = { .gfn = g, .level = l, .old = from, .new = to })
#define FOUND(t, g, what) \
	MADE_OBS(0, t, FAST_PAGE_FAULT, .fast = { .gfn = g, .ret = RET_PF_INVALID, .write = 1, .old = what, .new = what })
#define SET(t, l, g) MADE_OBS(0, t, SET_SPTE, .set = { .gfn = g, .level = l, .spte = LEAF })
#define MMIO(t, g) MADE_OBS(0, t, CHECK_MMIO, .mmio = { .gfn = g, .spte = 0x80000061f6037 })
#define ROOT_MADE(t) MADE_OBS(0, t, GET_PAGE, .page = { .role = 0x3784 }), MADE_OP(0, (t) + 1, VCPU_LOAD, 2)
#define ZAP_BEGINS(t) MADE_OBS(2, t, ZAP_ALL_FAST, .page = { .role = 1 })

static const struct row {
	const char	  *name;
	struct made_record records[12];
	const char	  *want;	/* "level:gfn=entry ..." */
} rows[] = {
	{ "an entry that is zapped; whether it was young then, nobody knows",
	  { CHANGE(2, 10, 1, 0x205, LEAF, EMPTY), MADE_OP(2, 12, INVALIDATE_START, 5) }, "1:205=13d71e47" },
	{ "the table around one that was empty",
	  { CHANGE(0, 10, 1, 0x205, EMPTY, LEAF), MADE_OP(0, 12, FAULT, 5) }, "1:205=0" },
	{ "only its first record counts",
	  { CHANGE(0, 10, 1, 5, EMPTY, LEAF), MADE_OP(0, 12, FAULT, 5), CHANGE(2, 20, 1, 5, LEAF, EMPTY),
	    MADE_OP(2, 22, INVALIDATE_START, 5) }, "1:5=0" },
	{ "nothing in a table that is linked later",
	  { CHANGE(0, 10, 2, 0x200, EMPTY, TABLE), CHANGE(0, 11, 1, 0x205, EMPTY, LEAF), MADE_OP(0, 12, FAULT, 5) },
	  "2:200=0" },
	{ "also where two CPUs log that in the other order",
	  { CHANGE(1, 10, 1, 0x205, EMPTY, LEAF), CHANGE(0, 11, 2, 0x200, EMPTY, TABLE), MADE_OP(0, 12, FAULT, 5),
	    MADE_OP(1, 14, FAULT, 5) }, "2:200=0" },
	{ "what a huge page is split into is not older than that",
	  { CHANGE(0, 10, 2, 0x200, BLOCK, TABLE), MADE_OP(0, 12, FAULT, 5), CHANGE(2, 20, 1, 0x205, LEAF, EMPTY),
	    MADE_OP(2, 22, INVALIDATE_START, 5) }, "2:200=13c00ec7" },
	{ "what a table held is logged after it goes",
	  { CHANGE(2, 10, 2, 0x200, TABLE, FROZEN), CHANGE(2, 11, 1, 0x205, LEAF, FROZEN), MADE_OP(2, 12, ZAP_ALL, 5) },
	  "1:205=13d71e47 2:200=1000827" },
	{ "but what comes up there in another operation is of another table",
	  { CHANGE(2, 10, 2, 0x200, TABLE, FROZEN), MADE_OP(2, 12, ZAP_RANGE, 5), CHANGE(0, 20, 1, 0x205, EMPTY, LEAF),
	    MADE_OP(0, 22, FAULT, 5) }, "2:200=1000827" },
	{ "an entry that was frozen just then was empty",
	  { CHANGE(0, 10, 1, 5, FROZEN, LEAF), MADE_OP(0, 12, FAULT, 5) }, "1:5=0" },
	{ "a lockless fault tells what it found", { FOUND(10, 5, LEAF & ~2ULL), MADE_OP(0, 12, FAULT, 5) }, "1:5=13d71e45" },
	{ "a huge page as well", { FOUND(10, 0x205, BLOCK), MADE_OP(0, 12, FAULT, 5) }, "2:200=13c00ec7" },
	{ "but nothing where there was nothing", { FOUND(10, 5, EMPTY), MADE_OP(0, 12, FAULT, 5) }, "" },
	{ "so does one that found what it wanted", { SET(10, 1, 5), MADE_OP(0, 12, FAULT, 5) }, "1:5=13d71e47" },
	{ "and one that met an entry for MMIO", { MMIO(10, 0x61f6), MADE_OP(0, 12, FAULT, 5) }, "1:61f6=80000061f6037" },
	{ "a VM whose first root is recorded has nothing before it",
	  { ROOT_MADE(5), CHANGE(0, 10, 1, 0x205, EMPTY, LEAF), MADE_OP(0, 12, FAULT, 2) }, "" },
	{ "what a fast zap takes away is as old as the zap, not as the moment it comes to it",
	  { ZAP_BEGINS(20), ROOT_MADE(30), CHANGE(2, 40, 1, 5, LEAF, EMPTY), MADE_OP(2, 50, MEMSLOT, 40),
	    CHANGE(0, 60, 1, 6, EMPTY, LEAF), MADE_OP(0, 62, FAULT, 5) }, "1:5=13d71e47" },
};

#define UPDATED(t, gen) { 2, t, { .kind = OBS_PIN, .pin = { .pin = PIN_SLOTS_UPDATED, .value = gen } } }
#define SLOT(t, how) MADE_STIM(2, t, MEMSLOT, .slot = { .change = EV_SLOT_##how, .npages = 16 })
#define MARKED(t, g) MADE_OBS(0, t, MARK_MMIO, .mmio = { .gfn = 5, .gen = g }), MADE_OP(0, (t) + 1, FAULT, 2)

static const struct counter {
	const char	  *name;
	struct made_record records[12];
	uint64_t	   generation;
	bool		   valid_gen;
} counters[] = {
	{ "a VM whose slots are seen being made has counted nothing",
	  { SLOT(5, CREATE), UPDATED(6, 2), MADE_OP_FOR(2, 8, MEMSLOT, 3, 0, RET_PF_UNKNOWN), MARKED(20, 2) }, 0, false },
	{ "the first update says how many there were",
	  { SLOT(5, CREATE), UPDATED(6, 0x98), MADE_OP_FOR(2, 8, MEMSLOT, 3, 0, RET_PF_UNKNOWN) }, 0x96, false },
	{ "less those of slots that were there and are made again",
	  { SLOT(0, CREATE), MADE_OP_FOR(2, 0, MEMSLOT, 0, 0, RET_PF_UNKNOWN), SLOT(5, DELETE), UPDATED(6, 0x98),
	    UPDATED(7, 0x9a), MADE_OP_FOR(2, 8, MEMSLOT, 3, 1, RET_PF_UNKNOWN) }, 0x94, false },
	{ "or an entry for MMIO", { MARKED(20, 0x98) }, 0x98, false },
	{ "a call without a record of its updates: a slot that goes counts twice",
	  { SLOT(5, DELETE), MADE_OP_FOR(2, 8, MEMSLOT, 3, 0, RET_PF_UNKNOWN), MARKED(20, 0x98) }, 0x94, false },
	{ "nothing tells", { SET(10, 1, 5), MADE_OP(0, 12, FAULT, 5) }, 0, false },
	{ "the first fast zap says what it toggles",
	  { MADE_OBS(2, 20, ZAP_ALL_FAST, .page = { .role = 1 }), MADE_OP(2, 22, MEMSLOT, 5),
	    MADE_OBS(2, 40, ZAP_ALL_FAST, .page = { .role = 0 }), MADE_OP(2, 42, MEMSLOT, 5) }, 0, true },
};

static void check_counter(const void *arg)
{
	const struct counter *row = arg;
	struct made made;

	made_open(&made, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	assert_int_equal(inherited_generation(&made.rec, 0), row->generation);
	assert_int_equal(inherited_valid_gen(&made.rec, 0), row->valid_gen);
	assert_int_equal(inherited_generation(&made.rec, 1), 0);
	made_close(&made);
}

static char *text_of(const struct inherited_entry *e, size_t nr)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t i = 0; i < nr; i++)
		fprintf(out, "%s%u:%" PRIx64 "=%" PRIx64, i ? " " : "", e[i].level, e[i].gfn, e[i].spte);
	fclose(out);
	return text;
}

static void check(const void *arg)
{
	const struct row *row = arg;
	const struct inherited_entry *e;
	struct inherited *in;
	struct made made;
	char *got;
	size_t nr;

	made_open(&made, KVM_6_1, row->records, ARRAY_SIZE(row->records));
	in = inherited_new(&made.rec);
	e = inherited_of(in, 0, &nr);
	got = text_of(e, nr);
	assert_string_equal(got, row->want);
	assert_int_equal(nr, in->nr);
	inherited_of(in, 1, &nr);
	assert_int_equal(nr, 0);
	free(got);
	inherited_free(in);
	made_without_tdp_mmu(&made, false);
	in = inherited_new(&made.rec);
	assert_int_equal(in->nr, 0);
	inherited_free(in);
	made_close(&made);
}

int main(void)
{
	return table_run("inherited", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check) |
	       table_run("inherited counters", counters, ARRAY_SIZE(counters), sizeof(counters[0]), check_counter);
}
