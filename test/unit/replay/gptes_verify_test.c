/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which value of a guest's entry KVM read, where walks show others before and after. */
#include "test/table.h"

#include "replay/gptes.h"
#include "test/unit/replay/made.h"

#define TABLE	0x400
#define USED	(GPTE_P | GPTE_W | GPTE_U | GPTE_A | GPTE_D)
#define MAPS(gfn, bits) ((uint64_t)(gfn) << 12 | (bits))
#define SPTE	0x1f8ee67ULL		/* user, writable, executable */
#define SPTE_RO	0x8000000001f8e825ULL	/* neither writable nor executable */
#define SPTE_CLEAN	0x1f8ea05ULL	/* the guest may not write it yet, the host may */
#define SHOWN(task, t, at, v) MADE_STIM(task, t, GPTE, .gpte = { .gfn = TABLE, .offset = at, .bytes = 8, .value = v })
#define IS_TABLE(t, frame) MADE_STIM(0, t, GPTE, .gpte = { .gfn = frame, .bytes = 8 })
#define WROTE(task, t, at, v) MADE_STIM(task, t, PT_WRITE, .gpte = { .gfn = TABLE, .offset = at, .bytes = 8, .value = v })
#define ASK(t, at, ...) { .t_ns = t, .table = TABLE, .offset = at, .old_gfn = GPTE_NO_GFN, __VA_ARGS__ }
#define KEPT(t, at, gfn) { t, TABLE, at, 0, GPTE_FATE_KEPT, .old_gfn = gfn, .spte = SPTE }
#define GONE(t, at, gfn) { t, TABLE, at, 0, GPTE_FATE_GONE, .old_gfn = gfn }
#define MADE(t, at, to, s) { t, TABLE, at, 0, GPTE_FATE_MADE, .old_gfn = GPTE_NO_GFN, .gfn = to, .spte = s }

static bool is_nine(const void *arg, gfn_t gfn)
{
	(void)arg;
	return gfn == 9;
}

static const struct row {
	const char	    *name;
	struct made_record   shown[4];
	struct gpte_question q;
	uint64_t	     want;
} rows[] = {
	{ "nothing was shown: the entry is empty", { { 0 } }, ASK(50, 8), 0 },
	{ "the last value shown before", { SHOWN(0, 10, 8, MAPS(5, USED)), SHOWN(1, 20, 8, MAPS(6, USED)),
	  SHOWN(0, 90, 8, MAPS(7, USED)) }, ASK(50, 8), MAPS(6, USED) },
	{ "what an emulated write wrote is one", { SHOWN(0, 10, 8, MAPS(5, USED)), WROTE(1, 20, 8, MAPS(6, USED)) }, ASK(50, 8),
	  MAPS(6, USED) },
	{ "some bytes of it, too", { SHOWN(0, 10, 8, MAPS(5, USED)), { 0, 20, { .kind = EV_PT_WRITE,
	  .gpte = { .gfn = TABLE, .offset = 9, .bytes = 2, .value = 0xabc0 } } } }, ASK(50, 8), 0xabc067 },
	{ "of another entry it is none", { SHOWN(0, 10, 16, MAPS(5, USED)), SHOWN(0, 20, 0, MAPS(5, USED)) }, ASK(50, 8), 0 },
	{ "the next one, where none came before", { SHOWN(0, 90, 8, MAPS(7, USED)) }, ASK(50, 8), MAPS(7, USED) },
	{ "an entry that was kept had not changed yet", { SHOWN(0, 10, 8, MAPS(5, USED)), SHOWN(0, 90, 8, MAPS(7, USED)) },
	  KEPT(50, 8, 5), MAPS(5, USED) },
	{ "one that went had", { SHOWN(0, 10, 8, MAPS(5, USED)), SHOWN(0, 90, 8, MAPS(7, USED)) }, GONE(50, 8, 5), MAPS(7, USED) },
	{ "or it was emptied in between, and nobody saw it", { SHOWN(0, 10, 8, MAPS(5, USED)), SHOWN(0, 90, 8, MAPS(5, USED)) },
	  GONE(50, 8, 5), 0 },
	{ "an entry the guest has not used is of no use", { SHOWN(0, 10, 8, MAPS(5, USED & ~GPTE_A)) }, GONE(50, 8, GPTE_NO_GFN),
	  MAPS(5, USED & ~GPTE_A) },
	{ "mapped ahead: the value that maps the frame", { SHOWN(0, 10, 8, MAPS(5, USED)), SHOWN(0, 90, 8, MAPS(7, USED)) },
	  MADE(50, 8, 7, SPTE), MAPS(7, USED) },
	{ "or one that must have been there", { SHOWN(0, 10, 8, MAPS(5, USED)) }, MADE(50, 8, 7, SPTE), MAPS(7, USED) },
	{ "with no more than was mapped", { { 0 } }, MADE(50, 8, 7, SPTE_RO), MAPS(7, GPTE_P | GPTE_A | GPTE_U | GPTE_NX) },
	{ "a clean entry cannot have been mapped writable",
	  { SHOWN(0, 10, 8, MAPS(7, USED & ~GPTE_D)), SHOWN(0, 90, 8, MAPS(7, USED)) }, MADE(50, 8, 7, SPTE), MAPS(7, USED) },
	{ "but not if KVM had just made the entry from it", { SHOWN(0, 10, 8, MAPS(7, USED)) },
	  { 50, TABLE, 8, 0, GPTE_FATE_MADE, .old_gfn = GPTE_NO_GFN, .gfn = 7, .spte = SPTE_CLEAN, .anew = true },
	  MAPS(7, GPTE_P | GPTE_A | GPTE_U) },
	{ "unless the host keeps it from being written", { SHOWN(0, 10, 8, MAPS(7, USED)) },
	  { 50, TABLE, 8, 0, GPTE_FATE_MADE, .old_gfn = GPTE_NO_GFN, .gfn = 7, .spte = SPTE_RO, .anew = true }, MAPS(7, USED) },
	{ "one that was left as it was has the rights of before",
	  { SHOWN(0, 10, 8, MAPS(7, USED)), SHOWN(0, 90, 8, MAPS(7, USED & ~GPTE_D)) },
	  { 50, TABLE, 8, 0, GPTE_FATE_KEPT, .old_gfn = 7, .spte = SPTE_CLEAN, .same = true, .access = 5 }, MAPS(7, USED & ~GPTE_D) },
	{ "by what it is, not by what was noted of it",
	  { SHOWN(0, 10, 8, MAPS(7, USED)), SHOWN(0, 90, 8, MAPS(7, USED & ~GPTE_D)) },
	  { 50, TABLE, 8, 0, GPTE_FATE_KEPT, .old_gfn = 7, .spte = SPTE_CLEAN, .same = true, .access = 7 }, MAPS(7, USED & ~GPTE_D) },
	{ "in either way", { SHOWN(0, 10, 8, MAPS(7, USED & ~GPTE_D)), SHOWN(0, 90, 8, MAPS(7, USED)) },
	  { 50, TABLE, 8, 0, GPTE_FATE_KEPT, .old_gfn = 7, .spte = SPTE, .same = true, .access = 5 }, MAPS(7, USED) },
	{ "where that it is a table, too, may keep it from being written", { SHOWN(0, 10, 8, MAPS(7, USED)), IS_TABLE(20, 7) },
	  { 50, TABLE, 8, 0, GPTE_FATE_KEPT, .old_gfn = 7, .spte = SPTE_CLEAN, .same = true, .access = 7 }, MAPS(7, USED) },
	{ "one that could not be mapped was of use", { SHOWN(0, 10, 8, 0), SHOWN(0, 90, 8, MAPS(7, USED)) },
	  ASK(50, 8, .fate = GPTE_FATE_BARRED), MAPS(7, USED) },
	{ "and if none is known, of a frame that nothing has", { { 0 } }, ASK(50, 8, .fate = GPTE_FATE_BARRED),
	  MAPS(0xfffffffff, GPTE_P | GPTE_A | GPTE_U) },
	{ "nor of one whose page was at hand", { SHOWN(0, 10, 8, MAPS(9, USED)), SHOWN(0, 90, 8, MAPS(7, USED)) },
	  ASK(50, 8, .fate = GPTE_FATE_BARRED, .is_at_hand = is_nine), MAPS(7, USED) },
	{ "rather than that, a frame that nothing has", { SHOWN(0, 10, 8, MAPS(9, USED)) },
	  ASK(50, 8, .fate = GPTE_FATE_BARRED, .is_at_hand = is_nine), MAPS(0xfffffffff, GPTE_P | GPTE_A | GPTE_U) },
	{ "but the guest cannot have changed what is the same afterwards",
	  { SHOWN(0, 10, 8, MAPS(9, USED)), SHOWN(0, 90, 8, MAPS(9, USED & ~GPTE_D)) },
	  ASK(50, 8, .fate = GPTE_FATE_BARRED, .is_at_hand = is_nine), MAPS(9, USED) },
	{ "a writable one may have been mapped read-only", { SHOWN(0, 10, 8, MAPS(7, USED)) }, MADE(50, 8, 7, SPTE_RO),
	  MAPS(7, USED) },
};

static void check(const void *arg)
{
	const struct row *row = arg;
	struct gptes *g;
	struct made m;

	made_open(&m, KVM_6_1, row->shown, ARRAY_SIZE(row->shown));
	g = gptes_new(&m.rec);
	assert_int_equal(gptes_read(g, spte_format(KVM_6_1, SPTE_NPT), &row->q), row->want);
	gptes_free(g);
	made_close(&m);
}

static void keep(void *arg, const struct gpte_shown *s)
{
	uint64_t **at = arg;

	*(*at)++ = s->value;
}

/* By time over all tasks, each once; an operation's own are found again. */
static void in_order(void **state)
{
	static const struct made_record shown[] = {
		SHOWN(0, 10, 8, 1), SHOWN(0, 30, 16, 3), WROTE(0, 40, 24, 4), SHOWN(1, 20, 8, 2), SHOWN(1, 35, 0, 9),
	};
	const struct rec_op op = { .begin_ns = 15, .end_ns = 40, .task = 0 };
	uint64_t got[8] = { 0 }, *at = got;
	uint32_t cursor = 0;
	struct gptes *g;
	struct made m;

	(void)state;
	made_open(&m, KVM_6_1, shown, ARRAY_SIZE(shown));
	g = gptes_new(&m.rec);
	gptes_each_until(g, &cursor, 20, keep, &at);
	assert_int_equal(at - got, 2);
	assert_int_equal(got[0], 1);
	assert_int_equal(got[1], 2);
	gptes_each_until(g, &cursor, 100, keep, &at);
	assert_int_equal(at - got, 4);
	assert_int_equal(got[2], 3);
	assert_int_equal(got[3], 9);
	gptes_each_of(g, &op, keep, &at);
	assert_int_equal(at - got, 5);
	assert_int_equal(got[4], 3);
	gptes_free(g);
	made_close(&m);
}

#define SETS(task, t, k, at) MADE_OBS(task, t, SET_##k##_BIT, .gfns = { .gfn = TABLE, .count = at })

/*
 * KVM reads an entry and sets its bits one after the other, the engine at once: whoever is told of it in between is
 * told of all; the walk itself finds what it read.
 */
static void with_bits_to_come(void **state)
{
	static const struct made_record shown[] = {
		SHOWN(0, 10, 8, MAPS(5, GPTE_P)), SETS(0, 12, ACCESSED, 8), SETS(0, 14, DIRTY, 8),
		MADE_OP(0, 20, FAULT, 12),
		SHOWN(0, 32, 16, MAPS(6, GPTE_P)), MADE_OP(0, 40, FAULT, 10),
		SETS(0, 52, ACCESSED, 16), MADE_OP(0, 60, FAULT, 10),	/* another one sets what was shown before */
	};
	const struct rec_op op = { .begin_ns = 8, .end_ns = 20, .task = 0 };
	uint64_t got[8] = { 0 }, *at = got;
	uint32_t cursor = 0;
	struct gptes *g;
	struct made m;

	(void)state;
	made_open(&m, KVM_6_1, shown, ARRAY_SIZE(shown));
	made_without_tdp_mmu(&m, true);
	g = gptes_new(&m.rec);
	gptes_each_until(g, &cursor, 12, keep, &at);
	assert_int_equal(at - got, 2);
	assert_int_equal(got[0], MAPS(5, GPTE_P | GPTE_A | GPTE_D));
	assert_int_equal(got[1], MAPS(5, GPTE_P | GPTE_A | GPTE_D));
	gptes_each_of(g, &op, keep, &at);
	assert_int_equal(at - got, 3);
	assert_int_equal(got[2], MAPS(5, GPTE_P));
	gptes_each_until(g, &cursor, 45, keep, &at);
	assert_int_equal(at - got, 5);
	assert_int_equal(got[4], MAPS(6, GPTE_P));
	gptes_each_until(g, &cursor, 100, keep, &at);
	assert_int_equal(got[5], MAPS(6, GPTE_P | GPTE_A));
	gptes_free(g);
	made_close(&m);
}

int main(void)
{
	const struct CMUnitTest order[] = { cmocka_unit_test(in_order), cmocka_unit_test(with_bits_to_come) };
	int failed = table_run("gptes", rows, ARRAY_SIZE(rows), sizeof(rows[0]), check);

	return cmocka_run_group_tests(order, NULL, NULL) || failed;
}
